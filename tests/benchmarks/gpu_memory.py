"""A problem of three times a device's budget, beside the time of its transfers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import numpy as np

from tests.benchmarks.gpu_libraries import DEVICE, filled
from tests.benchmarks.gpu_limits import BOTH, host_copies, shown
from tests.benchmarks.harness import OURS, Settings, race
from tests.benchmarks.libraries import load_lazydag
from tests.benchmarks.report import Goal, Row

ELEMENTS = 400_000_000
TIMES = 3


def rows(settings: Settings) -> Iterator[Row]:
    """Measure a chain over an array of the host that does not fit."""
    n = settings.size(ELEMENTS)
    nbytes = 2 * 8 * n  # the operand and the result
    os.environ["LAZYDAG_DEVICE_MEMORY_LIMIT"] = str(nbytes // TIMES)
    ld = load_lazydag()
    x, out = filled(n, 0), np.empty(n)

    @ld.jit  # type: ignore[untyped-decorator]
    def program(x: Any) -> Any:
        with ld.scope(DEVICE):
            y = ld.exp(-x * x) * ld.sqrt(x) + ld.log(x)
        return y.to_device("cpu")

    calls = {OURS: lambda: program.into(out, x), **host_copies(x.nbytes)}
    times = race(calls, settings)
    ratio = times.ratio(BOTH)
    yield Row(
        name=f"exp(-x*x)*sqrt(x)+log(x), {n:.0e} f64, {TIMES} times the budget",
        threads=settings.threads,
        ours=times.median(OURS),
        peers={},
        ratios={},
        goals=(Goal("the transfers", 1.5, ratio and 1 / ratio, at_most=True),),
        limit=shown(times, BOTH, nbytes, nbytes),
    )
