"""What kernels on GPUs are launched with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lazydag.backends.cpu.space import Dimension
from lazydag.backends.cuda.forms import GridForm
from lazydag.backends.cuda.indexed_form import IndexedGrid
from lazydag.backends.cuda.scan_form import ScanForm
from lazydag.errors import LazydagError
from lazydag.runtime import View

NARROW_SIZE: Final = 1 << 31
"""From here on, numbers need more than 32 bits."""


@dataclass(frozen=True, slots=True)
class GridPlan:
    """What a kernel is launched with, but for addresses.

    Parameters
    ----------
    form
        Which kernel.
    template
        The words, with offsets of operands in the place of addresses.
    places
        The word of each operand's address.
    items
        Pieces that blocks of threads take in turn.
    views
        The operands, with what is done to them; complex ones by their parts.
    failed
        The word of the address that the kernel tells failures at; negative if it
        cannot fail.
    error
        Makes the error of what it tells.
    """

    form: GridForm | IndexedGrid | ScanForm
    template: NDArray[np.int64]
    places: tuple[int, ...]
    items: int
    views: tuple[View, ...]
    failed: int = -1
    error: Callable[[int], LazydagError] | None = None

    def words(self, addresses: Sequence[int]) -> NDArray[np.int64]:
        """Return the words for operands whose first elements are at some addresses."""
        words = self.template.copy()
        words[list(self.places)] += np.array(addresses, np.int64)
        return words


def is_narrow(count: int, dims: Sequence[Dimension]) -> bool:
    """Tell whether 32 bits are enough for so many elements, and for where they are."""
    reaches = [
        tuple([(dim.extent - 1) * abs(stride) for stride in dim.strides])
        for dim in dims
    ]
    return max([count, *map(sum, zip(*reaches, strict=True))]) < NARROW_SIZE


def extents_of(
    dims: Sequence[Dimension], operands: int
) -> tuple[list[int], list[list[int]]]:
    """Return the extents, and for each operand its strides."""
    strides = [[dim.strides[k] for dim in dims] for k in range(operands)]
    return [dim.extent for dim in dims], strides
