"""How reductions are cut into blocks: by the shape alone, so that bits are too.

A reduced shape is seen as (outer kept axes, reduced axes, inner kept axes). With few
inner elements it is a *row* reduction, along memory; otherwise a *column* reduction,
which adds up rows. Each has partial results for blocks of its own constant size.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

#: Elements in one partial result of a row reduction.
ROW_BLOCK = 1024
#: Rows in one partial result of a column reduction.
COLUMN_BLOCK = 64
#: From so many inner elements on, rows are added up as vectors.
COLUMN_MIN_INNER = 8


def is_row_reduction(shape: Sequence[int], axes: Sequence[int]) -> bool:
    """Tell whether reducing adjacent `axes` of `shape` goes along rows."""
    return prod(shape[axes[-1] + 1 :]) < COLUMN_MIN_INNER if axes else True


def block_size(shape: Sequence[int], axes: Sequence[int]) -> int:
    """Return how many reduced elements make one partial result."""
    return ROW_BLOCK if is_row_reduction(shape, axes) else COLUMN_BLOCK


def tiling_space(shape: Sequence[int], axes: Sequence[int]) -> tuple[int, ...]:
    """Return the shape that is cut into tiles: adjacent reduced `axes` count as one.

    A tile ends between blocks, and blocks run on from one row to the next.

    >>> tiling_space((7, 100, 5000, 3), (1, 2))
    (7, 500000, 3)
    """
    if not axes:
        return tuple(shape)
    first, last = axes[0], axes[-1] + 1
    return (*shape[:first], prod(shape[first:last]), *shape[last:])


def adjacent_groups(axes: Sequence[int]) -> list[tuple[int, ...]]:
    """Split ascending `axes` into runs of neighbours.

    >>> adjacent_groups((0, 2, 3))
    [(0,), (2, 3)]
    """
    groups: list[tuple[int, ...]] = []
    for axis in axes:
        if groups and groups[-1][-1] == axis - 1:
            groups[-1] = (*groups[-1], axis)
        else:
            groups.append((axis,))
    return groups
