"""An index of regions: which ones may have bytes in common with a new one."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import product
from operator import rshift
from typing import NamedTuple, TypeAlias

from lazydag.runtime.alias.history import Meeting
from lazydag.runtime.alias.lattice import Corners, Levels, Point, cover, levels_of
from lazydag.runtime.alias.region import Region
from lazydag.runtime.alias.spaces import Space

#: Lattices of one space; the regions of further ones are kept by their spans.
_MOST_LATTICES = 16
# Points are no shorter than eight: large boxes touch many small ones.
_LEAST_SHIFT = 3


#: Older regions by number; `None` where common bytes are only possible.
Neighbours: TypeAlias = dict[int, Meeting | None]


class Index:
    """Regions by number, found by where their bytes lie.

    Notes
    -----
    Each region lies in the lattice of its own strides, as boxes, and as a guest in
    those that have these strides among others: rows lie among the tiles that they are
    parts of. The boxes of one size (to the power of two) are kept in cells of that
    size, so that a box touches at most two cells along each axis. Adding a tile, and
    finding what lies around it, takes the same time however many there are and however
    much their spans overlap.
    """

    def __init__(self) -> None:
        self._spaces: dict[Space, dict[Levels, _Lattice]] = {}

    def add(self, number: int, region: Region) -> Neighbours:
        """Add a region; return those before that may have bytes in common with it."""
        lattices = self._spaces.setdefault(region.space, {})
        home = levels_of(region.axes)
        if home not in lattices:
            home = self._open(lattices, home, region)
        found: Neighbours = {}
        for levels, lattice in lattices.items():
            if levels == home:
                boxes = lattice.boxes(number, region)
                lattice.guests.find(boxes, found)
                lattice.natives.find(boxes, found)
                lattice.natives.add(boxes)
                lattice.regions.append((number, region))
            elif set(levels) >= set(home):
                boxes = lattice.boxes(number, region)
                lattice.natives.find(boxes, found)
                lattice.guests.add(boxes)
            elif not set(levels) <= set(home):
                lattice.natives.find(lattice.boxes(number, region), found)
        return found

    def _open(
        self, lattices: dict[Levels, _Lattice], levels: Levels, region: Region
    ) -> Levels:
        """Open a lattice for a region, and invite the regions that belong there too."""
        if len(lattices) == _MOST_LATTICES:
            levels = ()
        if levels not in lattices:
            opened = _Lattice(levels, region.start)
            for others, lattice in lattices.items():
                if set(others) <= set(levels):
                    for guest in lattice.regions:
                        opened.guests.add(opened.boxes(*guest))
            lattices[levels] = opened
        return levels


class _Box(NamedTuple):
    """A box that holds all bytes of a region, or one of several that do together."""

    first: Point
    last: Point
    number: int
    is_region: bool  # there is one, and it holds no other bytes


class _Lattice:
    """Regions as boxes of one lattice.

    Parameters
    ----------
    origin
        What places are counted from: the first region, so that the tiles of its array
        begin where cells do.
    """

    __slots__ = ("_levels", "_origin", "guests", "natives", "regions")

    def __init__(self, levels: Levels, origin: int) -> None:
        self._levels = levels
        self._origin = origin
        self.regions: list[tuple[int, Region]] = []
        self.natives = _Boxes()
        self.guests = _Boxes()

    def boxes(self, number: int, region: Region) -> list[_Box]:
        corners = cover(region.start - self._origin, region.axes, self._levels)
        is_region = len(corners) == 1 and region.is_nested
        if is_region:
            is_region = _count(*corners[0]) == region.nbytes
        return [_Box(first, last, number, is_region) for first, last in corners]


def _shift(first: int, last: int) -> int:
    """Return the exponent of two of the size of cells for a size of boxes."""
    return max((last - first).bit_length(), _LEAST_SHIFT)


class _Boxes:
    """Boxes in grids by their sizes."""

    __slots__ = ("_grids",)

    def __init__(self) -> None:
        self._grids: dict[tuple[int, ...], _Grid] = {}

    def add(self, boxes: list[_Box]) -> None:
        for box in boxes:
            shifts = tuple(map(_shift, box.first, box.last))
            if shifts not in self._grids:
                self._grids[shifts] = _Grid(shifts)
            self._grids[shifts].add(box)

    def find(self, boxes: list[_Box], found: Neighbours) -> None:
        for grid in self._grids.values():
            for box in boxes:
                grid.find(box, found)


class _Grid:
    """Boxes in cells of a size, the exponents of two of which are the shifts."""

    __slots__ = ("_boxes", "_cells", "_shifts")

    def __init__(self, shifts: tuple[int, ...]) -> None:
        self._shifts = shifts
        self._boxes: list[_Box] = []
        self._cells: dict[Point, list[_Box]] = {}

    def add(self, box: _Box) -> None:
        self._boxes.append(box)
        for cell in _between(*self._corners(box)):
            self._cells.setdefault(cell, []).append(box)

    def find(self, box: _Box, found: Neighbours) -> None:
        cells = self._cells
        first, last = self._corners(box)
        if first == last:
            if first in cells:
                _add_met(cells[first], box, found)
        elif _count(first, last) > len(self._boxes):
            _add_met(self._boxes, box, found)
        else:
            for cell in _between(first, last):
                if cell in cells:
                    _add_met(cells[cell], box, found)

    def _corners(self, box: _Box) -> Corners:
        first = tuple(map(rshift, box.first, self._shifts))
        return first, tuple(map(rshift, box.last, self._shifts))


def _count(first: Point, last: Point) -> int:
    return math.prod([b - a + 1 for a, b in zip(first, last, strict=True)])


def _between(first: Point, last: Point) -> Iterable[Point]:
    return product(*[range(a, b + 1) for a, b in zip(first, last, strict=True)])


def _add_met(boxes: list[_Box], new: _Box, found: Neighbours) -> None:
    """Add the regions whose boxes have a point in common with one."""
    first, last, _, is_region = new
    for low, high, number, is_other in boxes:
        covers = covered = True
        for a, b, begin, end in zip(low, high, first, last, strict=True):
            if a > end or begin > b:
                break
            if a < begin or b > end:
                covers = False
            if begin < a or end > b:
                covered = False
        else:
            known = is_region and is_other
            found[number] = Meeting(covers, covered) if known else None
