"""Arrays over slots, before there is memory for them.

A placeholder has the shape, the strides and the dtype of an array in a slot's buffer,
and an address that tells the slot and the place in it. Views of it are placeholders,
too. Its elements must not be touched: there is nothing at that address.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazydag.runtime.address import address_of
from lazydag.runtime.alias.parts import Part
from lazydag.runtime.alias.region import Region
from lazydag.runtime.edges import Access
from lazydag.runtime.mode import Mode
from lazydag.runtime.tasks import View

Array: TypeAlias = NDArray[Any]

# Beyond what processes can address: 4096 slots of 2 TiB before the next power of two.
_BASE: Final = 1 << 56
_SLOT_BITS: Final = 41
_WITHIN: Final = (1 << _SLOT_BITS) - 1


class Placeholder(np.ndarray[Any, np.dtype[Any]]):
    """An array without elements to show: tracebacks print local variables."""

    def __repr__(self) -> str:
        slot, offset = place_of(self)
        return f"<{self.dtype}{list(self.shape)} in slot {slot} at {offset}>"

    __str__ = __repr__


@dataclass(frozen=True, slots=True)
class _Described:
    """What NumPy makes an array of."""

    __array_interface__: dict[str, Any]


def placeholder(view: View) -> Array:
    """Return an array that stands for a view of a slot; read-only if the view is."""
    interface = {
        "version": 3,
        "typestr": view.dtype.str,
        "shape": view.shape,
        "strides": view.strides,
        "data": (_address(view.slot) + view.offset, not view.mode.writes),
    }
    return np.asarray(_Described(interface)).view(Placeholder)


def place_of(array: Array) -> tuple[int, int]:
    """Return the slot of a placeholder, and the bytes to its first element.

    Raises
    ------
    ValueError
        If the array is none.
    """
    distance = address_of(array) - _BASE
    if distance < 0:
        raise ValueError(f"an array {array.dtype}{list(array.shape)} with memory")
    return distance >> _SLOT_BITS, distance & _WITHIN


def view_of(array: Array, mode: Mode) -> View:
    """Return the view that a placeholder stands for."""
    slot, offset = place_of(array)
    return View(slot, array.dtype, array.shape, array.strides, offset, mode)


def region_of(array: Array, part: Part = None) -> Region:
    """Return the bytes of a placeholder, counted from the start of its slot."""
    slot, _ = place_of(array)
    found = Region.of(array, part)
    if found.is_empty:
        return found
    return replace(found, space=space_of(slot), start=found.start - _address(slot))


def space_of(slot: int) -> tuple[str, int]:
    """Return what the bytes of a slot are counted in."""
    return "slot", slot


def _address(slot: int) -> int:
    return _BASE + (slot << _SLOT_BITS)


def written(view: View) -> Access:
    """Return the access of a task that writes a view, and nothing between its elements.

    Who reads the rest of the buffer later still finds what was there before.
    """
    start, stop = view.span()
    if stop - start == math.prod(view.shape) * view.dtype.itemsize:
        return Access(view.slot, Mode.OUT, start, stop)
    region = region_of(placeholder(view))
    return Access(view.slot, Mode.OUT, start, stop, region)
