"""LU factors, and systems with them."""

from __future__ import annotations

from typing import Any

from lazydag.array.array import Array, node_of
from lazydag.array.functions.beyond.triangles import eye, tril, triu
from lazydag.array.functions.linear import matrices
from lazydag.array.functions.taking import take_along_axis
from lazydag.array.linalg.overwriting import over
from lazydag.array.linalg.triangular import Trans, solve_triangular, trans_of
from lazydag.array.nodes.library import call, calls


def lu_factor(a: Any, overwrite_a: bool = False) -> tuple[Array, Array]:
    """LU factors with partial pivoting, in one matrix.

    Parameters
    ----------
    a : array_like, shape (..., m, n)
        Any matrices.
    overwrite_a : bool
        Change `a` into the factors.

    Returns
    -------
    lu : Array, shape (..., m, n)
        The upper triangular factor, and below the diagonal the lower one, whose
        diagonal of ones is left out.
    piv : Array of int32, shape (..., min(m, n))
        The row that each row was exchanged with, in turn.

    See Also
    --------
    lu, lu_solve

    Notes
    -----
    ``m n² - n³ / 3`` additions and products for ``m >= n``. Singular matrices have
    factors, too. Large ones are factorised by panels of columns, with LAPACK's choice
    of rows up to ties and rounding.

    Examples
    --------
    >>> import lazydag as ld
    >>> lu, piv = ld.linalg.lu_factor([[2.0, 2.0], [4.0, 2.0]])
    >>> lu
    Array([[4. , 2. ],
           [0.5, 1. ]])
    >>> ld.linalg.lu_solve((lu, piv), [4.0, 6.0])
    Array([1., 1.])
    """
    lu, piv = map(Array, calls("lu_factor", 2, matrices(a)))
    return over(a, lu, piv, asked=overwrite_a), piv


def lu(
    a: Any,
    permute_l: bool = False,
    overwrite_a: bool = False,
    p_indices: bool = False,
) -> tuple[Array, ...]:
    """LU factors with partial pivoting: ``a = p @ l @ u``.

    Parameters
    ----------
    a : array_like, shape (..., m, n)
        Any matrices.
    permute_l : bool
        Return ``p @ l`` and `u` only.
    overwrite_a : bool
        Use the memory of `a`, whose elements are lost.
    p_indices : bool
        Return row numbers instead of the matrix `p`: ``a = l[p] @ u``.

    Returns
    -------
    p : Array, shape (..., m, m)
        A permutation; of int64 and shape (..., m) if `p_indices`. Left out if
        `permute_l`.
    l : Array, shape (..., m, min(m, n))
        Lower triangular with ones on the diagonal; ``p @ l`` if `permute_l`.
    u : Array, shape (..., min(m, n), n)
        Upper triangular.

    See Also
    --------
    lu_factor

    Examples
    --------
    >>> import lazydag as ld
    >>> p, l, u = ld.linalg.lu([[2.0, 2.0], [4.0, 2.0]])
    >>> u
    Array([[4., 2.],
           [0., 1.]])
    >>> p @ l @ u
    Array([[2., 2.],
           [4., 2.]])
    """
    both, piv = lu_factor(a, overwrite_a)
    m, n = both.shape[-2:]
    k = min(m, n)
    lower = tril(both[..., :k], -1) + eye(m, k, dtype=both.dtype)
    upper = triu(both[..., :k, :])
    order = _order(piv, m, inverse=True)
    if permute_l:
        return _rows(lower, order), upper
    if p_indices:
        return order, lower, upper
    return _rows(eye(m, dtype=both.dtype), order), lower, upper


def lu_solve(
    lu_and_piv: tuple[Any, Any],
    b: Any,
    trans: Trans = 0,
    overwrite_b: bool = False,
) -> Array:
    """Solve ``a @ x = b`` with the LU factors of `a`.

    Parameters
    ----------
    lu_and_piv : tuple of array_like
        What `lu_factor` returns.
    b : array_like, shape (n,) or (..., n, k)
        A vector, or right-hand sides in columns.
    trans : {0, 1, 2, "N", "T", "C"}
        Whether the matrix is `a`, its transpose, or its conjugate transpose.
    overwrite_b : bool
        Change `b` into the solution, and return it.

    Raises
    ------
    LinAlgError
        When it is computed: if the matrix is singular.

    Examples
    --------
    >>> import lazydag as ld
    >>> factors = ld.linalg.lu_factor([[2.0, 2.0], [4.0, 2.0]])
    >>> ld.linalg.lu_solve(factors, [[4.0], [6.0]])
    Array([[1.],
           [1.]])
    """
    both, piv = (Array(node_of(each)) for each in lu_and_piv)
    right, n = Array(node_of(b)), both.shape[-1]
    columns = right[:, None] if right.ndim == 1 else right
    if trans_of(trans) == "N":
        order = _order(piv, n, inverse=False)
        y = solve_triangular(
            both, _rows(columns, order), lower=True, unit_diagonal=True
        )
        x = solve_triangular(both, y)
    else:
        y = solve_triangular(both, columns, trans)
        y = solve_triangular(both, y, trans, lower=True, unit_diagonal=True)
        x = _rows(y, _order(piv, n, inverse=True))
    return over(b, x[..., 0] if right.ndim == 1 else x, asked=overwrite_b)


def _order(piv: Array, rows: int, *, inverse: bool) -> Array:
    """Return the order of rows that exchanges lead to, or the inverse of it."""
    node = node_of(piv)
    return Array(call("permutation", node, rows=rows, inverse=inverse))


def _rows(x: Array, order: Array) -> Array:
    """Return the rows of matrices in another order; stacks are stretched."""
    if order.ndim == 1:
        return x[..., order, :]
    ndim = max(x.ndim, order.ndim + 1)
    wide = x[(None,) * (ndim - x.ndim)]
    index = order[(None,) * (ndim - 1 - order.ndim)][..., None]
    return take_along_axis(wide, index, axis=-2)
