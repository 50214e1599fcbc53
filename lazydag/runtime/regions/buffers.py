"""The allocations that the arrays of a region lie in."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.lib.array_utils import byte_bounds
from numpy.typing import NDArray

from lazydag.runtime.address import address_of
from lazydag.runtime.alias.spaces import MEMORY, mapping_of

Array: TypeAlias = NDArray[Any]


class Buffers:
    """Allocations, numbered by the first appearance of one of their arrays.

    Arrays on the memory of one NumPy array share its number. So a region's structure
    can name an array by number and offset, whatever the addresses are.
    """

    __slots__ = ("_numbers", "addresses", "owners")

    def __init__(self) -> None:
        self.owners: list[Array] = []
        #: Of each one's first element.
        self.addresses: list[int] = []
        self._numbers: dict[int, int] = {}

    def locate(self, array: Array) -> tuple[int, int]:
        """Return the number of an array's buffer, and the offset in bytes."""
        owner = array
        while isinstance(base := owner.base, np.ndarray):
            owner = base
        number = self._numbers.get(id(owner))
        if number is None:
            number = self._numbers[id(owner)] = len(self.owners)
            self.owners.append(owner)
            self.addresses.append(address_of(owner))
        return number, address_of(array) - self.addresses[number]

    def relations(self) -> tuple[tuple[object, ...], ...]:
        """Return what dependencies also rest on: which buffers meet, and how.

        Buffers that are not NumPy's own may lie on the same memory, or map the same
        file.

        Notes
        -----
        Time O(n log n), and O(n²) for n buffers on one memory.
        """
        spans = sorted(
            (*byte_bounds(owner), number)
            for number, owner in enumerate(self.owners)
            if owner.nbytes
        )
        meeting = tuple(
            (number, other, start - origin)
            for place, (start, stop, number) in enumerate(spans)
            for origin, other in _meeting(spans, place, stop)
        )
        return (*meeting, *map(_mapped, enumerate(self.owners)))


def _meeting(
    spans: list[tuple[int, int, int]], place: int, stop: int
) -> list[tuple[int, int]]:
    """Return start and number of the later spans that begin before `stop`."""
    found = []
    for start, _, number in spans[place + 1 :]:
        if start >= stop:
            break
        found.append((start, number))
    return found


def _mapped(item: tuple[int, Array]) -> tuple[object, ...]:
    """Return which part of a file a buffer maps, if it does."""
    number, owner = item
    space, shift = mapping_of(owner)
    return (number, space, address_of(owner) + shift) if space != MEMORY else ()
