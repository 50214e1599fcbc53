"""How running sums are cut: by shapes alone, so that the order of sums is, too.

Arrays have three axes here: those before the one that sums run along, that one, and
those behind it.
"""

from __future__ import annotations

from typing import Final, TypeAlias

Shape: TypeAlias = tuple[int, int, int]

MOST_COLUMNS: Final = 512
"""Elements along the last axis that are taken together, at most."""
TILE: Final = 1 << 16
"""Elements of a tile, about."""
MANY: Final = 16
"""Tiles of whole lanes that are enough for all workers."""


def strip_of(shape: Shape) -> tuple[int, int]:
    """Return how many whole lanes make a tile, along the first and the last axis."""
    _, length, inner = shape
    width = min(inner, MOST_COLUMNS)
    return max(1, TILE // max(1, length * width)), width


def piece_length(shape: Shape) -> int:
    """Return the elements of a lane that are added up before others come on top.

    The last piece may be shorter. Lanes are whole if they are many, or not twice as
    long.
    """
    outer, length, inner = shape
    lanes, width = strip_of(shape)
    count = -(-outer // lanes) * -(-inner // max(1, width))
    rows = TILE // max(1, width)
    return length if count >= MANY or length < 2 * rows else rows
