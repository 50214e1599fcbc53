"""Factors of matrices, and what follows from them: solutions, inverses, determinants.

Each takes stacks of matrices, too. Codes are int32, one for each matrix.
"""

from __future__ import annotations

from math import prod
from typing import Any

from lazydag.backends.cuda.library.blas import Array, blas_of
from lazydag.backends.cuda.library.routines import first_zero


def cholesky(xp: Any, x: Array, upper: bool) -> tuple[Array, Array]:
    """Return Cholesky factors, and the orders of minors that are not positive."""
    found, info = xp.array(x, order="C"), _codes(xp, x)
    if found.size:
        blas_of(xp).potrf_each(_lanes(found, 2), info, lower=not upper)
    unused = xp.tri(x.shape[-1], k=-1, dtype=bool)
    xp.copyto(found, 0, where=unused if upper else unused.T)
    return found, info


def lu_factor(xp: Any, x: Array) -> tuple[Array, Array]:
    """Return LU factors in one matrix, and the rows that rows were exchanged with."""
    lu, pivots, _ = _factorised(xp, x)
    return lu, pivots - 1


def _factorised(xp: Any, x: Array) -> tuple[Array, Array, Array]:
    """Return LU factors by columns, pivots that count from 1, and codes."""
    *stack, m, n = x.shape
    lu = xp.array(x.swapaxes(-1, -2), order="C").swapaxes(-1, -2)
    pivots, info = xp.empty((*stack, min(m, n)), "i4"), _codes(xp, x)
    if lu.size:
        blas_of(xp).getrf_each(_lanes(lu, 2), _lanes(pivots, 1), info)
    return lu, pivots, info


def solve(xp: Any, a: Array, b: Array) -> tuple[Array, Array]:
    """Return solutions of equations, and which matrices are singular."""
    columns = b if b.ndim > 1 else b[:, None]
    stack = xp.broadcast_shapes(a.shape[:-2], columns.shape[:-2])
    lu, pivots, info = _factorised(xp, a)
    x = xp.empty((*stack, *columns.shape[-2:]), b.dtype)
    x[...] = columns
    if x.size:
        lanes = _lanes(_stretched(xp, lu, stack, 2), 2), _lanes(x, 2)
        blas = blas_of(xp)
        blas.swap_each(lanes[1], _lanes(_stretched(xp, pivots, stack, 1), 1))
        blas.trsm_each(*lanes, lower=True, unit=True)
        blas.trsm_each(*lanes, lower=False)
    return x.reshape(b.shape) if b.ndim == 1 else x, info


def inv(xp: Any, x: Array) -> tuple[Array, Array]:
    """Return inverses, and which matrices are singular."""
    one = xp.broadcast_to(xp.eye(x.shape[-1], dtype=x.dtype), x.shape)
    return solve(xp, x, one)


def det(xp: Any, x: Array) -> Array:
    """Return determinants."""
    lu, pivots, _ = _factorised(xp, x)
    diagonal = lu.diagonal(axis1=-2, axis2=-1)
    return xp.prod(diagonal, axis=-1) * _parity(xp, pivots).astype(x.dtype)


def slogdet(xp: Any, x: Array) -> tuple[Array, Array]:
    """Return signs and logarithms of determinants."""
    lu, pivots, _ = _factorised(xp, x)
    diagonal = lu.diagonal(axis1=-2, axis2=-1)
    sizes = xp.abs(diagonal)
    signs = xp.where(sizes == 0, 0, diagonal / xp.where(sizes == 0, 1, sizes))
    sign = xp.prod(signs, axis=-1) * _parity(xp, pivots).astype(x.dtype)
    return sign, xp.log(sizes).sum(-1)


def _parity(xp: Any, pivots: Array) -> Array:
    """Return 1 where rows were exchanged an even number of times, else -1."""
    exchanged = pivots != xp.arange(1, pivots.shape[-1] + 1)
    return 1 - 2 * (exchanged.sum(-1) % 2)


def solve_triangular(
    xp: Any, a: Array, b: Array, lower: bool, trans: bool, unit: bool
) -> tuple[Array, Array]:
    """Return solutions with triangles, and where diagonals are zero."""
    columns = b if b.ndim > 1 else b[:, None]
    stack = xp.broadcast_shapes(a.shape[:-2], columns.shape[:-2])
    x = xp.empty((*stack, *columns.shape[-2:]), b.dtype)
    x[...] = columns
    if x.size:
        lanes = _lanes(_stretched(xp, a, stack, 2), 2), _lanes(x, 2)
        blas_of(xp).trsm_each(*lanes, lower=lower, trans=trans, unit=unit)
    info = _codes(xp, a)
    if a.size and not unit:
        info[...] = first_zero(xp, a).reshape(-1)
    return x.reshape(b.shape) if b.ndim == 1 else x, info


def permutation(xp: Any, pivots: Array, rows: int, inverse: bool) -> Array:
    """Return the order in which exchanges leave rows, or the inverse of it."""
    order = xp.empty((*pivots.shape[:-1], rows, 1), "i8")
    order[...] = xp.arange(rows)[:, None]
    if order.size and pivots.size:
        blas_of(xp).swap_each(_lanes(order, 2), _lanes((pivots + 1).astype("i4"), 1))
    return xp.argsort(order[..., 0], axis=-1) if inverse else order[..., 0]


def _codes(xp: Any, x: Array) -> Array:
    """Return a code for each matrix of a stack, one at least."""
    return xp.zeros(max(1, prod(x.shape[:-2])), "i4")


def _stretched(xp: Any, x: Array, stack: tuple[int, ...], ends: int) -> Array:
    return xp.broadcast_to(x, (*stack, *x.shape[x.ndim - ends :]))


def _lanes(x: Array, ends: int) -> Array:
    """Return a stack with one axis in front of so many."""
    at = x.ndim - ends
    return x.reshape(prod(x.shape[:at]), *x.shape[at:])
