"""Factorisations with the arguments, and the types of results, of `numpy.linalg`."""

from __future__ import annotations

from operator import index
from typing import Any

import numpy as np

from lazydag.array.array import Array
from lazydag.array.compute import compute
from lazydag.array.functions import elementwise as e
from lazydag.array.functions import linear
from lazydag.array.functions.beyond.lanes import as_array
from lazydag.array.functions.beyond.register import stands_for
from lazydag.array.functions.creation import eye
from lazydag.array.functions.linear import EighResult, EigResult, QRResult, SVDResult
from lazydag.array.functions.norms import matrix_power as inexact_power
from lazydag.array.functions.shapes import broadcast_to, matrix_transpose
from lazydag.array.functions.sorting import argsort, sort
from lazydag.array.functions.taking import take_along_axis
from lazydag.array.nodes.library import call, calls
from lazydag.errors import MatrixError, UsageError
from lazydag.ir.source import caller_location

_UNSET: Any = np._NoValue


@stands_for(np.linalg.eig)
def eig(a: Any) -> EigResult:
    """Eigenvalues and eigenvectors of square matrices.

    They are complex only if some of them are; to know it, those of real matrices are
    computed.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.linalg.eig([[2.0, 0.0], [0.0, 3.0]]).eigenvalues
    Array([2., 3.])
    """
    values, vectors = linear.eig(a)
    if as_array(a).dtype.kind == "c":
        return EigResult(values, vectors)
    compute(values, vectors)
    if not values.values_for("array").imag.any():
        return EigResult(values.real, vectors.real)
    return EigResult(values, vectors)


@stands_for(np.linalg.eigvals)
def eigvals(a: Any) -> Array:
    """Eigenvalues of square matrices, complex only if some of them are.

    To know it, those of real matrices are computed.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.linalg.eigvals([[0.0, -1.0], [1.0, 0.0]])
    Array([0.+1.j, 0.-1.j])
    """
    values = linear.eigvals(a)
    if as_array(a).dtype.kind == "c" or values.values_for("array").imag.any():
        return values
    return values.real


@stands_for(np.linalg.eigh)
def eigh(a: Any, UPLO: str = "L") -> EighResult:
    """Eigenvalues, ascending, and eigenvectors of symmetric matrices.

    Parameters
    ----------
    a : array_like, shape (..., n, n)
        Symmetric matrices.
    UPLO : {"L", "U"}
        Which triangle is read.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.linalg.eigh([[2.0, 0.0], [0.0, 1.0]]).eigenvalues
    Array([1., 2.])
    """
    node = linear.matrices(a, square=True)
    return EighResult(*map(Array, calls("eigh", 2, node, **_triangle(UPLO))))


@stands_for(np.linalg.eigvalsh)
def eigvalsh(a: Any, UPLO: str = "L") -> Array:
    """Eigenvalues, ascending, of symmetric matrices.

    Parameters
    ----------
    a : array_like, shape (..., n, n)
        Symmetric matrices.
    UPLO : {"L", "U"}
        Which triangle is read.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.linalg.eigvalsh([[2.0, 0.0], [0.0, 1.0]])
    Array([1., 2.])
    """
    node = linear.matrices(a, square=True)
    return Array(call("eigvalsh", node, **_triangle(UPLO)))


def _triangle(uplo: str) -> dict[str, Any]:
    if uplo.upper() not in ("L", "U"):
        raise UsageError("UPLO argument must be 'L' or 'U'", caller_location())
    return {"UPLO": "U"} if uplo.upper() == "U" else {}


@stands_for(np.linalg.qr)
def qr(a: Any, mode: str = "reduced") -> Any:
    """Factorise matrices into an orthogonal and an upper triangular one.

    Parameters
    ----------
    a : array_like, shape (..., m, n)
        Any matrices.
    mode : {"reduced", "complete", "r", "raw"}
        Whether the orthogonal one has ``min(m, n)`` or `m` columns; "r" is the
        triangular one alone, "raw" are LAPACK's reflectors and their factors.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.linalg.qr(np.ones((3, 2)), mode="r").shape
    (2, 2)
    """
    if mode == "raw":
        return tuple(map(Array, calls("householder", 2, linear.matrices(a))))
    if mode not in ("reduced", "complete", "r"):
        raise UsageError(f"Unrecognized mode '{mode}'", caller_location())
    found: QRResult = linear.qr(a, mode="reduced" if mode == "r" else mode)
    return found.R if mode == "r" else found


@stands_for(np.linalg.svd)
def svd(
    a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False
) -> Any:
    """Singular values, descending, and vectors of matrices.

    Parameters
    ----------
    a : array_like, shape (..., m, n)
        Any matrices.
    full_matrices : bool
        Return square matrices of vectors; otherwise only as many as there are values.
    compute_uv : bool
        Return the vectors, too.
    hermitian : bool
        Whether the matrices are symmetric, which is faster.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.linalg.svd([[0.0, 2.0], [1.0, 0.0]], compute_uv=False)
    Array([2., 1.])
    """
    if hermitian:
        return _of_symmetric(a, vectors=compute_uv)
    if not compute_uv:
        return linear.svdvals(a)
    return linear.svd(a, full_matrices=full_matrices)


def _of_symmetric(a: Any, *, vectors: bool) -> Any:
    """Return the decomposition by eigenvalues, whose signs go to the right vectors."""
    if not vectors:
        return sort(e.absolute(linear.eigvalsh(a)), descending=True)
    values, columns = linear.eigh(a)
    signs, sizes = e.sign(values), e.absolute(values)
    order = argsort(sizes, stable=True)[..., ::-1]
    sizes, signs = (take_along_axis(v, order) for v in (sizes, signs))
    columns = take_along_axis(columns, order[..., None, :])
    rows: Any = columns * as_array(signs)[..., None, :]
    return SVDResult(columns, sizes, matrix_transpose(rows).conj())


@stands_for(np.linalg.pinv)
def pinv(
    a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = _UNSET
) -> Array:
    """Pseudo-inverse matrices, by singular values.

    Parameters
    ----------
    a : array_like, shape (..., m, n)
        Any matrices.
    rcond : array_like, optional
        Singular values below this part of the greatest count as zero; 1e-15 by default.
    hermitian : bool
        Whether the matrices are symmetric, which is faster.
    rtol : array_like, optional
        The same as `rcond`; None is the longer side times the precision of the dtype.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.linalg.pinv([[2.0], [0.0]])
    Array([[0.5, 0. ]])
    """
    node = linear.matrices(a)
    part = _cutoff(Array(node), rcond, rtol)
    if not hermitian:
        return linear.pinv(Array(node), rtol=part)
    u, s, vh = svd(Array(node).conj(), hermitian=True)
    limit = as_array(part)[..., None] * s.max(-1, keepdims=True)
    inverse = e.where(e.greater(s, limit), 1 / s, s.dtype.type(0))
    found: Array = matrix_transpose(vh) @ (inverse[..., None] * matrix_transpose(u))
    return found


def _cutoff(array: Array, rcond: Any, rtol: Any) -> Any:
    if rcond is not None and rtol is not _UNSET:
        raise UsageError("`rtol` and `rcond` can't be both set.", caller_location())
    if rcond is not None:
        return rcond
    if rtol is _UNSET:
        return 1e-15
    if rtol is not None:
        return rtol
    return max(array.shape[-2:]) * float(np.finfo(array.dtype).eps)


@stands_for(np.linalg.matrix_power)
def matrix_power(a: Any, n: int) -> Array:
    """Raise square matrices to an integer power; a negative one of the inverse.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.linalg.matrix_power([[1, 1], [0, 1]], 3)
    Array([[1, 3],
           [0, 1]])
    """
    array, times = as_array(a), index(n)
    if array.ndim < 2 or array.shape[-1] != array.shape[-2]:
        raise MatrixError(
            f"{array.node.type} is no square matrix, nor a stack of them",
            caller_location(),
        )
    if times < 0:
        return inexact_power(array, times)
    if times == 0:
        found = broadcast_to(eye(array.shape[-1], dtype=array.dtype), array.shape)
        return found.copy()
    return _raised(array, times)


def _raised(base: Array, times: int) -> Array:
    """Return a product of squares, as few as there are bits."""
    found = None
    while True:
        times, odd = divmod(times, 2)
        if odd:
            found = base if found is None else found @ base
        if not times:
            return as_array(found).copy()
        base = base @ base
