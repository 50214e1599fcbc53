"""Orthogonal factors, singular values and eigenvalues, and what follows from them."""

from __future__ import annotations

from typing import Any

import numpy as np

from lazydag.backends.cuda.library.blas import Array


def qr(xp: Any, x: Array, mode: str) -> tuple[Array, Array]:
    """Return orthogonal and upper triangular matrices."""
    q, r = xp.linalg.qr(x, mode)
    return q, r


def householder(xp: Any, x: Array) -> tuple[Array, Array]:
    """Return reflectors and their factors."""
    h, tau = xp.linalg.qr(x, "raw")
    return h, tau


def eigh(xp: Any, x: Array, UPLO: str = "L") -> tuple[Array, ...]:
    """Return eigenvalues, ascending, vectors, and which matrices have none."""
    half = _triangle(xp, x, UPLO)
    is_bad = ~_is_finite(xp, half)
    values, vectors = xp.linalg.eigh(_cleaned(xp, half, is_bad), UPLO)
    return _spoilt(xp, values, is_bad), vectors, _codes(is_bad)


def eigvalsh(xp: Any, x: Array, UPLO: str = "L") -> tuple[Array, Array]:
    """Return eigenvalues, ascending, and which matrices have none."""
    half = _triangle(xp, x, UPLO)
    is_bad = ~_is_finite(xp, half)
    values = xp.linalg.eigvalsh(_cleaned(xp, half, is_bad), UPLO)
    return _spoilt(xp, values, is_bad), _codes(is_bad)


def svd(xp: Any, x: Array, full: bool) -> tuple[Array, ...]:
    """Return singular vectors, values, other vectors, and which matrices have none."""
    is_bad = ~_is_finite(xp, x)
    u, s, vh = xp.linalg.svd(_cleaned(xp, x, is_bad), full_matrices=full)
    return u, _spoilt(xp, s, is_bad), vh, _codes(is_bad)


def svdvals(xp: Any, x: Array) -> tuple[Array, Array]:
    """Return singular values, descending, and which matrices have none."""
    is_bad = ~_is_finite(xp, x)
    values = xp.linalg.svd(_cleaned(xp, x, is_bad), compute_uv=False)
    return _spoilt(xp, values, is_bad), _codes(is_bad)


def pinv(xp: Any, x: Array, rtol: float | None = None) -> tuple[Array, Array]:
    """Return pseudo-inverses, and of which matrices there is none."""
    u, s, vh, info = svd(xp, x.conj(), full=False)
    if rtol is None:
        rtol = max(x.shape[-2:]) * np.finfo(s.dtype).eps
    inverse = _inverted(xp, s, rtol)
    turned = u.swapaxes(-1, -2)
    return xp.matmul(vh.swapaxes(-1, -2), inverse[..., None] * turned), info


def least_squares(
    xp: Any, a: Array, b: Array, rcond: float | None = None
) -> tuple[Array, ...]:
    """Return solutions, sums of squared residuals, rank, singular values, codes."""
    (m, n), real = a.shape, a.real.dtype
    u, s, vh, info = svd(xp, a, full=False)
    eps = np.finfo(real).eps
    rtol = eps * max(m, n) if rcond is None else (eps if rcond < 0 else rcond)
    inverse = _inverted(xp, s, rtol)
    x = xp.matmul(vh.conj().T, inverse[:, None] * xp.matmul(u.conj().T, b))
    rank = (inverse != 0).sum(dtype="i4")
    sums = (xp.abs(b - xp.matmul(a, x)) ** 2).sum(0)
    if m <= n:
        sums = xp.full_like(sums, np.nan)
    return x, xp.where(rank == n, sums, np.nan).astype(real), rank, s, info


def _inverted(xp: Any, s: Array, rtol: float) -> Array:
    """Return the inverses of singular values, 0 of those that are small."""
    is_large = s > rtol * s.max(-1, keepdims=True)
    return xp.where(is_large, 1 / xp.where(is_large, s, 1), 0).astype(s.dtype)


def _is_finite(xp: Any, x: Array) -> Array:
    return xp.isfinite(x).all((-2, -1))


def _triangle(xp: Any, x: Array, UPLO: str) -> Array:
    """Return the triangle that is read, with zeros for whatever the other holds."""
    lower = xp.tri(x.shape[-1], dtype=bool)
    return xp.where(lower if UPLO == "L" else lower.T, x, x.dtype.type(0))


def _cleaned(xp: Any, x: Array, is_bad: Array) -> Array:
    """Return matrices with zeros for those that algorithms would not end with."""
    return xp.where(is_bad[..., None, None], x.dtype.type(0), x)


def _spoilt(xp: Any, values: Array, is_bad: Array) -> Array:
    return xp.where(is_bad[..., None], values.dtype.type(np.nan), values)


def _codes(is_bad: Array) -> Array:
    return is_bad.reshape(-1).astype("i4")
