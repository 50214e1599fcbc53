"""The physical limits of a GPU: copies within its memory, and to and from the host.

Bytes of a copy within the memory are counted twice: they are read and written.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.benchmarks.gpu_libraries import synchronized
from tests.benchmarks.harness import Call, Times
from tests.benchmarks.libraries import load
from tests.benchmarks.limits import show_limit

#: Names of contenders that are limits.
COPY, IN, OUT, BOTH = "copy", "copy in", "copy out", "copies both ways"
LIMITS = (COPY, IN, OUT, BOTH)


def device_copy(nbytes: int) -> dict[str, Call]:
    """Return a copy within the device that moves so many bytes in all."""
    cupy = load("cupy")
    if cupy is None:
        return {}
    source, target = (cupy.zeros(max(1, nbytes // 16)) for _ in range(2))
    return {COPY: lambda: synchronized(cupy, cupy.copyto(target, source))}


def host_copies(nbytes: int) -> dict[str, Call]:
    """Return copies of so many bytes from pinned memory, back, and both at once."""
    cupy, cupyx = load("cupy"), load("cupyx")
    if cupy is None:
        return {}
    n = max(1, nbytes // 8)
    near = [cupyx.empty_pinned(n) for _ in range(2)]
    far = [cupy.zeros(n) for _ in range(2)]
    streams = [cupy.cuda.Stream(non_blocking=True) for _ in range(2)]
    near[0][:] = 1.0

    def run(*ways: int) -> None:
        for way in ways:
            if way:
                far[1].get(streams[1], out=near[1], blocking=False)
            else:
                far[0].set(near[0], streams[0])
        for way in ways:
            streams[way].synchronize()

    return {IN: lambda: run(0), OUT: lambda: run(1), BOTH: lambda: run(0, 1)}


def fraction(times: Times, limit: str, nbytes: int = 1, limit_nbytes: int = 1) -> Any:
    """Return our speed as a fraction of a limit's, each of so many bytes."""
    ratio = times.ratio(limit)
    return ratio and ratio * nbytes / limit_nbytes


def without_limits(rows: dict[str, float]) -> dict[str, float]:
    """Return the contenders that are libraries."""
    return {name: value for name, value in rows.items() if name not in LIMITS}


def shown(times: Times, limit: str, nbytes: int, limit_nbytes: int) -> str:
    """Return the least time that moving `nbytes` can take, as a limit was measured."""
    seconds = times.median(limit)
    return show_limit(nbytes, limit_nbytes / seconds) if seconds else ""


def nbytes_of(arrays: Any) -> int:
    """Return the bytes of arrays."""
    return int(sum(np.prod(each.shape) * each.dtype.itemsize for each in arrays))
