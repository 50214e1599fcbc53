"""Sets of bytes as sorted, disjoint segments, for what is not a box.

Segments are an int64 array (n, 2) of starts and stops, ascending, that do not touch.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazydag.runtime.alias.axes import Axes

Segments: TypeAlias = NDArray[np.int64]

#: More segments than this are not made: 4 MiB, some milliseconds.
LIMIT = 1 << 18


def joined(starts: NDArray[np.int64], lengths: NDArray[np.int64] | int) -> Segments:
    """Return the union of byte ranges that are not empty."""
    order = np.argsort(starts, kind="stable")
    starts = starts[order]
    lengths = lengths if isinstance(lengths, int) else lengths[order]
    stops = np.maximum.accumulate(starts + lengths)
    first = np.ones(len(starts), bool)
    first[1:] = starts[1:] > stops[:-1]
    last = np.roll(first, -1)
    return np.stack([starts[first], stops[last]], axis=1)


def union(parts: Sequence[Segments | None]) -> Segments | None:
    """Return the union of several sets of bytes, `None` if one has too many pieces."""
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    together = np.concatenate([np.empty((0, 2), np.int64), *known])
    return joined(together[:, 0], together[:, 1] - together[:, 0])


def of_box(start: int, axes: Axes) -> Segments | None:
    """Return the bytes of a box, or `None` if it has too many runs."""
    (_, run), *steps = axes
    if math.prod(count for _, count in steps) > LIMIT:
        return None
    starts = np.array([start], np.int64)
    for stride, count in reversed(steps):
        starts = (starts[:, None] + np.arange(count) * stride).reshape(-1)
    return joined(starts, run)


def meet(one: Segments, other: Segments) -> bool:
    """Tell whether two sets of bytes have a byte in common."""
    after = np.searchsorted(other[:, 1], one[:, 0], side="right")
    inside = after < len(other)
    return bool(np.any(other[after[inside], 0] < one[inside, 1]))


def contain(outer: Segments, inner: Segments) -> bool:
    """Tell whether `outer` holds every byte of `inner`."""
    at = np.searchsorted(outer[:, 0], inner[:, 0], side="right") - 1
    return bool(np.all((at >= 0) & (outer[at, 1] >= inner[:, 1])))


def meet_box(segments: Segments, start: int, axes: Axes) -> bool:
    """Tell whether a segment and a nested box have a byte in common."""
    runs = _last_runs(segments[:, 1] - 1, start, axes)
    met = (runs >= start) & (runs + axes[0][1] > segments[:, 0])
    return bool(np.any(met))


def box_contains(start: int, axes: Axes, segments: Segments) -> bool:
    """Tell whether a nested box holds every byte of the segments."""
    runs = _last_runs(segments[:, 0], start, axes)
    held = (runs >= start) & (runs + axes[0][1] >= segments[:, 1])
    return bool(np.all(held))


def _last_runs(points: NDArray[np.int64], start: int, axes: Axes) -> NDArray[np.int64]:
    """Return where the last run of a nested box that begins at or before a point does.

    Below `start` for points before the box.
    """
    left = points - start
    runs = np.full_like(points, start)
    runs[left < 0] = start - 1
    for stride, count in reversed(axes[1:]):
        steps = np.minimum(np.maximum(left // stride, 0), count - 1)
        left -= steps * stride
        runs += steps * stride
    return runs
