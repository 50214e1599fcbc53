"""Singular values and eigenvalues: the calls of LAPACK that compute them.

Large matrices go to SciPy's LAPACK where it is there and was the faster one of two in
measurements: NumPy's takes twice the time for f32, and as long for eigenvalues in f64.
Whether a matrix is large follows from its shape.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from typing import Any, TypeAlias

import numpy as np

from lazydag.ir.sizes import SMALL

NDArray: TypeAlias = "np.ndarray[Any, Any]"


def svd(x: NDArray, full: bool) -> tuple[NDArray, NDArray, NDArray]:
    """Return singular vectors, values, and the other vectors, transposed."""
    if _is_large(x):
        u, s, vh = _scipy_svd(x, full_matrices=full)
    else:
        u, s, vh = np.linalg.svd(x, full_matrices=full)
    return u, s, vh


def svdvals(x: NDArray) -> NDArray:
    """Return singular values, descending."""
    if not _is_large(x):
        return np.linalg.svdvals(x)
    values: NDArray = _scipy_svd(x, compute_uv=False)
    return values


def eigh(x: NDArray, UPLO: Any = "L") -> tuple[NDArray, NDArray]:
    """Return eigenvalues, ascending, and vectors of a symmetric matrix."""
    if _is_large(x) and x.dtype.char == "f":
        from scipy.linalg import eigh as call  # noqa: PLC0415 -- takes 50 ms

        # Divide and conquer takes two thirds of the time of the default.
        is_lower = UPLO == "L"
        values, vectors = call(x, lower=is_lower, check_finite=False, driver="evd")
    else:
        values, vectors = np.linalg.eigh(x, UPLO)
    return values, vectors


def _is_large(x: NDArray) -> bool:
    """Tell whether there is one large matrix of real numbers, and SciPy."""
    is_one = x.ndim == 2 and x.dtype.char in "fd"
    return is_one and x.size > SMALL and _has_scipy()


@cache
def _has_scipy() -> bool:
    return find_spec("scipy") is not None


def _scipy_svd(x: NDArray, **options: Any) -> Any:
    from scipy.linalg import svd as call  # noqa: PLC0415 -- takes 50 ms

    try:
        return call(x, check_finite=False, **options)
    except ValueError as error:  # LAPACK calls NaN an illegal argument
        raise np.linalg.LinAlgError("SVD did not converge") from error
