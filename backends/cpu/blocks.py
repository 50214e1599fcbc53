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

from lazydag.backends.cpu.space import Dimension, Strides


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


def map_blocks(dims: Sequence[Dimension], places: Sequence[Place]) -> NDArray[np.int64]:
    """Return the blocks of all tiles of a map, in C order of the grid."""
    head = [dim.tile for dim in dims]
    grid = [-(-dim.extent // dim.tile) for dim in dims]
    table = _constant_blocks(prod(grid), head, places)
    layout = BlockLayout(len(dims))
    tiles = table.reshape(*grid, table.shape[1])
    for axis, dim in enumerate(dims):
        if grid[axis] > 1:
            starts = along(np.arange(grid[axis]) * dim.tile, axis, len(dims))
            np.minimum(dim.extent - starts, dim.tile, out=tiles[..., axis])
            for k, place in enumerate(places):
                if place.strides[axis]:
                    where = layout.operand(k) + 1
                    tiles[..., where] += starts * place.strides[axis]
    return table


def _constant_blocks(
    count: int, head: Sequence[int], places: Sequence[Place]
) -> NDArray[np.int64]:
    words = list(head)
    for place in places:
        words += (place.slot, place.offset, *place.strides)
    table = np.empty((count, len(words)), np.int64)
    table[:] = words
    return table


def along(values: NDArray[np.int64], axis: int, ndim: int) -> NDArray[np.int64]:
    """Shape a vector to broadcast along one axis."""
    return values.reshape([-1 if a == axis else 1 for a in range(ndim)])
