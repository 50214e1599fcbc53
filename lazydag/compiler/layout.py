"""How arrays lie in memory: what a plan needs to know of its arguments."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

#: Strides in bytes; None for a C-contiguous array.
Layout: TypeAlias = tuple[int, ...] | None


def layout_of(array: NDArray[Any]) -> Layout:
    """Return the layout of an array: hashable, and None for nearly all.

    An array with elements at unaligned addresses counts as contiguous: plans copy it.
    """
    flags = array.flags
    if flags.c_contiguous or not flags.aligned:
        return None
    return array.strides


def aligned(array: NDArray[Any]) -> NDArray[Any]:
    """Return `array`, or a contiguous copy if its elements are not aligned."""
    return array if array.flags.aligned else np.array(array, order="C")
