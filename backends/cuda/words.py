"""What a kernel on a GPU is launched with: one array of words.

The number of elements, the extents of the dimensions, and for each operand its address
and a stride in bytes along each dimension.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lazydag.backends.cpu.space import Dimension

NARROW_SIZE: Final = 1 << 31
"""Elements from which the numbers of elements need more than 32 bits."""


@dataclass(frozen=True, slots=True)
class WordLayout:
    """Places of words.

    Parameters
    ----------
    dims
        Number of dimensions.
    operands
        Number of operands.
    """

    dims: int
    operands: int

    @property
    def total(self) -> int:
        """Word of the number of elements."""
        return 0

    def extent(self, dim: int) -> int:
        """Word of the extent of a dimension."""
        return 1 + dim

    def address(self, operand: int) -> int:
        """Word of an operand's address."""
        return 1 + self.dims + operand * (1 + self.dims)

    def stride(self, operand: int, dim: int) -> int:
        """Word of an operand's stride along a dimension."""
        return self.address(operand) + 1 + dim

    @property
    def count(self) -> int:
        """Number of words."""
        return self.address(self.operands)


def fill_words(
    dims: Sequence[Dimension], addresses: Sequence[int]
) -> NDArray[np.int64]:
    """Return the words for operands at some addresses."""
    layout = WordLayout(len(dims), len(addresses))
    words = np.empty(layout.count, np.int64)
    words[layout.total] = prod(dim.extent for dim in dims)
    words[1 : 1 + layout.dims] = [dim.extent for dim in dims]
    for operand, address in enumerate(addresses):
        words[layout.address(operand)] = address
        for number, dim in enumerate(dims):
            words[layout.stride(operand, number)] = dim.strides[operand]
    return words
