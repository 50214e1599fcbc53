"""What kernels on GPUs are launched with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lazydag.backends.cpu.space import Dimension
from lazydag.backends.cuda.forms import GridForm
from lazydag.backends.cuda.scan_kernel import ScanForm
from lazydag.runtime import View

NARROW_SIZE: Final = 1 << 31
"""Elements from which their numbers need more than 32 bits."""


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
    """

    form: GridForm | ScanForm
    template: NDArray[np.int64]
    places: tuple[int, ...]
    items: int
    views: tuple[View, ...]

    def words(self, addresses: Sequence[int]) -> NDArray[np.int64]:
        """Return the words for operands whose first elements are at some addresses."""
        words = self.template.copy()
        words[list(self.places)] += np.array(addresses, np.int64)
        return words


def extents_of(
    dims: Sequence[Dimension], operands: int
) -> tuple[list[int], list[list[int]]]:
    """Return the extents, and for each operand its strides."""
    strides = [[dim.strides[k] for dim in dims] for k in range(operands)]
    return [dim.extent for dim in dims], strides
