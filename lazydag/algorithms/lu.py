"""LU factorisation with partial pivoting.

A panel of columns is factorised as a whole, as its pivots depend on all rows; the
columns on the right are updated tile by tile. The next panel is factorised as soon as
its own columns are up to date, while others still wait for the last one.

References
----------
J. Kurzak, H. Ltaief, J. Dongarra, R. M. Badia, *Scheduling dense linear algebra
operations on multicore processors*, Concurrency and Computation: Practice and
Experience 22 (2010), 15-44.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazydag.algorithms.scratch import empty
from lazydag.algorithms.tiling import cut, spawn_copy
from lazydag.algorithms.triangular import subtract
from lazydag.runtime.dynamic import spawn
from lazydag.runtime.regions import In, InOut, Out
from lazydag.tiles import getrf, lacpy, laswp, trsm

Array: TypeAlias = NDArray[Any]

# Panels that can be at work at the same time; each has memory of its own.
_PANELS: Final = 3


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
    width = panel_width(a.shape)
    pivots = empty((min(m, n),), np.dtype(np.int32))
    memory = [empty((m, width), a.dtype, "F") for _ in range(_PANELS)]
    for tile in _tiles(a):
        spawn_copy(a[tile], lu[tile])
    for k, here in enumerate(cut(0, min(m, n), width)):
        below = slice(here.start, m)
        panel = memory[k % _PANELS][below, : here.stop - here.start]
        exchanges = pivots[here]
        _factorise_panel(lu[below, here], panel, exchanges, allow_singular, here.start)
        _copy_back(panel, lu[below, here], keep_lower=keep_lower)
        for columns in cut(0, here.start, width) if keep_lower else ():
            spawn(laswp, InOut(lu[below, columns]), In(exchanges))
        for columns in cut(here.stop, n, width):
            _update(panel, exchanges, lu[below, columns])
        if right is not None:
            for columns in cut(0, right.shape[1], width):
                _update(panel, exchanges, right[below, columns])
    return pivots


def panel_width(shape: tuple[int, ...]) -> int:
    """Return how many columns are factorised at a time."""
    n = min(shape)
    return next((width for width in (64, 128, 192) if n <= 12 * width), 256)


def _tiles(a: Array) -> Iterator[tuple[slice, slice]]:
    """Yield the tiles of a matrix, column by column."""
    width = panel_width(a.shape)
    rows, columns = (cut(0, size, width) for size in a.shape)
    return ((i, j) for j in columns for i in rows)


def _strips(a: Array) -> list[slice]:
    """Return the tiles of a panel: a square one, and those below."""
    return cut(0, len(a), a.shape[1])


def _factorise_panel(
    a: Array, panel: Array, pivots: Array, allow_singular: bool, first: int
) -> None:
    """Factorise columns in memory where they are contiguous."""
    for rows in _strips(a):
        spawn(lacpy, In(a[rows]), Out(panel[rows]))
    spawn(
        getrf.counted_from(first),
        InOut(panel),
        Out(pivots),
        allow_singular=allow_singular,
    )


def _copy_back(panel: Array, lu: Array, *, keep_lower: bool) -> None:
    top, *rest = _strips(panel)
    spawn(lacpy, In(panel[top]), Out(lu[top]))
    for rows in rest if keep_lower else ():
        spawn(lacpy, In(panel[rows]), Out(lu[rows]))


def _update(panel: Array, pivots: Array, right: Array) -> None:
    """Do to columns on the right what a panel's factorisation did to its own."""
    top, *rest = _strips(panel)
    spawn(laswp, InOut(right), In(pivots))
    spawn(trsm, In(panel[top]), InOut(right[top]), lower=True, unit=True)
    for rows in rest:
        subtract(panel[rows], right[top], right[rows])


def _counted_from_top(pivots: Array, exchanges: Array, width: int) -> None:
    """Count pivots from the first row of the matrix instead of the panel's, and from 0.

    Parameters
    ----------
    width
        Of a panel.
    """
    first = np.arange(len(pivots)) // width * width
    exchanges[...] = pivots + (first - 1)
