"""Boxes of a lattice: where bytes lie in rows of a given length.

A lattice of levels ``(S, T)``, each a multiple of the next, gives the byte at place `p`
the coordinates ``p // S``, ``p % S // T`` and ``p % T``. Tiles of one array, whose
bytes interleave, are boxes side by side in the lattice of the array's strides.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TypeAlias

from lazydag.runtime.alias.axes import Axes, is_nested

Levels: TypeAlias = tuple[int, ...]
#: Bounds [low, high) of each coordinate.
Bounds: TypeAlias = tuple[tuple[int, int], ...]

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


def cover(start: int, axes: Axes, levels: Levels) -> list[Bounds]:
    """Return boxes of a lattice that hold all bytes of a box, few and tight.

    Notes
    -----
    Exact for a box of the lattice; one that crosses the end of a row is cut there.

    Examples
    --------
    >>> cover(4096 * 3 + 128, ((1, 64), (4096, 16)), (4096,))
    [((3, 19), (128, 192))]
    >>> cover(4096 * 3 + 4064, ((1, 64), (4096, 16)), (4096,))
    [((3, 19), (4064, 4096)), ((4, 20), (0, 32))]
    """
    rows, reach, within = 1, 1, []
    length, *inner = levels or (0,)
    for step, count in axes:
        if length and not step % length:
            rows += (count - 1) * (step // length)
        else:
            reach += (count - 1) * step
            within.append((step, count))
    if not length:
        return [((start, start + reach),)]
    row, column = divmod(start, length)
    if reach > length:
        after = row + rows + (column + reach - 1) // length
        return [((row, after), *_whole(levels))]
    tails = cover(column, tuple(within), tuple(inner))
    return _cut(row, row + rows, tails, length // inner[0] if inner else length)


def _whole(levels: Levels) -> Bounds:
    """Return the bounds of all coordinates of a row."""
    return tuple(
        (0, length // step)
        for length, step in zip(levels, (*levels[1:], 1), strict=True)
    )


def _cut(row: int, after: int, tails: list[Bounds], width: int) -> list[Bounds]:
    """Return boxes in rows of a width; what lies past their end begins the next row."""
    found: list[Bounds] = []
    for tail in tails:
        (low, high), *rest = tail
        if high <= width:
            found.append(((row, after), *tail))
            continue
        if low < width:
            found.append(((row, after), (low, width), *rest))
        next_row = max(low - width, 0), high - width
        found.append(((row + 1, after + 1), next_row, *rest))
    return found
