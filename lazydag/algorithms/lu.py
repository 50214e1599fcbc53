"""LU factorisation with partial pivoting.

A panel of columns is factorised as a whole, as its pivots depend on all rows; the
columns on the right are updated tile by tile. The next panel is factorised as soon as
its own columns are up to date, while others still wait for the last one. Of a large
matrix a panel is itself factorised by narrow ones, which update each other in strips of
rows, so that less work has to wait for one task.

References
----------
J. Kurzak, H. Ltaief, J. Dongarra, R. M. Badia, *Scheduling dense linear algebra
operations on multicore processors*, Concurrency and Computation: Practice and
Experience 22 (2010), 15-44.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazydag.algorithms.program import Program
from lazydag.algorithms.scratch import empty
from lazydag.algorithms.tiling import cut, spawn_copy
from lazydag.algorithms.triangular import fits, subtract
from lazydag.runtime.dynamic import spawn
from lazydag.runtime.regions import In, InOut, Out
from lazydag.tiles import getrf, lacpy, laswp, trsm

Array: TypeAlias = NDArray[Any]

# Panels that can be at work at the same time; each has memory of its own.
_PANELS: Final = 3


class Sizes(NamedTuple):
    """How a matrix is cut.

    Parameters
    ----------
    width
        Columns of a panel.
    part
        Columns that are factorised by one task.
    rows, columns
        Of the tiles on the right of a panel.
    """

    width: int
    part: int
    rows: int
    columns: int


# Up to which order. Products of large tiles are faster; very large matrices are for
# many threads, which small tasks keep busy.
_SIZES: Final = (
    (768, Sizes(64, 64, 128, 128)),
    (1536, Sizes(128, 128, 256, 256)),
    (3072, Sizes(256, 256, 512, 512)),
    (16383, Sizes(512, 128, 512, 512)),
)
_LARGEST: Final = Sizes(256, 64, 1024, 256)


def lu_factor(inputs: Sequence[Array], outputs: Sequence[Array | None]) -> None:
    """Factorise a matrix (m, n) with row exchanges: ``p @ a = l @ u``.

    Parameters
    ----------
    inputs
        The matrix.
    outputs
        l, without its diagonal of ones, and u in one matrix; and for each of its first
        rows the row that it was exchanged with, in turn, counted from 0.

    Notes
    -----
    ``m n² - n³ / 3`` additions and as many products for ``m >= n``. The rows that it
    chooses are LAPACK's, up to ties and rounding, and so is its stability.
    """
    (a,), (lu, exchanges) = inputs, outputs
    if lu is None:
        lu = empty(a.shape, a.dtype)
    pivots = factorise(a, lu, allow_singular=True)
    if exchanges is not None:
        spawn(_counted_from_top, In(pivots), Out(exchanges), panel_width(a.shape))


def factorise(
    a: Array,
    lu: Array,
    right: Array | None = None,
    *,
    allow_singular: bool = False,
    keep_lower: bool = True,
) -> Array:
    """Write the factors of ``p @ a = l @ u`` to `lu`, and return the exchanges.

    Parameters
    ----------
    a
        Matrix (m, n).
    lu
        Matrix (m, n), overwritten.
    right
        More columns (m, k), overwritten by those of ``inv(l) @ p @ right``.
    keep_lower
        Whether l is needed. Otherwise there is anything below the diagonal of `lu`.

    Returns
    -------
    ndarray, int32 (min(m, n),)
        Pivots of the panels as getrf writes them, counted from a panel's first row.
    """
    m, n = a.shape
    sizes = sizes_of(a.shape)
    width = sizes.width
    pivots = empty((min(m, n),), np.dtype(np.int32))
    memory = [empty((m, width), a.dtype, "F") for _ in range(_PANELS)]
    for k, here in enumerate(cut(0, min(m, n), width)):
        below = slice(here.start, m)
        work = memory[k % _PANELS][below, : here.stop - here.start]
        panel = Panel(work, pivots[here], here.start, sizes.rows, sizes.part)
        panel.factorise(
            lu[below, here] if k else a[:, here], allow_singular=allow_singular
        )
        panel.copy_back(lu[below, here], keep_lower=keep_lower)
        for rows in () if k else cut(0, m, sizes.rows):
            spawn_copy(a[rows, here.stop :], lu[rows, here.stop :])
        for columns in cut(0, here.start, width) if keep_lower else ():
            panel.exchange(lu[below, columns])
        for columns in _behind(here.stop, n, sizes):
            panel.update(lu[below, columns])
        if right is not None:
            for columns in cut(0, right.shape[1], sizes.columns):
                panel.update(right[below, columns])
    return pivots


def _behind(start: int, stop: int, sizes: Sizes) -> list[slice]:
    """Return the columns on the right of a panel: the next one, and tiles behind it.

    The latter begin at columns that all panels have in common.
    """
    following = start + sizes.width
    first = min(stop, following + -following % sizes.columns)
    return [*cut(start, first, sizes.width), *cut(first, stop, sizes.columns)]


def sizes_of(shape: tuple[int, ...]) -> Sizes:
    """Return how a matrix is cut; tiles of oblong ones are oblong."""
    m, n = shape
    found = next((sizes for most, sizes in _SIZES if min(shape) <= most), _LARGEST)
    rows = found.rows * max(1, m // (4 * max(1, n)))
    columns = found.columns * max(1, n // (4 * max(1, m)))
    return found._replace(rows=rows, columns=columns)


def panel_width(shape: tuple[int, ...]) -> int:
    """Return how many columns are factorised before those on the right are updated."""
    return sizes_of(shape).width


@dataclass(frozen=True, slots=True)
class Panel:
    """Columns that are factorised before those on their right are updated.

    Parameters
    ----------
    columns
        Work memory for them (m, width), in Fortran's order.
    pivots
        Where their exchanges are to be, counted from their first row.
    first
        The row and column of the matrix where they begin.
    strip
        Rows that are updated at a time.
    part
        Columns that are factorised by one task.
    """

    columns: Array
    pivots: Array
    first: int
    strip: int
    part: int

    def factorise(self, a: Array, *, allow_singular: bool) -> None:
        """Copy them to where they are contiguous, and factorise them."""
        for rows in self._strips():
            spawn_copy(a[rows], self.columns[rows])
        parts = self._parts()
        pivots = self.pivots if len(parts) == 1 else empty(self.pivots.shape, np.int32)
        for part in parts:
            at = getrf.counted_from(self.first + part.start)
            panel = InOut(self.columns[part.start :, part])
            spawn(at, panel, Out(pivots[part]), allow_singular=allow_singular)
            for other in parts:
                if other != part:
                    swapped = InOut(self.columns[part.start :, other])
                    spawn(laswp, swapped, In(pivots[part]))
                if other.start > part.start:
                    self._update(part, self.columns[:, other])
        if len(parts) > 1:
            spawn(_joined, In(pivots), Out(self.pivots), self.part)

    def copy_back(self, lu: Array, *, keep_lower: bool) -> None:
        """Copy them to where they belong: all of them, or the top, which holds u."""
        top, *rest = self._strips()
        spawn(lacpy, In(self.columns[top]), Out(lu[top]))
        for rows in rest if keep_lower else ():
            spawn(lacpy, In(self.columns[rows]), Out(lu[rows]))

    def exchange(self, others: Array) -> None:
        """Exchange rows of other columns."""
        spawn(laswp, InOut(others), In(self.pivots))

    def update(self, right: Array) -> None:
        """Do to columns on the right what the factorisation did to these."""
        self.exchange(right)
        self._update(slice(0, self.columns.shape[1]), right)

    def _update(self, part: slice, right: Array) -> None:
        """Update columns on the right of some of these, rows exchanged."""
        corner, above = self.columns[part, part], right[part]
        spawn(trsm, In(corner), InOut(above), lower=True, unit=True)
        rest = slice(part.stop, self.columns.shape[1])
        strips = self._strips()[1:]
        for rows in (rest, *strips) if rest.start < rest.stop else strips:
            subtract(self.columns[rows, part], above, right[rows])

    def _parts(self) -> list[slice]:
        """Return the columns that are factorised by one task."""
        return cut(0, self.columns.shape[1], self.part)

    def _strips(self) -> list[slice]:
        """Return the tiles of the columns: square ones, and strips below.

        Strips begin at rows of the matrix that all panels have in common.
        """
        m, width = self.columns.shape
        start = min(m, width + -(self.first + width) % self.strip)
        return cut(0, start, width) + cut(start, m, self.strip)


def _joined(parts: Array, pivots: Array, width: int) -> None:
    """Count the pivots of parts of a panel from the panel's first row."""
    pivots[...] = parts + np.arange(len(parts)) // width * width


def _counted_from_top(pivots: Array, exchanges: Array, width: int) -> None:
    """Count pivots from the first row of the matrix instead of the panel's, and from 0.

    Parameters
    ----------
    width
        Of a panel.
    """
    first = np.arange(len(pivots)) // width * width
    exchanges[...] = pivots + (first - 1)


PROGRAMS: Final = {"lu_factor": Program(lu_factor, fits)}
