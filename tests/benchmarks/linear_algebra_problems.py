"""The problems of linear algebra that are measured: operands, ours, and a check."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Operands = Callable[[np.random.Generator, int, int, Any], tuple[Array, ...]]
#: Of operands, results and a vector: what two ways of computing the same must agree on.
Probes = Callable[[Sequence[Array], Sequence[Array], Array], tuple[Array, Array]]


@dataclass(frozen=True, slots=True)
class Problem:
    """One operation on whole arrays."""

    name: str
    goal: float  # times the speed of the best of NumPy and SciPy
    shapes: tuple[tuple[int, int], ...]
    flops: Callable[[int, int], float]
    operands: Operands
    needs: str  # the function of `lazydag.linalg`
    expression: Callable[..., Any]
    probes: Probes


def one(random: np.random.Generator, m: int, n: int, dtype: Any) -> tuple[Array, ...]:
    """Return a random matrix."""
    return (random.standard_normal((m, n)).astype(dtype),)


def two(random: np.random.Generator, m: int, n: int, dtype: Any) -> tuple[Array, ...]:
    """Return two random matrices."""
    return (*one(random, m, n, dtype), *one(random, n, n, dtype))


def definite(
    random: np.random.Generator, m: int, n: int, dtype: Any
) -> tuple[Array, ...]:
    """Return a symmetric positive definite matrix."""
    (a,) = one(random, n, n, np.float64)
    a /= np.sqrt(n)
    a = a + a.T
    np.fill_diagonal(a, 5.0)
    return (a.astype(dtype),)


def symmetric(
    random: np.random.Generator, m: int, n: int, dtype: Any
) -> tuple[Array, ...]:
    """Return a symmetric matrix."""
    (a,) = one(random, n, n, dtype)
    return (a + a.T,)


def triangle(
    random: np.random.Generator, m: int, n: int, dtype: Any
) -> tuple[Array, ...]:
    """Return a lower triangle that solves stably, and as many right-hand sides."""
    a, b = two(random, n, n, dtype)
    low = np.tril(a / n) + np.eye(n, dtype=dtype)
    return (low.astype(dtype), b)


def factored(operands: Sequence[Array], results: Sequence[Array], x: Array) -> Any:
    """Compare a matrix with the product of its factors."""
    found = x
    for factor in reversed(results):
        found = factor * found if factor.ndim == 1 else factor @ found
    return operands[0] @ x, found


def multiplied(operands: Sequence[Array], results: Sequence[Array], x: Array) -> Any:
    """Compare a product with its factors."""
    return operands[0] @ (operands[1] @ x), results[0] @ x


def squared(operands: Sequence[Array], results: Sequence[Array], x: Array) -> Any:
    """Compare a matrix with a factor and its transpose."""
    (low,) = results
    return operands[0] @ x, low @ (low.T @ x)


def permuted(operands: Sequence[Array], results: Sequence[Array], x: Array) -> Any:
    """Compare a matrix, its rows exchanged, with two factors in one array."""
    lu, pivots = results
    rows = np.arange(len(lu))
    for i, j in enumerate(pivots):
        rows[[i, j]] = rows[[j, i]]
    upper = np.triu(lu) @ x
    return (operands[0] @ x)[rows], np.tril(lu, -1) @ upper + upper


def solved(operands: Sequence[Array], results: Sequence[Array], x: Array) -> Any:
    """Compare right-hand sides with a triangle times its solutions."""
    return operands[1] @ x, operands[0] @ (results[0] @ x)


def decomposed(operands: Sequence[Array], results: Sequence[Array], x: Array) -> Any:
    """Compare a symmetric matrix with its eigenvalues and eigenvectors."""
    values, vectors = results
    return operands[0] @ x, vectors @ (values * (vectors.T @ x))


LARGE = ((4096, 4096), (8192, 8192))
SPECTRAL = ((2048, 2048), (4096, 4096))
TALL = ((200_000, 64),)


def _householder(m: int, n: int) -> float:
    """Operations of a factorisation, and of as many columns of Q."""
    return 4.0 * m * n**2 - 4 / 3 * n**3


PROBLEMS = (
    Problem(
        "matmul",
        1.0,
        LARGE,
        lambda m, n: 2.0 * m * n**2,
        two,
        "matmul",
        lambda linalg, a, b: a @ b,
        multiplied,
    ),
    Problem(
        "cholesky",
        1.05,
        LARGE,
        lambda m, n: n**3 / 3,
        definite,
        "cholesky",
        lambda linalg, a: linalg.cholesky(a),
        squared,
    ),
    Problem(
        "lu",
        1.05,
        LARGE,
        lambda m, n: 2 / 3 * n**3,
        one,
        "lu_factor",
        lambda linalg, a: linalg.lu_factor(a),
        permuted,
    ),
    Problem(
        "solve_triangular",
        1.0,
        LARGE,
        lambda m, n: float(n) ** 3,
        triangle,
        "solve_triangular",
        lambda linalg, a, b: linalg.solve_triangular(a, b, lower=True),
        solved,
    ),
    Problem(
        "qr",
        1.2,
        LARGE,
        _householder,
        one,
        "qr",
        lambda linalg, a: linalg.qr(a),
        factored,
    ),
    Problem(
        "tall qr",
        1.5,
        TALL,
        _householder,
        one,
        "qr",
        lambda linalg, a: linalg.qr(a),
        factored,
    ),
    Problem(
        "svd",
        1.0,
        (*SPECTRAL, *TALL),
        lambda m, n: 6.0 * m * n**2 + 20.0 * n**3 if m > n else 21.0 * n**3,
        one,
        "svd",
        lambda linalg, a: linalg.svd(a, full_matrices=False),
        factored,
    ),
    Problem(
        "eigh",
        1.0,
        SPECTRAL,
        lambda m, n: 9.0 * n**3,
        symmetric,
        "eigh",
        lambda linalg, a: linalg.eigh(a),
        decomposed,
    ),
)
