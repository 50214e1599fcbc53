"""Loops over elements: what lazydag makes of them is what NumPy makes of them."""

from __future__ import annotations

from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = ["cholesky", "crc32", "gauss_seidel", "lu", "triangular"]


@pytest.mark.parametrize("is_small", [True, False])
@pytest.mark.parametrize("name", NAMES)
def test_loop(name: str, monkeypatch: pytest.MonkeyPatch, *, is_small: bool) -> None:
    monkeypatch.syspath_prepend(str(EXAMPLES))
    from loops.problems import PROBLEMS
    from programs.checking import difference, outcome
    from programs.loading import with_lazydag, with_numpy

    problem = PROBLEMS[name]
    arguments = problem.small_arguments() if is_small else problem.arguments()
    ours, theirs = with_lazydag(name, "loops"), with_numpy(name, "loops")
    expected = outcome(theirs, arguments)[1]
    for _ in range(2):
        found = outcome(ours, arguments)[1]
        assert difference(found, expected) <= problem.tolerance


def test_every_problem_has_its_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(EXAMPLES))
    from loops.problems import PROBLEMS

    assert sorted(PROBLEMS) == NAMES
