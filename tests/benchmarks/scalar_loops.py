"""Loops over elements, of ``examples/loops``: lazydag, NumPy, and Numba by hand."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from tests.benchmarks.harness import OURS, Settings, race
from tests.benchmarks.libraries import load_lazydag
from tests.benchmarks.numpy_programs import (
    EXAMPLES,
    Function,
    first_call,
    on_copies,
    warm_up,
)
from tests.benchmarks.report import Goal, Row, show_seconds


def rows(settings: Settings) -> Iterator[Row]:
    """Measure each program."""
    sys.path.insert(0, str(EXAMPLES))
    from loops.problems import PROBLEMS

    warm_up()
    for problem in PROBLEMS.values():
        yield loop_row(problem, settings)


def functions(name: str, settings: Settings) -> dict[str, Function]:
    """Return a program as each contender has it."""
    import numba
    from programs.loading import with_lazydag, with_numpy

    plain = with_numpy(name, "loops")
    found: dict[str, Function] = {"NumPy": plain, "Numba": numba.njit(plain)}
    if load_lazydag() is not None:
        found[OURS] = with_lazydag(name, "loops")
    return {name: f for name, f in found.items() if settings.wants(name)}


def loop_row(problem: Any, settings: Settings) -> Row:
    """Measure one program; the first calls, which compile, come first."""
    arguments = problem.arguments()
    calls = {
        name: on_copies(function, arguments, name)
        for name, function in functions(problem.name, settings).items()
    }
    firsts = {name: first_call(call) for name, call in calls.items() if name != "NumPy"}
    times = race(calls, settings, least=5, most=40)
    return Row(
        name=f"{problem.name}, by elements",
        threads=settings.threads,
        ours=times.median(OURS),
        peers=times.peers(),
        ratios=times.ratios(),
        goals=(Goal("NumPy", 1 / 1.2, times.ratio("NumPy")),),
        note="first call "
        + ", ".join(f"{n} {show_seconds(s)}" for n, s in firsts.items()),
    )
