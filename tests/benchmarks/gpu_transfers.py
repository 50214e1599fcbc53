"""Copies to a GPU and back, and work that they overlap with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tests.benchmarks.gpu_libraries import DEVICE, filled, on_device
from tests.benchmarks.gpu_limits import (
    BOTH,
    IN,
    OUT,
    fraction,
    host_copies,
    shown,
)
from tests.benchmarks.harness import OURS, Call, Settings, race
from tests.benchmarks.libraries import load_lazydag
from tests.benchmarks.report import Goal, Row

ELEMENTS = 250_000_000


def rows(settings: Settings) -> Iterator[Row]:
    """Measure each way alone, then a program whose operands come and go meanwhile."""
    n = settings.size(ELEMENTS)
    x = filled(n, 0)
    for name, limit, call in (
        ("to the device", IN, _to_device(x)),
        ("to the host", OUT, _to_host(x)),
        ("in, 20 operations, out", BOTH, _through(x)),
    ):
        times = race({OURS: call, **host_copies(x.nbytes)}, settings)
        nbytes = x.nbytes * (2 if limit is BOTH else 1)
        yield Row(
            name=f"{name}, {n:.0e} f64",
            threads=settings.threads,
            ours=times.median(OURS),
            peers={},
            ratios={},
            goals=(Goal("of pinned copies", 0.9, fraction(times, limit), unit="%"),),
            limit=shown(times, limit, nbytes, nbytes),
        )


def _to_device(x: Any) -> Call:
    ld = load_lazydag()
    return lambda: ld.asarray(x, copy=False).to_device(DEVICE)


def _to_host(x: Any) -> Call:
    (far,) = on_device([x])
    return lambda: np.asarray(far)


def _through(x: Any) -> Call:
    """Return a chain over an array of the host, whose result comes home."""
    ld, out = load_lazydag(), np.empty_like(x)

    @ld.jit  # type: ignore[untyped-decorator]
    def program(x: Any) -> Any:
        with ld.scope(DEVICE):
            y = x
            for _ in range(10):
                y = y * 0.5 + x
        return y.to_device("cpu")

    return lambda: program.into(out, x)
