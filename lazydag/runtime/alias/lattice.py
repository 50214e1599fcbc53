"""Boxes of a lattice: where bytes lie in rows of a given length.

A lattice of levels ``(S, T)``, each a multiple of the next, gives the byte at place `p`
the coordinates ``p // S``, ``p % S // T`` and ``p % T``. Tiles of one array, whose
bytes interleave, are boxes side by side in the lattice of the array's strides.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TypeAlias

from lazydag.runtime.alias.axes import Axes, extent, is_nested

Levels: TypeAlias = tuple[int, ...]
Point: TypeAlias = tuple[int, ...]
#: A box by its first and its last point, which are inside.
Corners: TypeAlias = tuple[Point, Point]

#: More axes are bounded together: each one doubles the cells that a box touches.
_MOST_LEVELS = 3


@lru_cache(maxsize=4096)
def levels_of(axes: Axes) -> Levels:
    """Return the lattice that a box lies in squarely.

    Examples
    --------
    >>> levels_of(((1, 64), (128, 8), (4096, 16)))
    (4096, 128)
    >>> levels_of(((1, 64),))
    ()
    """
    levels: list[int] = []
    if is_nested(axes):
        for stride, _ in reversed(axes[1:]):
            if not levels or levels[-1] % stride == 0:
                levels.append(stride)
    return tuple(levels[:_MOST_LEVELS])


def cover(start: int, axes: Axes, levels: Levels) -> list[Corners]:
    """Return boxes of a lattice that hold all bytes of a box, few and tight.

    Notes
    -----
    Exact for a box of the lattice; one that crosses the end of a row is cut there.

    Examples
    --------
    >>> cover(4096 * 3 + 128, ((1, 64), (4096, 16)), (4096,))
    [((3, 128), (18, 191))]
    >>> cover(4096 * 3 + 4064, ((1, 64), (4096, 16)), (4096,))
    [((3, 4064), (18, 4095)), ((4, 0), (19, 31))]
    """
    if not levels:
        return [((start,), (start + extent(axes) - 1,))]
    length, *inner = levels
    rows, reach, within = 0, 0, []
    for step, count in axes:
        if step % length:
            reach += (count - 1) * step
            within.append((step, count))
        else:
            rows += (count - 1) * (step // length)
    row, column = divmod(start, length)
    if reach >= length:
        rows += (column + reach) // length
        return [((row, *[0] * len(levels)), (row + rows, *_last_of_row(levels)))]
    tails = cover(column, tuple(within), tuple(inner))
    return _cut(row, rows, tails, length // inner[0] if inner else length)


def _last_of_row(levels: Levels) -> Point:
    steps = (*levels[1:], 1)
    return tuple(length // step - 1 for length, step in zip(levels, steps, strict=True))


def _cut(row: int, rows: int, tails: list[Corners], width: int) -> list[Corners]:
    """Return boxes in rows of a width; what lies past their end begins the next row."""
    found: list[Corners] = []
    for first, last in tails:
        if last[0] < width:
            found.append(((row, *first), (row + rows, *last)))
            continue
        if first[0] < width:
            found.append(((row, *first), (row + rows, width - 1, *last[1:])))
        begin = max(first[0] - width, 0), *first[1:]
        end = last[0] - width, *last[1:]
        found.append(((row + 1, *begin), (row + 1 + rows, *end)))
    return found
