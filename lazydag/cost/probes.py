"""What `calibrate` times: by default NumPy's loops, or native kernels handed in."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
# Does a piece of work and returns how much it was, in bytes or operations.
Piece: TypeAlias = Callable[[], float]
Combine: TypeAlias = Callable[[Array, Array, Array], object]

# OpenBLAS takes one thread for products up to this size.
MATRIX = 64
# Products between two looks at the clock.
CALLS = 50


def combine(first: Array, second: Array, out: Array) -> None:
    """Read two arrays and write a third by plain stores."""
    np.add(first, second, out=out)


def _multiplying(dtype: str) -> Piece:
    """Small matrix products: the only arithmetic of NumPy's that memory cannot slow."""
    a = np.ones((MATRIX, MATRIX), np.dtype(f"f{int(dtype[1:]) // 8}"))
    out = np.empty_like(a)

    def piece() -> float:
        for _ in range(CALLS):
            np.matmul(a, a, out=out)
        # A multiplication and an addition fused count as one: most code has no pairs.
        return float(CALLS * MATRIX**3)

    return piece


def _numpy_arithmetic() -> dict[str, Piece]:
    return {dtype: _multiplying(dtype) for dtype in ("f64", "f32")}


@dataclass(frozen=True)
class Probes:
    """What is timed.

    Parameters
    ----------
    combine
        ``combine(first, second, out)`` by plain stores, on one thread, without the GIL.
    stream
        The same by non-temporal stores; `None` where there is no such function.
    arithmetic
        By dtype name a function that does operations on one thread, in the L1 cache,
        and returns how many. Speeds of other dtypes are scaled from the first.
    task_overhead_seconds
        Measures the seconds from one tile to the next; `None` keeps the default.
    """

    combine: Combine = combine
    stream: Combine | None = None
    arithmetic: Mapping[str, Piece] = field(default_factory=_numpy_arithmetic)
    task_overhead_seconds: Callable[[], float] | None = None


class GpuProbes(Protocol):
    """What is timed on GPUs, which are numbered as in the names of devices."""

    @property
    def dtypes(self) -> Sequence[str]:
        """Names of the dtypes that `operations_per_s` knows."""
        ...

    def launch_seconds(self, gpu: int) -> float:
        """Return the time from one launch to the next."""
        ...

    def copy_seconds(self, gpu: int, nbytes: int) -> float:
        """Return how long bytes take from one place to another in a GPU's memory."""
        ...

    def transfer_seconds(self, src: int | None, dst: int | None, nbytes: int) -> float:
        """Return how long bytes take between memories; None is the host's, pinned."""
        ...

    def operations_per_s(self, gpu: int, dtype: str) -> float:
        """Return how many operations on numbers all threads do."""
        ...

    def products_per_s(self, gpu: int, dtype: str) -> float:
        """Return how many of them a library does in products of large matrices."""
        ...


def rate(pieces: list[Piece], seconds: float) -> float:
    """Return the work per second of threads that each repeat a piece of work.

    Parameters
    ----------
    pieces
        One per thread.
    seconds
        Time to spend, a fifth of it on warming up.
    """
    amounts = [0.0] * len(pieces)
    ends = [0.0] * len(pieces)
    starts = [0.0] * len(pieces)
    gate = threading.Barrier(len(pieces))

    def repeat(index: int) -> None:
        piece = pieces[index]
        until(piece, 0.2 * seconds)
        gate.wait()
        starts[index] = time.perf_counter()
        amounts[index] = until(piece, 0.8 * seconds)
        ends[index] = time.perf_counter()

    threads = [
        threading.Thread(target=repeat, args=(index,)) for index in range(len(pieces))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(amounts) / (max(ends) - min(starts))


def until(piece: Piece, seconds: float) -> float:
    """Repeat a piece of work for some time, once at least; return how much it was."""
    end = time.perf_counter() + seconds
    amount = piece()
    while time.perf_counter() < end:
        amount += piece()
    return amount


@dataclass(frozen=True, slots=True)
class DiskSpeed:
    """What a disk was measured to do, in seconds and bytes per second."""

    write_latency_seconds: float
    write_bytes_per_s: float
    read_latency_seconds: float
    read_bytes_per_s: float


SMALL_NBYTES = 4 << 10


def disk_speed(folder: Path, nbytes: int = 48 << 20) -> DiskSpeed:
    """Write and read a temporary file of `nbytes`, past the system's cache.

    Raises
    ------
    OSError
        If the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    content = np.random.default_rng(0).bytes(nbytes)
    with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
        handle = file.fileno()
        small = content[:SMALL_NBYTES]
        write_latency = median(_write(handle, small) for _ in range(5))
        write_seconds = _write(handle, content)
        read_latency = median(_read(handle, SMALL_NBYTES) for _ in range(5))
        read_seconds = _read(handle, nbytes)
    return DiskSpeed(
        write_latency_seconds=write_latency,
        write_bytes_per_s=nbytes / max(write_seconds - write_latency, 1e-6),
        read_latency_seconds=read_latency,
        read_bytes_per_s=nbytes / max(read_seconds - read_latency, 1e-6),
    )


def _write(handle: int, content: bytes) -> float:
    start = time.perf_counter()
    os.lseek(handle, 0, os.SEEK_SET)
    os.write(handle, content)
    os.fsync(handle)
    return time.perf_counter() - start


def _read(handle: int, nbytes: int) -> float:
    os.lseek(handle, 0, os.SEEK_SET)
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
    start = time.perf_counter()
    left = nbytes
    while left > 0 and (got := len(os.read(handle, min(left, 1 << 20)))):
        left -= got
    return time.perf_counter() - start
