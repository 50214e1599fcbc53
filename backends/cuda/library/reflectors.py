"""Products of reflectors, in blocks: ``q = 1 - v @ t @ v.T``.

References
----------
T. Joffrain, T. M. Low, E. S. Quintana-Ortí, R. van de Geijn, F. G. Van Zee,
*Accumulating Householder transformations, revisited*, ACM Transactions on Mathematical
Software 32 (2006), 169-179.
"""

from __future__ import annotations

from collections.abc import Iterable

from lazydag.backends.cuda.library.blas import Array, Blas


def unit_lower(blas: Blas, v: Array) -> Array:
    """Return the vectors of reflectors, of which a factorisation left the rest."""
    xp, (m, k) = blas.xp, v.shape
    below = xp.tri(m, k, -1, dtype=bool)
    return xp.where(below, v, xp.eye(m, k, dtype=v.dtype)).T.copy().T


def joined(blas: Blas, v: Array, tau: Array) -> Array:
    """Return the upper triangle t of some reflectors.

    Parameters
    ----------
    v
        Their vectors, as `unit_lower` gives them, or what of their products counts.

    Notes
    -----
    The inverse of t is the upper triangle of ``v.T @ v``, and the factors' inverses on
    the diagonal. Rows and columns of reflectors that reflect nothing are zero.
    """
    xp, k = blas.xp, tau.size
    is_there = tau != 0
    inverse, t = xp.empty((k, k), v.dtype).T, xp.eye(k, dtype=v.dtype).T
    blas.gemm(v.T, v, inverse)
    both = is_there[:, None] & is_there
    above = xp.tri(k, k, -1, dtype=bool).T & both
    diagonal = xp.where(is_there, tau, 1)
    triangle = xp.where(above, inverse, xp.diag(1 / diagonal)).T.copy().T
    blas.trsm(triangle, t, lower=False)
    t *= both
    return t


def apply(blas: Blas, v: Array, t: Array, c: Array, *, left: bool, trans: bool) -> None:
    """Apply one block: ``c = op(q) @ c``, or ``c @ op(q)``."""
    xp = blas.xp
    if not left:  # as c.T = op(q).T @ c.T
        c, trans = c.T, not trans
    w = xp.empty((v.shape[1], c.shape[1]), c.dtype)
    blas.gemm(v.T, c, w)
    turned = xp.empty_like(w)
    blas.gemm(t.T if trans else t, w, turned)
    blas.gemm(v, turned, c, -1.0, 1.0)


def starts(k: int, nb: int, *, left: bool, trans: bool) -> Iterable[int]:
    """Return the first reflectors of blocks, in the order in which they are applied."""
    forward = range(0, k, nb)
    return forward if left == trans else reversed(forward)


def triangle_of(blas: Blas, t: Array) -> Array:
    """Return the upper triangle of a block's t, whose rest may hold anything."""
    xp, (k, n) = blas.xp, t.shape
    return xp.where(xp.tri(n, k, dtype=bool).T, t, 0)
