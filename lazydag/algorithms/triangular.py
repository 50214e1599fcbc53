"""Solving with triangular matrices, tile by tile."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

from numpy.typing import NDArray

from lazydag.algorithms.program import Program
from lazydag.algorithms.scratch import empty
from lazydag.algorithms.tiling import cut, is_large, spawn_copy
from lazydag.ir.types import ArrayType
from lazydag.runtime.dynamic import spawn
from lazydag.runtime.regions import In, InOut
from lazydag.tiles import check_diagonal, gemm, trsm
from lazydag.tiles.layouts import lay_out

Array: TypeAlias = NDArray[Any]


def fits(types: Sequence[ArrayType], **_options: object) -> bool:
    """Tell whether there is one matrix, large enough for tiles, of real numbers."""
    matrix, *rest = types
    return is_large(matrix) and all(each.size and each.ndim <= 2 for each in rest)


def tile_order(n: int) -> int:
    """Return the order of the tiles of a matrix of order `n`.

    Products of larger tiles are faster; eight of them along a side keep a few threads
    busy, and more of them keep many.
    """
    return next((order for order in (128, 192, 256, 384) if n <= 8 * order), 512)


def solve_triangular(
    inputs: Sequence[Array],
    outputs: Sequence[Array | None],
    *,
    lower: bool,
    trans: bool,
    unit: bool,
    tile: int | None = None,
) -> None:
    """Solve ``a @ x = b``, or ``a.T @ x = b``, with a triangular matrix (n, n).

    Parameters
    ----------
    inputs
        The matrix, of which one triangle is read, and b (n,) or (n, k).
    outputs
        x, like b.
    lower, trans, unit
        Which triangle, whether it is transposed, and whether its diagonal is of ones.
    tile
        Order of the tiles; by default the shapes decide.

    Raises
    ------
    LinAlgError
        If a number on the diagonal is zero.
    """
    (a, b), (x,) = inputs, outputs
    if x is None:
        return
    a, found = in_tiles(a), as_columns(x)
    spawn_copies(as_columns(b), found)
    for here in () if unit else cut(0, len(a), tile or tile_order(len(a))):
        spawn(check_diagonal.counted_from(here.start), In(a[here, here]))
    if trans:
        a, lower = a.T, not lower
    substitute(a, found, lower=lower, unit=unit, tile=tile)


def substitute(
    a: Array, x: Array, *, lower: bool, unit: bool = False, tile: int | None = None
) -> None:
    """Overwrite `x` by the solution of ``a @ x = b``, which it holds.

    Two tiles of it are solved for before they are subtracted from the others: that
    halves how often those are read and written.
    """
    tiles = cut(0, len(a), tile or tile_order(len(a)))
    if not lower:
        tiles.reverse()
    for first in range(0, len(tiles), 2):
        pair, rest = tiles[first : first + 2], tiles[first + 2 :]
        both = slice(min(pair[0].start, pair[-1].start), max(t.stop for t in pair))
        for columns in cut(0, x.shape[1], tile or tile_order(max(x.shape))):
            _solve_for(pair, a, x[:, columns], lower=lower, unit=unit)
            for rows in rest:
                subtract(a[rows, both], x[both, columns], x[rows, columns])


def _solve_for(
    tiles: Sequence[slice], a: Array, x: Array, *, lower: bool, unit: bool
) -> None:
    for k, here in enumerate(tiles):
        spawn(trsm, In(a[here, here]), InOut(x[here]), lower=lower, unit=unit)
        for rows in tiles[k + 1 :]:
            subtract(a[rows, here], x[here], x[rows])


def subtract(a: Array, b: Array, c: Array) -> None:
    """Update a tile: ``c -= a @ b``."""
    spawn(gemm, In(a), In(b), InOut(c), alpha=-1.0)


def as_columns(b: Array) -> Array:
    """Return a vector as a matrix of one column."""
    return b if b.ndim == 2 else b[:, None]


def in_tiles(a: Array) -> Array:
    """Return a matrix that tiles can be cut from: a copy if no axis is contiguous."""
    if lay_out("a", a).ld:
        return a
    copy = empty(a.shape, a.dtype)
    spawn_copies(a, copy)
    return copy


def spawn_copies(a: Array, b: Array) -> None:
    """Copy a matrix tile by tile: ``b = a``."""
    order = tile_order(max(a.shape))
    for columns in cut(0, a.shape[1], order):
        for rows in cut(0, len(a), order):
            spawn_copy(a[rows, columns], b[rows, columns])


PROGRAMS: Final = {"solve_triangular": Program(solve_triangular, fits, takes_tile=True)}
