"""The NumPy programs: what lazydag makes of them is what NumPy makes of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = sorted(
    path.stem
    for path in (EXAMPLES / "programs").glob("*.py")
    if "@jit" in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("name", NAMES)
def test_program(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(EXAMPLES))
    from programs.checking import difference, outcome
    from programs.loading import with_lazydag, with_numpy
    from programs.problems import PROBLEMS

    problem = PROBLEMS[name]
    arguments = problem.small_arguments()
    ours, theirs = with_lazydag(name), with_numpy(name)
    expected = outcome(theirs, arguments)[1]
    for _ in range(2):
        found = outcome(ours, arguments)[1]
        assert difference(found, expected) <= problem.tolerance


def test_every_problem_has_its_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(EXAMPLES))
    from programs.problems import PROBLEMS

    assert sorted(PROBLEMS) == NAMES


def test_differences_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(EXAMPLES))
    import numpy as np
    from programs.checking import difference

    x = np.array([1.0, np.inf, 4.0])
    assert difference([x], [x.copy()]) == 0.0
    assert difference([x], [np.array([1.0, np.inf, 5.0])]) == 0.2
    assert not difference([x], [np.array([1.0, 2.0, 4.0])]) <= 1.0
    with pytest.raises(AssertionError):
        difference([x], [x.astype(np.float32)])


def test_the_script_prints_times() -> None:
    script = EXAMPLES / "numpy_programs.py"
    command = [sys.executable, str(script), "sea_water", "--small", "--rounds", "1"]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "geometric mean" in done.stdout
