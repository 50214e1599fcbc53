"""Eigenvalues and eigenvectors of symmetric matrices."""

from __future__ import annotations

from typing import Any

from lazydag.array.array import Array
from lazydag.array.functions.linear import EighResult, matrices
from lazydag.array.linalg.overwriting import over
from lazydag.array.nodes.library import call, calls


def eigh(x: Any, /, *, lower: bool = True, overwrite_a: bool = False) -> EighResult:
    """Eigenvalues, ascending, and eigenvectors of symmetric matrices.

    Parameters
    ----------
    x : array_like, shape (..., n, n)
        Symmetric, or Hermitian, matrices, of which one triangle is read.
    lower : bool
        Which one.
    overwrite_a : bool
        Change `x` into the eigenvectors, and return it.

    Returns
    -------
    eigenvalues : Array, shape (..., n)
    eigenvectors : Array, shape (..., n, n)
        Orthonormal columns, each of either sign.

    Raises
    ------
    MatrixError
        If the matrices are not square.
    LinAlgError
        When it is computed: if LAPACK's iteration does not converge.

    Notes
    -----
    LAPACK's divide and conquer (syevd), which with eigenvectors is the fastest of its
    drivers on large matrices, on all threads of BLAS: about ``9 n³`` operations.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.linalg.eigh([[2.0, 0.0], [0.0, 1.0]]).eigenvalues
    Array([1., 2.])
    """
    node = matrices(x, square=True)
    values, vectors = map(Array, calls("eigh", 2, node, **_triangle(lower=lower)))
    return EighResult(values, over(x, vectors, values, asked=overwrite_a))


def eigvalsh(x: Any, /, *, lower: bool = True) -> Array:
    """Eigenvalues, ascending, of symmetric matrices.

    Parameters
    ----------
    x : array_like, shape (..., n, n)
        Symmetric, or Hermitian, matrices, of which one triangle is read.
    lower : bool
        Which one.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.linalg.eigvalsh([[2.0, 9.0], [0.0, 1.0]])
    Array([1., 2.])
    """
    node = matrices(x, square=True)
    return Array(call("eigvalsh", node, **_triangle(lower=lower)))


def _triangle(*, lower: bool) -> dict[str, Any]:
    return {} if lower else {"UPLO": "U"}
