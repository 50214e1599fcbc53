"""Least squares of tall systems, by the triangle of their QR factors.

References
----------
G. H. Golub, C. F. Van Loan, *Matrix Computations*, 4th edition, Johns Hopkins 2013,
sections 5.3 and 5.5.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazydag.algorithms import svd
from lazydag.algorithms.panels import column_tiles, strips
from lazydag.algorithms.program import Program
from lazydag.algorithms.python import releases_gil
from lazydag.algorithms.reflectors import by_columns, factorise, write_upper
from lazydag.algorithms.scratch import empty
from lazydag.ir.functions import FUNCTIONS
from lazydag.ir.types import ArrayType
from lazydag.runtime.dynamic import spawn
from lazydag.runtime.regions import In, Out

Array: TypeAlias = NDArray[Any]


def fits(types: Sequence[ArrayType], **_options: object) -> bool:
    """Tell whether there are so many equations that most work is in QR factors."""
    a, b = types
    return svd.fits(types) and a.sizes[0] > a.sizes[1] and b.size > 0


def least_squares(
    inputs: Sequence[Array],
    outputs: Sequence[Array | None],
    rcond: float | None = None,
) -> None:
    """Find the x for which the columns of ``b - a @ x`` are shortest.

    Parameters
    ----------
    inputs
        Matrices (m, n) and (m, k).
    outputs
        The solutions (n, k), their sums of squares (k,), which are NaN unless the rank
        is n, the rank, and the singular values (n,).
    rcond
        Singular values below this part of the greatest count as zero; by default m eps.

    Notes
    -----
    The triangle r of a's QR factors, and the first rows of ``q.T @ b``, have the same
    solutions, rank and singular values. They are found by one call of LAPACK (gelsd).
    ``2 m n (n + 2 k) + O(n³)`` operations.
    """
    a, b = inputs
    m, n = a.shape
    work, sides = by_columns(a), by_columns(b)
    for panel in factorise(work):
        for columns in column_tiles(*sides.shape):
            panel.apply(sides[:, columns], trans=True)
    r = empty((n, n), a.dtype)
    write_upper(work, r)
    part = float(np.finfo(a.dtype).eps) * m if rcond is None else rcond
    shapes = ((n, b.shape[1]), (b.shape[1],), (), (n,))
    dtypes = (a.dtype, a.dtype, np.dtype(np.int32), a.dtype)
    x, sums, rank, values = (
        empty(shape, dtype) if each is None else each
        for each, shape, dtype in zip(outputs, shapes, dtypes, strict=True)
    )
    spawn(_solved, In(r), In(sides[:n]), Out(x), Out(rank), Out(values), rcond=part)
    spawn(_summed, In(_squares(sides[n:])), In(rank), Out(sums), full=n)


def _squares(rows: Array) -> Array:
    """Return sums of squares of each column, a row for each strip."""
    tiles = strips(*rows.shape)
    found = empty((len(tiles), rows.shape[1]), rows.dtype)
    for number, tile in enumerate(tiles):
        spawn(_squared, In(rows[tile]), Out(found[number]))
    return found


@releases_gil
def _squared(rows: Array, sums: Array) -> None:
    np.einsum("ij,ij->j", rows, rows, out=sums)


@releases_gil
def _solved(
    r: Array, c: Array, x: Array, rank: Array, values: Array, rcond: float
) -> None:
    found = FUNCTIONS["least_squares"].results([r, c], {"rcond": rcond})
    x[...], _, rank[...], values[...] = found


def _summed(squares: Array, rank: Array, sums: Array, full: int) -> None:
    sums[...] = squares.sum(0) if rank == full else np.nan


PROGRAMS: Final = {"least_squares": Program(least_squares, fits)}
