"""What a kernel on a GPU is launched with: one array of words.

A head of numbers, the extents of the dimensions, and for each operand its address and a
stride in bytes along each dimension.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

ITEMS = "items"
"""Name of the word with the number of pieces that blocks of threads take."""
MAX_WORDS: Final = 32764 // 8
"""What a kernel can be launched with."""


@dataclass(frozen=True, slots=True)
class WordLayout:
    """Places of words.

    Parameters
    ----------
    head
        Names of the numbers that come first; one of them is `ITEMS`.
    dims
        Number of dimensions.
    operands
        Number of operands.
    can_fail
        Whether the address that failures are told at comes last.
    """

    head: tuple[str, ...]
    dims: int
    operands: int
    can_fail: bool = False

    def number(self, name: str) -> int:
        """Word of a number of the head."""
        return self.head.index(name)

    def extent(self, dim: int) -> int:
        """Word of the extent of a dimension."""
        return len(self.head) + dim

    def address(self, operand: int) -> int:
        """Word of an operand's address."""
        return len(self.head) + self.dims + operand * (1 + self.dims)

    def stride(self, operand: int, dim: int) -> int:
        """Word of an operand's stride along a dimension."""
        return self.address(operand) + 1 + dim

    @property
    def failed(self) -> int:
        """Word of the address that failures are told at."""
        return self.address(self.operands)

    @property
    def count(self) -> int:
        """Number of words."""
        return self.failed + self.can_fail

    def fill(
        self,
        head: Sequence[int],
        extents: Sequence[int],
        strides: Sequence[Sequence[int]],
    ) -> NDArray[np.int64]:
        """Return the words, with offsets of 0 where addresses will be.

        Parameters
        ----------
        strides
            For each operand one per dimension, in bytes.
        """
        rows = [word for each in strides for word in (0, *each)]
        words = np.array([*head, *extents, *rows], np.int64)
        assert len(words) == self.count
        return words
