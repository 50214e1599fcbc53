"""How arrays lie in memory: what a plan needs to know of its arguments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from lazydag.runtime.device_array import DeviceArray

#: Strides in bytes; None for a C-contiguous array.
Layout: TypeAlias = tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class Located:
    """How an array lies in the memory of a device.

    Parameters
    ----------
    space
        The memory space.
    device
        The device.
    """

    layout: Layout
    space: str
    device: str


#: The layout of an array in the host's memory, or where else it lies and how.
Residence: TypeAlias = Layout | Located


def layout_of(array: NDArray[Any] | DeviceArray) -> Residence:
    """Return how an array lies, and where: hashable, and None for nearly all.

    An array with elements at unaligned addresses counts as contiguous: plans copy it.
    """
    if not isinstance(array, np.ndarray):
        layout = None if array.is_contiguous else array.strides
        return Located(layout, array.space, array.device)
    flags = array.flags
    if flags.c_contiguous or not flags.aligned:
        return None
    return array.strides


def layout_in(residence: Residence) -> Layout:
    """Return how an array lies, wherever that is."""
    return residence.layout if isinstance(residence, Located) else residence


def aligned(array: NDArray[Any]) -> NDArray[Any]:
    """Return `array`, or a contiguous copy if its elements are not aligned."""
    return array if array.flags.aligned else np.array(array, order="C")
