"""A triangular system, solved row by row."""

from __future__ import annotations

from typing import Any, TypeAlias

import lazydag.numpy as np
from lazydag import jit

Array: TypeAlias = Any


@jit
def triangular(low: Array, b: Array) -> Array:
    """Return what `low` has to be multiplied with to give `b`."""
    x = np.zeros_like(b)
    for i in range(len(b)):
        x[i] = (b[i] - np.sum(low[i, :i] * x[:i])) / low[i, i]
    return x
