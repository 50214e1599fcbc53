"""What follows from LU factors: solutions of linear equations, and inverses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

from numpy.typing import NDArray

from lazydag.algorithms.lu import factorise, panel_width
from lazydag.algorithms.program import Program
from lazydag.algorithms.scratch import empty
from lazydag.algorithms.tiling import cut
from lazydag.algorithms.triangular import (
    as_columns,
    fits,
    spawn_copies,
    substitute,
    subtract,
    tile_order,
)
from lazydag.runtime.dynamic import spawn
from lazydag.runtime.regions import In, InOut, Out
from lazydag.tiles import laset, laswp, trsm

Array: TypeAlias = NDArray[Any]


def solve(inputs: Sequence[Array], outputs: Sequence[Array | None]) -> None:
    """Solve ``a @ x = b`` for x.

    Parameters
    ----------
    inputs
        A matrix (n, n), and b (n,) or (n, k).
    outputs
        x, like b.

    Raises
    ------
    LinAlgError
        If the matrix is singular.

    Notes
    -----
    ``n³ / 3 + k n²`` additions and as many products. Rows of b are eliminated as soon
    as a panel is factorised.
    """
    (a, b), (x,) = inputs, outputs
    if x is None:
        return
    lu, found = empty(a.shape, a.dtype), as_columns(x)
    spawn_copies(as_columns(b), found)
    factorise(a, lu, found, keep_lower=False)
    substitute(lu, found, lower=False)


def inv(inputs: Sequence[Array], outputs: Sequence[Array | None]) -> None:
    """Invert a matrix (n, n): ``x = inv(u) @ inv(l) @ p``.

    Raises
    ------
    LinAlgError
        If it is singular.

    Notes
    -----
    ``n³`` additions and as many products, a quarter less than to solve with the
    identity: the inverse of l is triangular.
    """
    (a,), (x,) = inputs, outputs
    if x is None:
        return
    lu = empty(a.shape, a.dtype)
    pivots = factorise(a, lu)
    _invert_lower(lu, x)
    substitute(lu, x, lower=False)
    _exchange_columns(x, pivots)


def _invert_lower(lower: Array, x: Array) -> None:
    """Write the inverse of a triangle with ones on its diagonal."""
    tiles = cut(0, len(x), tile_order(len(x)))
    for columns in tiles:
        for rows in tiles:
            one = 1.0 if rows == columns else 0.0
            spawn(laset, Out(x[rows, columns]), diagonal=one)
    for k, here in enumerate(tiles):
        for columns in tiles[: k + 1]:
            found = x[here, columns]
            spawn(trsm, In(lower[here, here]), InOut(found), lower=True, unit=True)
            for rows in tiles[k + 1 :]:
                subtract(lower[rows, here], found, x[rows, columns])


def _exchange_columns(x: Array, pivots: Array) -> None:
    """Multiply with p from the right."""
    width = panel_width(x.shape)
    for rows in cut(0, len(x), tile_order(len(x))):
        for panel in reversed(cut(0, len(pivots), width)):
            columns = x[rows, panel.start :].T
            spawn(laswp, InOut(columns), In(pivots[panel]), reverse=True)


PROGRAMS: Final = {"inv": Program(inv, fits), "solve": Program(solve, fits)}
