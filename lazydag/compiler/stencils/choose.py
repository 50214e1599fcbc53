"""How many sweeps a tile makes and how high it is, by cost. No bit depends on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from lazydag.compiler.stencils.bands import Rows
from lazydag.cost.target import Device

#: What a call of a kernel takes beside its rows, and a task beside its kernels.
LINE_SECONDS: Final = 0.15e-6
TASK_SECONDS: Final = 1e-6
#: Sweeps of less work than that all together are one task.
SMALL_SECONDS: Final = 100e-6
#: So many sweeps are in one table of kernels at most.
MOST_SWEEPS: Final = 64
#: How much faster than memory the caches are, the thread's own and the shared one.
OWN_SPEED: Final = 6.0
SHARED_SPEED: Final = 2.0


@dataclass(frozen=True, slots=True)
class Shape:
    """What a sweep does.

    Parameters
    ----------
    rows, radius : int
        Rows along the first axis, and how many of them away neighbours are.
    sweeps : int
        How many there are.
    lines : int
        Kernels in a sweep.
    row_nbytes : int
        Bytes of a row in all arrays with what they become.
    moved_nbytes : int
        Bytes that a sweep reads and writes of a row.
    flop_seconds : float
        What computing a row takes a thread.
    """

    rows: int
    radius: int
    sweeps: int
    lines: int
    row_nbytes: int
    moved_nbytes: int
    flop_seconds: float


@dataclass(frozen=True, slots=True)
class Choice:
    """Sweeps in a tile, its rows, and the segments of a band; 0 rows for all in one."""

    sweeps: int
    height: int
    seconds: float


def choose(shape: Shape, device: Device) -> Choice:
    """Return the cheapest way to cut sweeps into tiles."""
    total = shape.rows * shape.sweeps * _row_seconds(shape, device, shape.rows, 1)
    if total < SMALL_SECONDS:
        return Choice(min(shape.sweeps, MOST_SWEEPS), 0, total)
    return min(_choices(shape, device), key=lambda choice: choice.seconds)


def _choices(shape: Shape, device: Device) -> Iterator[Choice]:
    for sweeps in (1, 2, 4, 8, 16, 32, MOST_SWEEPS):
        if sweeps > 1 and sweeps // 2 >= shape.sweeps:
            return
        sweeps = min(sweeps, shape.sweeps)  # noqa: PLW2901 -- the last is cut off
        rows = Rows(shape.rows, shape.radius, is_ring=False)
        if sweeps > 1 and rows.segments(sweeps + 1, device.threads) < device.threads:
            return
        most = max(1, shape.rows // (4 * device.threads))
        height = 1
        while height <= most:
            seconds = _seconds(shape, device, sweeps, height)
            yield Choice(sweeps, height, seconds)
            height *= 2


def _seconds(shape: Shape, device: Device, sweeps: int, height: int) -> float:
    """Return what a row of a sweep takes a thread."""
    span = height + (sweeps + 1) * shape.radius
    row = _row_seconds(shape, device, span, sweeps)
    calls = shape.lines * LINE_SECONDS + TASK_SECONDS / sweeps
    # Where tiles slope, some begin late and some end early.
    slope = sweeps * shape.radius / shape.rows
    return (row + calls / height) * (1 + slope)


def _row_seconds(shape: Shape, device: Device, span: int, sweeps: int) -> float:
    """Return what computing a row takes, if so many rows are at hand between sweeps."""
    nbytes = span * shape.row_nbytes
    memory = shape.moved_nbytes * device.threads / device.bytes_per_s
    if nbytes <= 0.75 * device.l2_nbytes:
        cached = memory / OWN_SPEED
    elif nbytes * device.threads <= device.l3_nbytes / 2:
        cached = memory / SHARED_SPEED
    else:
        return max(shape.flop_seconds, memory)
    return max(shape.flop_seconds, cached) + memory / sweeps
