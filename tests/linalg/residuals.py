"""LAPACK's test ratios: how many rounding errors a result is away from exact.

Each is a backward error over what one rounding in each step would make, so that it
does not grow with the size or the condition of a matrix. LAPACK's tests pass below 30.
All are computed in double precision, of matrices scaled by a power of two to a norm
near one.

References
----------
E. Anderson et al., *LAPACK Working Note 41: Installation guide*, section 6.
"""

from __future__ import annotations

from math import frexp
from typing import Any, TypeAlias

import numpy as np

from tests.linalg.matrices import rounding

Matrix: TypeAlias = "np.ndarray[Any, Any]"

THRESHOLD = 30.0


def scale(matrix: Matrix) -> float:
    """Return the power of two that brings the greatest element near one."""
    greatest = float(np.abs(matrix).max(initial=0.0))
    return 2.0 ** -frexp(greatest)[1] if greatest else 1.0


def wide(matrix: Any) -> Matrix:
    """Return a matrix in double precision."""
    array = np.asarray(matrix)
    return array.astype(np.result_type(array.dtype, np.float64))


def norm(matrix: Matrix) -> float:
    """Return the greatest sum of a column, 0 for no elements."""
    return float(np.abs(matrix).sum(axis=0).max(initial=0.0))


def ratio(difference: Matrix, size: float, count: int, dtype: Any) -> float:
    """Return the norm of a difference in units of `count` roundings of `size`."""
    found = norm(difference)
    if not found:
        return 0.0
    return found / (max(count, 1) * size * rounding(dtype)) if size else np.inf


def product(a: Matrix, *factors: Matrix) -> float:
    """Return ``|A - F G H| / (n |A| eps)``; the first factor has the scale of `a`."""
    dtype, by = a.dtype, scale(a)
    first, *others = map(wide, factors)
    made = first * by
    for factor in others:
        made = made @ factor
    scaled = wide(a) * by
    return ratio(made - scaled, norm(scaled), max(a.shape), dtype)


def cholesky(a: Matrix, factor: Matrix) -> float:
    """Return ``|A - L L^H| / (n |A| eps)``, as LAPACK's ``xPOT01``."""
    root = 2.0 ** (frexp(scale(a))[1] // 2)
    low, by = wide(factor) * root, root**2
    made = low @ low.conj().T
    return ratio(made - wide(a) * by, norm(wide(a) * by), len(a), a.dtype)


def orthogonality(q: Matrix) -> float:
    """Return ``|I - Q^H Q| / (m eps)``, of columns, as LAPACK's ``xORT01``."""
    columns = wide(q)
    made = columns.conj().T @ columns - np.eye(q.shape[1])
    return ratio(made, 1.0, q.shape[0], q.dtype)


def solution(a: Matrix, x: Matrix, b: Matrix) -> float:
    """Return ``|B - A X| / (n |A| |X| eps)``, of the worst column, as ``xGET02``."""
    by, to = scale(a), scale(x)
    left = wide(a) * by
    columns, right = (wide(each).reshape(len(each), -1) for each in (x, b))
    columns, right = columns * to, right * (by * to)
    gaps = np.abs(right - left @ columns).sum(axis=0)
    sizes = norm(left) * np.abs(columns).sum(axis=0)
    worst = (gaps[gaps > 0] / sizes[gaps > 0]).max(initial=0.0)
    return float(worst) / (max(len(a), 1) * rounding(a.dtype))


def inverse(a: Matrix, found: Matrix) -> float:
    """Return ``|I - A B| / (n |A| |B| eps)``, as LAPACK's ``xGET03``."""
    left, right = wide(a) * scale(a), wide(found) * scale(found)
    identity = np.eye(len(a)) * (scale(a) * scale(found))
    size = norm(left) * norm(right)
    return ratio(identity - left @ right, size, len(a), a.dtype)


def values(expected: Matrix, found: Matrix, count: int) -> float:
    """Return the greatest difference of ordered values, relative to the greatest."""
    by = scale(expected)
    gap = np.abs(wide(found) * by - wide(expected) * by).max(initial=0.0)
    greatest = np.abs(wide(expected) * by).max(initial=0.0)
    return ratio(np.atleast_2d(gap), float(greatest), count, found.dtype)
