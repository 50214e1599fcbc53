"""Slots cut into cells: rectangles of bytes, of which each access takes whole ones.

The bytes of a slot are seen as rows of one length, that of the matrices that tasks cut
into tiles. Rows and columns are cut wherever a tile begins or ends. What is no
rectangle is taken as the smallest one around it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazydag.runtime import Access
from lazydag.runtime.alias.axes import Axes, extent, nbytes_of
from lazydag.runtime.alias.lattice import levels_of

#: A bit for each of some cells.
Flags: TypeAlias = NDArray[np.bool_]


class Rectangle(NamedTuple):
    """Bytes of a slot, ``rows`` times ``width`` of them, ``pitch`` bytes apart."""

    start: int
    rows: int
    width: int
    pitch: int

    @property
    def nbytes(self) -> int:
        """How many bytes there are."""
        return self.rows * self.width


class Box(NamedTuple):
    """Cells of a slot, by rows and columns, and whether an access is all of them."""

    top: int
    bottom: int
    left: int
    right: int
    is_exact: bool = True

    @property
    def where(self) -> tuple[slice, slice]:
        """What selects them in an array with an element for each cell."""
        return slice(self.top, self.bottom), slice(self.left, self.right)


@dataclass(slots=True)
class Cells:
    """The cells of a slot.

    Parameters
    ----------
    nbytes
        Of the slot.
    pitch
        Bytes of a row.
    rows, columns
        Where rows and bytes of rows are cut, ends included.
    """

    nbytes: int
    pitch: int
    rows: list[int]
    columns: list[int]
    _boxes: dict[tuple[int, Axes, bool], Box] = field(default_factory=dict)

    @classmethod
    def of(cls, nbytes: int, accesses: Iterable[Access]) -> Cells:
        """Return the cells of a slot of so many bytes, or as many as are accessed."""
        found = {_bytes_of(access, nbytes) for access in accesses}
        nbytes = max([nbytes, *(start + extent(axes) for start, axes, _ in found)])
        pitch = _pitch(nbytes, (axes for _, axes, _ in found))
        made = cls(nbytes, pitch, [], [])
        rows, columns = {0, -(-nbytes // pitch)}, {0, pitch}
        if nbytes % pitch:  # the last row ends early
            rows.add(nbytes // pitch)
            columns.add(nbytes % pitch)
        for start, axes, is_part in found:
            box = made._around(start, axes)
            if box.is_exact and not is_part:
                rows |= {box.top, box.bottom}
                columns |= {box.left, box.right}
        made.rows, made.columns = sorted(rows), sorted(columns)
        return made

    @property
    def shape(self) -> tuple[int, int]:
        """Number of cells along rows and columns."""
        return len(self.rows) - 1, len(self.columns) - 1

    def inside(self) -> Flags:
        """Return which cells have bytes of the slot: not those behind its end."""
        first = np.array(self.rows[:-1])[:, None] * self.pitch
        found: Flags = first + np.array(self.columns[:-1]) < self.nbytes
        return found

    def box(self, access: Access) -> Box:
        """Return the cells that an access touches; exact if those are its bytes."""
        key = _bytes_of(access, self.nbytes)
        known = self._boxes.get(key)
        if known is None:
            known = self._boxes[key] = self._find(*key)
        return known

    def _find(self, start: int, axes: Axes, is_part: bool) -> Box:
        around = self._around(start, axes)
        top, bottom = _enclosed(self.rows, around.top, around.bottom)
        left, right = _enclosed(self.columns, around.left, around.right)
        has_all = (
            self.rows[top] == around.top
            and self.rows[bottom] == around.bottom
            and self.columns[left] == around.left
            and self.columns[right] == around.right
        )
        is_exact = has_all and around.is_exact and not is_part
        return Box(top, bottom, left, right, is_exact)

    def rectangle(self, box: Box) -> Rectangle:
        """Return the bytes of some cells."""
        first, left = self.rows[box.top], self.columns[box.left]
        rows = self.rows[box.bottom] - first
        width = self.columns[box.right] - left
        start = first * self.pitch + left
        if width == self.pitch:
            nbytes = min(rows * width, self.nbytes - start)
            return Rectangle(start, 1, nbytes, nbytes)
        return Rectangle(start, rows, width, self.pitch)

    def sizes(self) -> NDArray[np.int64]:
        """Return the bytes of each cell."""
        return np.outer(np.diff(self.rows), np.diff(self.columns)).astype(np.int64)

    def _around(self, start: int, axes: Axes) -> Box:
        """Return the rows and the bytes of rows that a set of bytes lies between."""
        row, column = divmod(start, self.pitch)
        inner = tuple(each for each in axes if each[0] < self.pitch)
        outer = [each for each in axes if each[0] >= self.pitch]
        width = extent(inner) if inner else 1
        if all(stride % self.pitch == 0 for stride, _ in outer):
            rows = 1 + sum((n - 1) * stride // self.pitch for stride, n in outer)
            if column + width <= self.pitch:
                is_exact = nbytes_of(axes) == rows * width
                return Box(row, row + rows, column, column + width, is_exact)
        stop = start + extent(axes)
        bottom = -(-stop // self.pitch)
        ends_well = stop % self.pitch == 0 or stop == self.nbytes
        is_exact = len(axes) == 1 and not column and ends_well
        return Box(row, bottom, 0, self.pitch, is_exact)


def rectangles(chosen: Flags) -> Iterator[tuple[int, int, int, int]]:
    """Yield rectangles that cover flags: first and last row and column, half open.

    Each is as wide as it can be, then as high.

    Examples
    --------
    >>> import numpy as np
    >>> list(rectangles(np.array([[1, 1, 0], [1, 1, 1]], bool)))
    [(0, 2, 0, 2), (1, 2, 2, 3)]
    """
    if chosen.all():
        yield 0, chosen.shape[0], 0, chosen.shape[1]
        return
    left = chosen.copy()
    for row, column in np.argwhere(chosen).tolist():
        if not left[row, column]:
            continue
        right = _run_end(left[row], column)
        bottom = _run_end(left[:, column:right].all(axis=1), row)
        left[row:bottom, column:right] = False
        yield row, bottom, column, right


def _run_end(flags: ArrayLike, start: int) -> int:
    """Return where the flags that begin at `start` end."""
    flags = np.asarray(flags, bool)
    behind = np.flatnonzero(~flags[start:])
    return start + int(behind[0]) if len(behind) else len(flags)


def _bytes_of(access: Access, nbytes: int) -> tuple[int, Axes, bool]:
    """Return the box of bytes around an access, and whether it is but a part."""
    region = access.region
    if region is not None:
        return region.start, region.axes, bool(region.pieces) or not region.exact
    start = min(access.start, nbytes)
    return start, ((1, max(min(access.stop, nbytes) - start, 0)),), False


def _pitch(nbytes: int, boxes: Iterable[Axes]) -> int:
    """Return the length of rows that most tiles lie in."""
    found: Counter[int] = Counter()
    for axes in boxes:
        levels = levels_of(axes)
        if levels and levels[-1] <= nbytes:
            found[levels[-1]] += 1
    return found.most_common(1)[0][0] if found else max(nbytes, 1)


def _enclosed(cuts: list[int], start: int, stop: int) -> tuple[int, int]:
    """Return the numbers of the cuts around a range."""
    first = bisect_left(cuts, start + 1) - 1
    return first, max(bisect_left(cuts, stop), first)
