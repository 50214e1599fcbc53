"""LAPACK's test matrices, and some that are known for breaking algorithms.

The types are those of LAPACK's own tests (its routines ``xLATB4`` and ``xLATMS``):
random orthogonal matrices around chosen singular values or eigenvalues. Each table maps
a name to a function of shape and dtype.

References
----------
E. Anderson et al., *LAPACK Working Note 41: Installation guide*, section 6.
N. J. Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd edition, SIAM 2002,
chapter 28.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any, TypeAlias

import numpy as np

Matrix: TypeAlias = "np.ndarray[Any, Any]"
Make: TypeAlias = Callable[[int, int, Any], Matrix]
Scalar: TypeAlias = Callable[[float], float]

SEED = 1234


def rounding(dtype: Any) -> float:
    """Return the relative error of one rounding, LAPACK's ``EPS``."""
    return float(np.finfo(dtype).eps) / 2


def smallest(dtype: Any) -> float:
    """Return LAPACK's norm of matrices near underflow; its inverse is near overflow."""
    return 0.25 * float(np.finfo(dtype).tiny) / rounding(dtype)


def random(m: int, n: int, dtype: Any, seed: int = SEED) -> Matrix:
    """Return elements between -1 and 1, in both parts if complex."""
    rng = np.random.default_rng(seed)
    made = rng.uniform(-1, 1, (m, n))
    if np.dtype(dtype).kind == "c":
        made = made + 1j * rng.uniform(-1, 1, (m, n))
    return made.astype(dtype)


@cache
def orthogonal(n: int, count: int, is_complex: bool, seed: int) -> Matrix:
    """Return random orthogonal or unitary columns, in double precision."""
    dtype = np.complex128 if is_complex else np.float64
    return np.linalg.qr(random(n, count, dtype, seed))[0]


def geometric(count: int, condition: float) -> Matrix:
    """Return numbers from 1 down to 1 / condition, in equal ratios."""
    return condition ** -np.linspace(0, 1, count)


def around(values: Matrix, m: int, n: int, dtype: Any) -> Matrix:
    """Return a matrix with these singular values, and random vectors."""
    is_complex, k = np.dtype(dtype).kind == "c", len(values)
    left, right = orthogonal(m, k, is_complex, 1), orthogonal(n, k, is_complex, 2)
    return ((left * values) @ right.conj().T).astype(dtype)


def symmetric_around(values: Matrix, dtype: Any) -> Matrix:
    """Return a symmetric or Hermitian matrix with these eigenvalues."""
    n, is_complex = len(values), np.dtype(dtype).kind == "c"
    vectors = orthogonal(n, n, is_complex, 3)
    made = (vectors * values) @ vectors.conj().T
    return ((made + made.conj().T) / 2).astype(dtype)


def conditioned(condition: Scalar, m: int, n: int, dtype: Any) -> Matrix:
    """Return a random matrix; its condition number follows from the rounding error."""
    return around(geometric(min(m, n), condition(rounding(dtype))), m, n, dtype)


def scaled(norm: Scalar, m: int, n: int, dtype: Any) -> Matrix:
    """Return a random matrix of condition 2 with a norm near the limits."""
    values = geometric(min(m, n), 2.0) * norm(smallest(dtype))
    return around(values, m, n, dtype)


def diagonal(m: int, n: int, dtype: Any) -> Matrix:
    """Return a diagonal matrix of condition 2."""
    made = np.zeros((m, n), dtype)
    np.fill_diagonal(made, geometric(min(m, n), 2.0))
    return made


def upper(m: int, n: int, dtype: Any) -> Matrix:
    """Return a random upper triangle with a diagonal away from zero."""
    return np.triu(random(m, n, dtype) / n + np.eye(m, n, dtype=dtype)).astype(dtype)


def lower(m: int, n: int, dtype: Any) -> Matrix:
    """Return a random lower triangle with a diagonal away from zero."""
    return np.tril(random(m, n, dtype) / n + np.eye(m, n, dtype=dtype)).astype(dtype)


def without_columns(
    columns: Callable[[int], slice], m: int, n: int, dtype: Any
) -> Matrix:
    """Return a random matrix, some columns of which are zero."""
    made = random(m, n, dtype)
    made[:, columns(n)] = 0
    return made


def graded(m: int, n: int, dtype: Any) -> Matrix:
    """Return rows and columns that shrink over a quarter of the digits each."""
    steps = [rounding(dtype) ** (np.linspace(0, 0.5, size)) for size in (m, n)]
    return (random(m, n, dtype) * steps[0][:, None] * steps[1]).astype(dtype)


def of_rank(rank: Callable[[int], int], m: int, n: int, dtype: Any) -> Matrix:
    """Return a random matrix of a lower rank, up to rounding."""
    return around(np.ones(rank(min(m, n))), m, n, dtype)


def hilbert(m: int, n: int, dtype: Any) -> Matrix:
    """Return Hilbert's matrix, ``1 / (i + j + 1)``: condition beyond all digits."""
    return (1.0 / (np.arange(m)[:, None] + np.arange(n) + 1)).astype(dtype)


def kahan(m: int, n: int, dtype: Any, angle: float = 1.2) -> Matrix:
    """Return Kahan's triangle, whose least singular value no diagonal shows."""
    rows, c = np.sin(angle) ** np.arange(m), np.cos(angle)
    made = np.triu(np.full((m, n), -c), 1) + np.eye(m, n)
    return (made * rows[:, None]).astype(dtype)


def growing(m: int, n: int, dtype: Any) -> Matrix:
    """Return Wilkinson's matrix, where elements double with each column eliminated."""
    made = np.tril(np.full((m, n), -1.0), -1) + np.eye(m, n)
    made[:, -1] = 1
    return made.astype(dtype)


def wilkinson(m: int, n: int, dtype: Any) -> Matrix:
    """Return Wilkinson's ``W+``: pairs of eigenvalues that agree to many digits."""
    off = np.eye(n, k=1)
    return (np.diag(abs(np.arange(n) - (n - 1) / 2)) + off + off.T).astype(dtype)


def clustered(m: int, n: int, dtype: Any) -> Matrix:
    """Return a symmetric matrix with all eigenvalues but one near zero."""
    values = np.full(n, rounding(dtype))
    values[:1] = 1
    return symmetric_around(values, dtype)


def definite(condition: Scalar, m: int, n: int, dtype: Any) -> Matrix:
    """Return a positive definite matrix of some condition."""
    return symmetric_around(geometric(n, condition(rounding(dtype))), dtype)


def definite_scaled(norm: Scalar, m: int, n: int, dtype: Any) -> Matrix:
    """Return a positive definite matrix with a norm near the limits."""
    return symmetric_around(geometric(n, 2.0) * norm(smallest(dtype)), dtype)


def definite_graded(m: int, n: int, dtype: Any) -> Matrix:
    """Return a positive definite matrix whose rows and columns shrink."""
    steps = rounding(dtype) ** np.linspace(0, 0.5, n)
    made = symmetric_around(geometric(n, 2.0), np.result_type(dtype, np.float64))
    return (made * steps[:, None] * steps).astype(dtype)


def alternating(m: int, n: int, dtype: Any) -> Matrix:
    """Return a symmetric matrix with eigenvalues of both signs."""
    signs = np.where(np.arange(n) % 2, -1, 1)
    return symmetric_around(geometric(n, 10.0) * signs, dtype)


def _medium(eps: float) -> float:
    return (0.1 / eps) ** 0.5


def _high(eps: float) -> float:
    return 0.1 / eps


#: Matrices of any shape that a factorisation with square factors can solve with.
REGULAR: dict[str, Make] = {
    "diagonal": diagonal,
    "upper": upper,
    "lower": lower,
    "condition 2": partial(conditioned, lambda eps: 2.0),
    "condition sqrt(0.1/eps)": partial(conditioned, _medium),
    "condition 0.1/eps": partial(conditioned, _high),
    "near underflow": partial(scaled, lambda small: small),
    "near overflow": partial(scaled, lambda small: 1 / small),
    "random": random,
    "graded": graded,
}

#: Matrices of any shape without full rank, exactly or up to rounding.
SINGULAR: dict[str, Make] = {
    "zero": lambda m, n, dtype: np.zeros((m, n), dtype),
    "first column zero": partial(without_columns, lambda n: slice(0, 1)),
    "last column zero": partial(without_columns, lambda n: slice(n - 1, n)),
    "last half zero": partial(without_columns, lambda n: slice(n // 2, n)),
    "half rank": partial(of_rank, lambda k: -(-k // 2)),
    "ones": lambda m, n, dtype: np.ones((m, n), dtype),
    "Hilbert": hilbert,
    "Kahan": kahan,
}

#: Matrices of any shape.
GENERAL: dict[str, Make] = {**REGULAR, **SINGULAR}

#: Symmetric or Hermitian positive definite matrices.
DEFINITE: dict[str, Make] = {
    "diagonal": diagonal,
    "condition 2": partial(definite, lambda eps: 2.0),
    "condition sqrt(0.1/eps)": partial(definite, _medium),
    "near underflow": partial(definite_scaled, lambda small: small),
    "near overflow": partial(definite_scaled, lambda small: 1 / small),
    "graded": definite_graded,
}

#: Symmetric or Hermitian matrices.
SYMMETRIC: dict[str, Make] = {
    **DEFINITE,
    "zero": SINGULAR["zero"],
    "identity": lambda m, n, dtype: np.eye(n, dtype=dtype),
    "ones": SINGULAR["ones"],
    "Hilbert": hilbert,
    "Wilkinson": wilkinson,
    "clustered": clustered,
    "alternating": alternating,
}


def with_nan(matrix: Matrix, at: tuple[int, int] = (-1, 0)) -> Matrix:
    """Return a copy with one NaN, by default in the corner of the lower triangle."""
    made = matrix.copy()
    made[at] = np.nan
    return made
