"""Conjugate gradients for Poisson's equation, whose matrix is never written down."""

from __future__ import annotations

from typing import Any, TypeAlias

import lazydag.numpy as np
from lazydag import jit

Array: TypeAlias = Any


@jit
def conjugate_gradients(b: Array, steps: int) -> tuple[Array, Array]:
    """Return the solution for the right-hand side `b`, and its squared residual."""
    x = np.zeros_like(b)
    r = b.copy()
    p = r.copy()
    square = np.sum(r * r)
    for _ in range(steps):
        q = laplacian(p)
        alpha = square / np.sum(p * q)
        x += alpha * p
        r -= alpha * q
        last, square = square, np.sum(r * r)
        p = r + (square / last) * p
    return x, square


def laplacian(p: Array) -> Array:
    """Return the negative differences of a grid whose outside is zero."""
    q = 4.0 * p
    q[1:, :] -= p[:-1, :]
    q[:-1, :] -= p[1:, :]
    q[:, 1:] -= p[:, :-1]
    q[:, :-1] -= p[:, 1:]
    return q
