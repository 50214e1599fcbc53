"""Boxes of bytes: a start and axes of (stride, count).

The axes of a box are ascending in stride and begin with its run of contiguous bytes,
which is an axis of stride 1. The box holds the bytes at ``start + sum(i * stride)`` for
all ``0 <= i < count``; its axes are normal if no two of them could be one.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TypeAlias

Axes: TypeAlias = tuple[tuple[int, int], ...]


@lru_cache(maxsize=4096)
def normalised(
    itemsize: int, shape: tuple[int, ...], strides: tuple[int, ...]
) -> tuple[int, Axes]:
    """Return where the bytes of a strided view start, and their normal axes.

    The start is counted from the view's first element.

    Notes
    -----
    Broadcast axes and axes of one element vanish, negative strides are followed from
    their other end, and an axis that fills another one up, or overlaps with its own
    steps, becomes one with it: transposes, reshapes and sliding windows of the same
    bytes come out equal.

    Examples
    --------
    >>> normalised(8, (4, 6), (48, 8))  # a whole matrix, in rows
    (0, ((1, 192),))
    >>> normalised(8, (4, 2), (-48, 16))  # two columns, bottom up
    (-144, ((1, 8), (16, 2), (48, 4)))
    >>> normalised(8, (5, 3), (8, 8))  # windows of three
    (0, ((1, 56),))
    """
    if 0 in shape or not itemsize:
        return 0, ((1, 0),)
    axes = [(1, itemsize)]
    steps = [
        (stride, count)
        for stride, count in zip(strides, shape, strict=True)
        if stride and count > 1
    ]
    start = sum((count - 1) * stride for stride, count in steps if stride < 0)
    for stride, count in sorted((abs(stride), count) for stride, count in steps):
        _join(axes, stride, count)
    return start, tuple(axes)


def _join(axes: list[tuple[int, int]], stride: int, count: int) -> None:
    """Add an axis that is no shorter than those there, as a part of one if it can be.

    The steps ``inner * (i + ratio * j)`` leave no gap if ``ratio`` is at most the count
    of `i`.
    """
    for position in range(len(axes) - 1, -1, -1):
        inner, length = axes[position]
        ratio, remainder = divmod(stride, inner)
        if not remainder and ratio <= length:
            axes[position] = inner, length + (count - 1) * ratio
            return
    axes.append((stride, count))


@lru_cache(maxsize=4096)
def extent(axes: Axes) -> int:
    """Return the bytes from the first one of a box to its last one, both included."""
    return 1 + sum([(count - 1) * stride for stride, count in axes])


@lru_cache(maxsize=4096)
def nbytes_of(axes: Axes) -> int:
    """Return the number of bytes of a box, or more if it overlaps with itself."""
    return min(math.prod([count for _, count in axes]), extent(axes))


@lru_cache(maxsize=4096)
def is_nested(axes: Axes) -> bool:
    """Tell whether every step leads past all bytes of the shorter axes.

    The runs of a nested box are disjoint, and lie in the order of their indices.
    """
    inner = 0
    for stride, count in axes:
        if stride < inner:
            return False
        inner = max(inner, 1) + (count - 1) * stride
    return True
