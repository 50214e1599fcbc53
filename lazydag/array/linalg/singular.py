"""Singular values and vectors, all or the greatest."""

from __future__ import annotations

from typing import Any

import numpy as np

from lazydag.array.array import Array
from lazydag.array.functions import linear
from lazydag.array.functions.linear import SVDResult, matrices
from lazydag.array.functions.made import refused
from lazydag.array.functions.shapes import matrix_transpose
from lazydag.array.random import Generator, default_rng


def svd(
    x: Any,
    /,
    *,
    full_matrices: bool = True,
    k: int | None = None,
    oversampling: int = 10,
    power_iterations: int = 2,
    seed: int | Generator = 0,
) -> SVDResult:
    """Singular values, descending, and vectors of matrices.

    Parameters
    ----------
    x : array_like, shape (..., m, n)
        Any matrices.
    full_matrices : bool
        Return square matrices of vectors; otherwise only as many as there are values.
    k : int, optional
        How many values and vectors to return, found from random samples of the columns'
        space: an approximation. All are computed by default, and the rest of the
        parameters is not used.
    oversampling : int
        How many samples more than `k` are taken.
    power_iterations : int
        How often samples are multiplied by ``x @ x.T``, which damps small values.
    seed : int or Generator
        Of the random numbers: the same samples, and bits, each time for a number.

    Returns
    -------
    U : Array, shape (..., m, m) or (..., m, k)
        Left vectors, in columns.
    S : Array, shape (..., k)
        Values.
    Vh : Array, shape (..., n, n) or (..., k, n)
        Right vectors, conjugated, in rows.

    Raises
    ------
    UsageError
        If `k` is not from 1 to ``min(m, n)``.
    LinAlgError
        When it is computed: if LAPACK's iteration does not converge, as with NaN.

    Notes
    -----
    Oblong matrices are made square by QR factors, tile by tile; LAPACK's gesdd does the
    rest, ``O(min(m, n)³)``.

    With `k` it takes ``4 m n (k + p) (i + 1)`` operations for p more samples and i
    power iterations, in which samples are made orthonormal after each product [1]_. It
    is exact, up to rounding, for matrices of rank ``k + p`` or less. Else the expected
    error ``norm(x - U @ diag(S) @ Vh, 2)`` is at most ``1 + (1 + c)**(1 / (2 i + 1))``
    times the next value, which is the least possible, for ``c = sqrt(k / (p - 1)) + e
    sqrt((k + p) (min(m, n) - k)) / p``. Values are never too large but by rounding, and
    up to some percent too small where many are alike; more power iterations help.

    References
    ----------
    .. [1] N. Halko, P. G. Martinsson, J. A. Tropp, "Finding structure with randomness:
       probabilistic algorithms for constructing approximate matrix decompositions",
       SIAM Review 53 (2011), 217-288; algorithms 4.4 and 5.1, corollary 10.10.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.linalg.svd([[0.0, 2.0], [1.0, 0.0]]).S
    Array([2., 1.])
    >>> ld.linalg.svd(ld.linalg.outer([3.0, 4.0], [1.0, 0.0, 0.0]), k=1).S.round(12)
    Array([5.])
    """
    if k is None:
        return linear.svd(x, full_matrices=full_matrices)
    array = Array(matrices(x))
    side = min(array.shape[-2:])
    if not 1 <= k <= side:
        raise refused(f"k={k!r}", f"It is from 1 to {side}, as many as there are.")
    if min(oversampling, power_iterations) < 0:
        given = f"oversampling={oversampling!r}, power_iterations={power_iterations!r}"
        raise refused(given, "Neither is negative.")
    basis = _range(array, min(k + oversampling, side), power_iterations, seed)
    u, s, vh = linear.svd(_turned(basis) @ array, full_matrices=False)
    return SVDResult(basis @ u[..., :k], s[..., :k], vh[..., :k, :])


def _range(array: Array, count: int, iterations: int, seed: int | Generator) -> Array:
    """Return an orthonormal basis of about what the first left vectors span."""
    rng = seed if isinstance(seed, Generator) else default_rng(seed)
    real = np.finfo(array.dtype).dtype
    samples = rng.standard_normal((array.shape[-1], count), dtype=real)
    basis = linear.qr(array @ samples).Q
    for _ in range(iterations):
        across = linear.qr(_turned(array) @ basis).Q
        basis = linear.qr(array @ across).Q
    return basis


def _turned(array: Array) -> Array:
    """Return conjugate transposes."""
    turned: Array = matrix_transpose(array)
    return turned.conj() if array.dtype.kind == "c" else turned
