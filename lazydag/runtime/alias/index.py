"""An index of regions: which ones may have bytes in common with a new one."""

from __future__ import annotations

import math
from itertools import product

from lazydag.runtime.alias.lattice import Bounds, Levels, cover, levels_of
from lazydag.runtime.alias.region import Region
from lazydag.runtime.alias.spaces import Space

#: Lattices of one space; the regions of further ones are kept by their spans.
_MOST_LATTICES = 16


class Index:
    """Regions by number, found by where their bytes lie.

    Notes
    -----
    Each region lies in the lattice of its own strides, as boxes. The boxes of one size
    (to the power of two) are kept in cells of that size, so that a box touches at most
    two cells along each axis. Adding a tile, and finding what lies around it, takes the
    same time however many there are and however much their spans overlap.
    """

    def __init__(self) -> None:
        self._spaces: dict[Space, dict[Levels, _Lattice]] = {}

    def add(self, number: int, region: Region) -> set[int]:
        """Add a region; return those before that may have bytes in common with it."""
        lattices = self._spaces.setdefault(region.space, {})
        levels = levels_of(region.axes)
        if levels not in lattices:
            levels = levels if len(lattices) < _MOST_LATTICES else ()
            lattices.setdefault(levels, _Lattice(levels, region.start))
        found: set[int] = set()
        for lattice in lattices.values():
            place = region.start - lattice.origin
            boxes = cover(place, region.axes, lattice.levels)
            for box in boxes:
                lattice.find(box, found)
            if lattice.levels == levels:
                for box in boxes:
                    lattice.add(box, number)
        return found


class _Lattice:
    """Boxes of one lattice, sorted into grids by their sizes.

    Parameters
    ----------
    origin
        What places are counted from: the first region, so that the tiles of its array
        begin where cells do.
    """

    __slots__ = ("_grids", "levels", "origin")

    def __init__(self, levels: Levels, origin: int) -> None:
        self.levels = levels
        self.origin = origin
        self._grids: dict[tuple[int, ...], _Grid] = {}

    def add(self, bounds: Bounds, number: int) -> None:
        shifts = tuple([(high - low - 1).bit_length() for low, high in bounds])
        if shifts not in self._grids:
            self._grids[shifts] = _Grid(shifts)
        self._grids[shifts].add(bounds, number)

    def find(self, bounds: Bounds, found: set[int]) -> None:
        for grid in self._grids.values():
            grid.find(bounds, found)


class _Grid:
    """Boxes in cells of a size, the exponents of two of which are the shifts."""

    __slots__ = ("_boxes", "_cells", "_shifts")

    def __init__(self, shifts: tuple[int, ...]) -> None:
        self._shifts = shifts
        self._boxes: list[tuple[Bounds, int]] = []
        self._cells: dict[tuple[int, ...], list[tuple[Bounds, int]]] = {}

    def add(self, bounds: Bounds, number: int) -> None:
        self._boxes.append((bounds, number))
        for cell in product(*self._ranges(bounds)):
            self._cells.setdefault(cell, []).append((bounds, number))

    def find(self, bounds: Bounds, found: set[int]) -> None:
        ranges = self._ranges(bounds)
        if math.prod([len(each) for each in ranges]) > len(self._boxes):
            _add_met(self._boxes, bounds, found)
            return
        cells = self._cells
        for cell in product(*ranges):
            if cell in cells:
                _add_met(cells[cell], bounds, found)

    def _ranges(self, bounds: Bounds) -> list[range]:
        return [
            range(low >> shift, ((high - 1) >> shift) + 1)
            for (low, high), shift in zip(bounds, self._shifts, strict=True)
        ]


def _add_met(boxes: list[tuple[Bounds, int]], bounds: Bounds, found: set[int]) -> None:
    """Add the numbers of the boxes that have a point in common with one."""
    for box, number in boxes:
        for (low, high), (begin, end) in zip(box, bounds, strict=True):
            if low >= end or begin >= high:
                break
        else:
            found.add(number)
