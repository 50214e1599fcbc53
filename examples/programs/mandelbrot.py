"""The Mandelbrot set: how long the squares of complex numbers stay small."""

from __future__ import annotations

from typing import Any, TypeAlias

import lazydag.numpy as np
from lazydag import jit

Array: TypeAlias = Any


@jit
def mandelbrot(x: Array, y: Array, steps: int) -> tuple[Array, ...]:
    """Return the last number of each point of a grid, and how many steps it stayed."""
    c = x + 1j * y[:, None]
    z = np.zeros(c.shape, np.complex128)
    count = np.zeros(c.shape, np.int64)
    for _ in range(steps):
        small = abs(z) < 2.0
        count += small
        z = np.where(small, z * z + c, z)
    return z, count
