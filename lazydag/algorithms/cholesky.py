"""Cholesky factorisation, tile by tile.

References
----------
A. Buttari, J. Langou, J. Kurzak, J. Dongarra, *A class of parallel tiled linear algebra
algorithms for multicore architectures*, Parallel Computing 35 (2009), 38-53.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

from numpy.typing import NDArray

from lazydag.algorithms.program import Program
from lazydag.algorithms.tiling import cut, spawn_copy
from lazydag.algorithms.triangular import fits, in_tiles, tile_order
from lazydag.runtime.dynamic import spawn
from lazydag.runtime.regions import In, InOut, Out
from lazydag.tiles import gemm, laset, potrf, syrk, trsm

Array: TypeAlias = NDArray[Any]


def cholesky(
    inputs: Sequence[Array],
    outputs: Sequence[Array | None],
    *,
    upper: bool,
    tile: int | None = None,
) -> None:
    """Factorise a symmetric positive definite matrix (n, n): ``a = l @ l.T``.

    Parameters
    ----------
    inputs
        The matrix, of which one triangle is read.
    outputs
        l, with zeros above its diagonal; or ``l.T``, from the upper triangle.
    upper
        Which.
    tile
        Order of the tiles; by default that of the matrix decides.

    Raises
    ------
    LinAlgError
        If a leading minor is not positive definite.

    Notes
    -----
    ``n³ / 6`` additions and as many products.
    """
    (a,), (found,) = inputs, outputs
    if found is None:
        return
    a = in_tiles(a)
    if upper:
        a, found = a.T, found.T
    tiles = cut(0, len(a), tile or tile_order(len(a)))
    for j, columns in enumerate(tiles):
        _spawn_lower(a[columns, columns], found[columns, columns])
        for rows in tiles[:j]:
            spawn(laset, Out(found[rows, columns]))
        for rows in tiles[j + 1 :]:
            spawn_copy(a[rows, columns], found[rows, columns])
    factorise([[found[rows, columns] for columns in tiles] for rows in tiles])


def _spawn_lower(a: Array, lower: Array) -> None:
    """Copy the lower triangle of a tile, and write zeros above it."""
    spawn_copy(a, lower)
    spawn(laset, InOut(lower[:-1, 1:]), part="upper")


def factorise(M: Sequence[Sequence[Array]]) -> None:
    """Overwrite the lower triangle of a matrix, in tiles, by its Cholesky factor."""
    mt, size = len(M), len(M[0][0])
    for k in range(mt):
        spawn(potrf.counted_from(k * size), InOut(M[k][k]), lower=True)
        for m in range(k + 1, mt):
            spawn(trsm, In(M[k][k]), InOut(M[m][k]), side="R", lower=True, trans=True)
        for n in range(k + 1, mt):
            spawn(syrk, In(M[n][k]), InOut(M[n][n]), alpha=-1.0)
            for m in range(n + 1, mt):
                spawn(
                    gemm,
                    In(M[m][k]),
                    In(M[n][k]),
                    InOut(M[m][n]),
                    alpha=-1.0,
                    trans_b=True,
                )


PROGRAMS: Final = {"cholesky": Program(cholesky, fits, takes_tile=True)}
