"""Planning a region of tasks, recording one again, and replaying its plan."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tests.benchmarks.harness import OURS, Settings, race
from tests.benchmarks.libraries import load, load_lazydag
from tests.benchmarks.report import Goal, Row

TILES = 82  # tiles a side: 95,284 tasks
SIZE = 4  # order of a tile; the tasks themselves are to take no time
SECONDS_A_TASK = 10e-6
REPLAYED = 100
REPLAY_SECONDS = 50e-6


def views(tiles: int) -> list[list[Any]]:
    """Return the tiles of a fresh identity matrix."""
    matrix = np.eye(tiles * SIZE)
    edges = range(0, len(matrix), SIZE)
    return [[matrix[i : i + SIZE, j : j + SIZE] for j in edges] for i in edges]


def rows(settings: Settings) -> Iterator[Row]:
    """Measure regions of the tiled Cholesky factorisation, and of empty products."""
    if load_lazydag() is None or not settings.wants(OURS):
        return
    from lazydag.runtime.regions.planning import PlanCache

    tiles = max(4, int(TILES * settings.scale ** (1 / 3)))
    count = tiles * (tiles + 1) * (tiles + 2) // 6
    cold = cholesky_with(PlanCache)
    plans = PlanCache()
    warm = cholesky_with(lambda: plans)
    for what, run in (("planned", cold), ("found in the cache", warm)):
        calls = {OURS: lambda run=run: run(views(tiles))}
        seconds = race(calls, settings, most=7, least=3).median(OURS)
        each = seconds and seconds / count
        yield Row(
            name=f"a region of {count} tasks, {what}: each task",
            threads=settings.threads,
            ours=each,
            peers={},
            ratios={},
            goals=(Goal("", SECONDS_A_TASK, each, at_most=True, unit="s"),),
            note="recording, dependencies, freezing and the run",
        )
    yield replay_row(settings)


def cholesky_with(plans: Callable[[], Any]) -> Callable[[Any], None]:
    """Return the factorisation of `examples/cholesky.py`, with other plans."""
    factorise = load("examples.cholesky").factorise
    # The class of the same name hides the module.
    module: Any = importlib.import_module("lazydag.task.datadeps")

    def run(M: Any) -> None:
        kept = module._plans
        module._plans = plans()
        try:
            factorise(M)
        finally:
            module._plans = kept

    return run


def replay_row(settings: Settings) -> Row:
    """Measure a region that is run again, of products without elements."""
    import lazydag as ld
    from lazydag.tiles import gemm

    empty, targets = np.empty((0, 0)), np.empty((REPLAYED, 0, 0))
    with ld.datadeps() as region:
        for target in targets:
            ld.spawn(gemm, empty, empty, ld.InOut(target))
    times = race({OURS: region.run}, settings, number=100, most=50)
    median = times.median(OURS)
    return Row(
        name=f"replay of a region of {REPLAYED} empty tasks",
        threads=settings.threads,
        ours=median,
        peers={},
        ratios={},
        goals=(Goal("", REPLAY_SECONDS, median, at_most=True, unit="s"),),
    )
