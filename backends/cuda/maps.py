"""Maps: from views to the form of a thread's function, and its words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from lazydag.backends.cpu.space import (
    Dimension,
    dimensions,
    merged,
    normalised,
    strides_of,
)
from lazydag.backends.cuda.thread import ThreadForm
from lazydag.backends.cuda.words import NARROW_SIZE, fill_words
from lazydag.runtime import View


@dataclass(frozen=True, slots=True)
class MapPlan:
    """What a map is launched with, but for addresses.

    Parameters
    ----------
    form
        Which kernel.
    dims
        The dimensions of its elements.
    shifts
        Bytes from each operand's first element to the one that the kernel begins with.
    """

    form: ThreadForm
    dims: tuple[Dimension, ...]
    shifts: tuple[int, ...]

    def words(self, addresses: Sequence[int]) -> NDArray[np.int64]:
        """Return the words for operands whose first elements are at some addresses."""
        moved = [at + shift for at, shift in zip(addresses, self.shifts, strict=True)]
        return fill_words(self.dims, moved)


def plan_map(
    structure: int, inputs: Sequence[View], outputs: Sequence[View]
) -> MapPlan:
    """Choose the dimensions of a map over the outputs' shape."""
    views = (*inputs, *outputs)
    shifts = [0] * len(views)
    found = dimensions(outputs[0].shape, (), [strides_of(view) for view in views])
    dims = merged(normalised(found, len(inputs), shifts))
    if not dims:
        dims = [Dimension(1, 1, tuple([view.dtype.itemsize for view in views]))]
    size = prod(dim.extent for dim in dims)
    form = ThreadForm(structure, len(dims), size < NARROW_SIZE)
    return MapPlan(form, tuple(dims), tuple(shifts))
