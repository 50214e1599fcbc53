"""Argument blocks: the row of numbers that a kernel gets for each tile.

A block holds the extents of the loops, then for reductions the first and the number of
reduced elements, then for each operand its slot, its offset in bytes, and a stride for
each loop. Everything here is vectorised over tiles: a million cost well under a second.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from lazydag.backends.cpu.space import Strides


@dataclass(frozen=True, slots=True)
class Place:
    """Where an operand starts, and its strides in the order of the loops."""

    slot: int
    offset: int
    strides: Strides


@dataclass(frozen=True, slots=True)
class BlockLayout:
    """Positions of words in a block.

    Attributes
    ----------
    dims
        Number of extents, and of strides of each operand.
    is_reduction
        Whether the reduced range follows the extents.
    """

    dims: int
    is_reduction: bool = False

    @property
    def first(self) -> int:
        """Word of the first reduced element of the tile."""
        return self.dims

    @property
    def count(self) -> int:
        """Word of the number of reduced elements of the tile."""
        return self.dims + 1

    def operand(self, index: int) -> int:
        """Word of the slot of an operand; its offset and strides follow."""
        return self.dims + 2 * self.is_reduction + index * (2 + self.dims)


@dataclass(frozen=True, slots=True)
class GridAxis:
    """An axis along which tiles differ.

    Attributes
    ----------
    extent, tile
        Elements in all and in a tile.
    word
        Word of the number of elements in the tile.
    steps
        Bytes from one tile to the next, for each operand.
    first
        Word of the tile's first element, or -1.
    """

    extent: int
    tile: int
    word: int
    steps: Strides
    first: int = -1

    @property
    def count(self) -> int:
        """Number of tiles."""
        return -(-self.extent // self.tile)


def fill_blocks(
    head: Sequence[int],
    places: Sequence[Place],
    layout: BlockLayout,
    axes: Sequence[GridAxis],
) -> NDArray[np.int64]:
    """Return the blocks of all tiles, in C order of the grid.

    Parameters
    ----------
    head
        The words before those of the operands, as the first tile has them.
    places
        The operands.
    axes
        The grid, outermost axis first.
    """
    words = list(head)
    for place in places:
        words += (place.slot, place.offset, *place.strides)
    if all(axis.tile >= axis.extent for axis in axes):
        return np.array([words], np.int64)
    grid = [axis.count for axis in axes]
    table = np.empty((prod(grid), len(words)), np.int64)
    table[:] = words
    tiles = table.reshape(*grid, len(words))
    for number, axis in enumerate(axes):
        if axis.count > 1:
            index = np.arange(axis.count, dtype=np.int64)
            shape = [-1 if a == number else 1 for a in range(len(axes))]
            _vary(tiles, axis, index.reshape(shape), layout)
    return table


def _vary(
    tiles: NDArray[np.int64],
    axis: GridAxis,
    index: NDArray[np.int64],
    layout: BlockLayout,
) -> None:
    starts = index * axis.tile
    tiles[..., axis.word] = np.minimum(axis.extent - starts, axis.tile)
    if axis.first >= 0:
        tiles[..., axis.first] = starts
    for operand, step in enumerate(axis.steps):
        if step:
            tiles[..., layout.operand(operand) + 1] += index * step
