"""Where the things that tasks access are: arrays in buffers, and other objects."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazydag.runtime.regions.buffers import Buffers

Array: TypeAlias = NDArray[Any]

#: The layout of things that are not arrays.
OBJECT: Final = 0


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """An array, or another object, as the structure of a region names it.

    Parameters
    ----------
    number
        From 0, in the order of first appearance in the region.
    buffer
        Number of its buffer; of the object among the objects.
    offset
        Bytes from the start of the buffer to the first element.
    layout
        A number for shape, strides, dtype and whether it can be written, the same in
        the whole process; `OBJECT` for other objects.
    value
        The array or object.
    """

    number: int
    buffer: int
    offset: int
    layout: int
    value: Any


# Layouts are few. Their numbers make keys small.
_layouts: dict[tuple[object, ...], int] = {}
_numbers = itertools.count(1)


def layout_number(array: Array) -> int:
    """Return the number of an array's layout."""
    key = (array.shape, array.strides, array.dtype, array.flags.writeable)
    found = _layouts.get(key)
    # One atomic step: two threads get the same number.
    return found or _layouts.setdefault(key, next(_numbers))


class Places:
    """The places of one region. Equal views of one buffer are one place.

    Notes
    -----
    An array object that is asked for again costs one dictionary lookup.
    """

    __slots__ = ("_by_key", "_keep", "buffers", "known")

    def __init__(self) -> None:
        self.buffers = Buffers()
        #: Places by the identity of the array or object.
        self.known: dict[int, Place] = {}
        self._by_key: dict[tuple[int, int, int], Place] = {}
        # Identities are those of living objects.
        self._keep: list[Any] = []

    def of(self, value: Any) -> Place:
        """Return the place of an array or another object."""
        found = self.known.get(id(value))
        if found is None:
            found = self.known[id(value)] = self._find(value)
            self._keep.append(value)
        return found

    def key(self) -> tuple[tuple[int, int, int], ...]:
        """Return what tells the places from those of other regions, in their order."""
        return tuple(self._by_key)

    def columns(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the buffer and the offset of each place, by its number."""
        columns = np.array(list(self._by_key), np.int64).reshape(-1, 3).T
        return columns[0], columns[1]

    def _find(self, value: Any) -> Place:
        if isinstance(value, np.ndarray):
            key = (*self.buffers.locate(value), layout_number(value))
        else:
            key = (len(self._by_key), 0, OBJECT)
        found = self._by_key.get(key)
        if found is None:
            found = self._by_key[key] = Place(len(self._by_key), *key, value)
        return found
