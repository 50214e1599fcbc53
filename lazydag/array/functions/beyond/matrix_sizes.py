"""Norms, ranks and condition numbers, as `numpy.linalg` has them."""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np

from lazydag.array.array import Array
from lazydag.array.functions import elementwise as e
from lazydag.array.functions import norms
from lazydag.array.functions.beyond.lanes import as_array
from lazydag.array.functions.beyond.register import stands_for
from lazydag.array.functions.linear import eigvalsh, inv, matrices, svdvals
from lazydag.array.functions.reductions import all as all_
from lazydag.array.functions.reductions import any as any_
from lazydag.array.functions.shapes import moveaxis
from lazydag.array.nodes.dtypes import inexact
from lazydag.array.nodes.move import as_shape, normal_axes
from lazydag.errors import MatrixError, UsageError
from lazydag.ir.source import caller_location

Ord = float | str | None

_OF_MATRICES = ("fro", "f", "nuc", 1, -1, 2, -2, inf, -inf)


@stands_for(np.linalg.norm)
def norm(x: Any, ord: Ord = None, axis: Any = None, keepdims: bool = False) -> Array:
    """Norms of vectors or matrices.

    Parameters
    ----------
    x : array_like
        Any shape, if neither `ord` nor `axis` is given; else one axis or two.
    ord : float or str, optional
        Of vectors ``sum(abs(x)**ord)**(1/ord)``; inf is the greatest, -inf the least, 0
        counts what is not zero. Of matrices "fro", "nuc", 1, -1, 2, -2, inf or -inf.
    axis : int or pair of int, optional
        Where the elements of vectors lie, or the rows and columns of matrices.
    keepdims : bool
        Keep the axes, with one element each.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.linalg.norm([3.0, 4.0]), np.linalg.norm([[1.0, 2.0], [3.0, 4.0]], 1)
    (Array(5.), Array(6.))
    """
    array = as_array(x)
    array = array.astype(inexact(array.dtype), copy=False)
    if axis is None:
        if ord is None or (ord in ("fro", "f") and array.ndim == 2):
            return norms.vector_norm(array, keepdims=keepdims)
        axes = tuple(range(array.ndim))
    else:
        axes = normal_axes(array.node, as_shape(axis))
    if len(axes) == 1:
        return _of_vectors(array, ord, axes[0], keepdims=keepdims)
    if len(axes) == 2:
        return _of_matrices(array, ord, axes, keepdims=keepdims)
    raise UsageError("Improper number of dimensions to norm.", caller_location())


def _of_vectors(array: Array, ord: Ord, axis: int, *, keepdims: bool) -> Array:
    if isinstance(ord, str):
        raise UsageError(f"Invalid norm order '{ord}' for vectors", caller_location())
    number = 2 if ord is None else ord
    return norms.vector_norm(array, axis=axis, keepdims=keepdims, ord=number)


def _of_matrices(
    array: Array, ord: Ord, axes: tuple[int, ...], *, keepdims: bool
) -> Array:
    if ord is not None and ord not in _OF_MATRICES:
        raise UsageError("Invalid norm order for matrices.", caller_location())
    kind = "fro" if ord == "f" else ord
    found = norms.matrix_norm(moveaxis(array, axes, (-2, -1)), ord=kind)
    if not keepdims:
        return found
    shape = [1 if i in axes else n for i, n in enumerate(array.shape)]
    return found.reshape(shape)


@stands_for(np.linalg.cond)
def cond(x: Any, p: Ord = None) -> Array:
    """Condition numbers of matrices: the norm times that of the inverse.

    Parameters
    ----------
    x : array_like, shape (..., m, n)
        Square, if `p` is neither None, 2 nor -2.
    p : float or str, optional
        Which norm, as in `norm`; by default 2.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.linalg.cond([[1.0, 0.0], [0.0, 2.0]])
    Array(2.)
    """
    array = as_array(x)
    if 0 in array.shape[-2:]:
        raise MatrixError("cond is not defined on empty arrays", caller_location())
    if p is None or p in (2, -2):
        values = svdvals(array)
        ends: Any = (values[..., -1], values[..., 0])
        low, high = ends if p == -2 else ends[::-1]
        found = low / high
    else:
        found = _product_of_norms(Array(matrices(array, square=True)), p)
    # a matrix that is singular has no finite condition, one with NaN has none
    known = e.logical_not(any_(e.isnan(array), axis=(-2, -1)))
    return e.where(e.logical_and(e.isnan(found), known), found.dtype.type(inf), found)


def _product_of_norms(array: Array, p: Ord) -> Any:
    return norm(array, p, (-2, -1)) * norm(inv(array), p, (-2, -1))


@stands_for(np.linalg.matrix_rank)
def matrix_rank(
    A: Any, tol: Any = None, hermitian: bool = False, *, rtol: Any = None
) -> Array:
    """Ranks of matrices: how many singular values are not zero.

    Parameters
    ----------
    A : array_like, shape (..., m, n)
        Matrices; a vector has rank 1, unless it is zero.
    tol : array_like, optional
        Singular values up to it count as zero.
    hermitian : bool
        Whether the matrices are symmetric, which is faster.
    rtol : array_like, optional
        In place of `tol`, the part of the greatest one; by default the longer side
        times the precision of the dtype.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.linalg.matrix_rank([[1.0, 2.0], [2.0, 4.0]])
    Array(1)
    """
    if rtol is not None and tol is not None:
        raise UsageError("`tol` and `rtol` can't be both set.", caller_location())
    array = as_array(A)
    if array.ndim < 2:
        zero = all_(e.equal(array, 0))
        return e.logical_not(zero).astype(int)
    if tol is None and not hermitian:
        return norms.matrix_rank(array, rtol=rtol)
    values: Any = e.absolute(eigvalsh(array)) if hermitian else svdvals(array)
    if tol is None:
        part = max(array.shape[-2:]) * float(np.finfo(values.dtype).eps)
        share = part if rtol is None else as_array(rtol)[..., None]
        limit: Any = values.max(-1, keepdims=True) * share
    else:
        limit = as_array(tol)[..., None]
    return e.greater(values, limit).sum(-1)
