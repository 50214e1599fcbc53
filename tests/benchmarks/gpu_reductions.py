"""Sums on a GPU, of everything and along each axis: bound by what is read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tests.benchmarks.gpu_libraries import check, contenders, filled, on_device
from tests.benchmarks.gpu_limits import (
    COPY,
    device_copy,
    fraction,
    nbytes_of,
    shown,
    without_limits,
)
from tests.benchmarks.harness import OURS, Settings, race
from tests.benchmarks.report import Goal, Row

SIDE = 20_000
CASES: tuple[tuple[str, int | None, str], ...] = tuple(
    (dtype, axis, f"sum, axis {axis}" if axis is not None else "sum of all")
    for dtype in ("float32", "float64")
    for axis in (None, 0, 1)
)


def rows(settings: Settings) -> Iterator[Row]:
    """Measure each case over a square array."""
    side = settings.size(int(SIDE * settings.scale**-0.5))
    for dtype, axis, name in CASES:
        square = filled(side * side, 0).reshape(side, side).astype(dtype)
        arrays = on_device([square])
        nbytes = nbytes_of(arrays)

        def total(library: Any, x: Any, axis: int | None = axis) -> Any:
            return library.sum(x) if axis is None else library.sum(x, axis)

        calls = contenders(total, arrays)
        check(calls, 1e-4 if dtype == "float32" else 1e-12)
        times = race({**calls, **device_copy(nbytes)}, settings, most=100)
        yield Row(
            name=f"{name}, {side} x {side} {np.dtype(dtype).str[1:]}",
            threads=settings.threads,
            ours=times.median(OURS),
            peers=without_limits(times.peers()),
            ratios=without_limits(times.ratios()),
            goals=(Goal("of a copy's speed", 0.9, fraction(times, COPY), unit="%"),),
            limit=shown(times, COPY, nbytes, nbytes),
        )
