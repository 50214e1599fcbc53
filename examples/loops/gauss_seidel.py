"""Gauss-Seidel sweeps: each point is the mean of its neighbours, old and new."""

from __future__ import annotations

from typing import Any, TypeAlias

import lazydag.numpy as np
from lazydag import jit

Array: TypeAlias = Any


@jit
def gauss_seidel(u: Array, sweeps: int) -> float:
    """Relax `u` in place, and return the last sweep's largest change."""
    change = 0.0
    for _ in range(sweeps):
        change = 0.0
        for i in range(1, u.shape[0] - 1):
            for j in range(1, u.shape[1] - 1):
                new = (u[i - 1, j] + u[i + 1, j] + u[i, j - 1] + u[i, j + 1]) / 4
                change = max(change, np.abs(new - u[i, j]))
                u[i, j] = new
    return change
