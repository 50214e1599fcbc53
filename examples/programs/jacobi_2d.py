"""Jacobi's sweeps over a plate whose rim is held: each cell becomes a mean of five."""

from __future__ import annotations

from typing import Any, TypeAlias

from lazydag import jit

Array: TypeAlias = Any


@jit
def jacobi_2d(a: Array, b: Array, steps: int) -> None:
    """Relax `a` by two sweeps a step, in place, with `b` beside it."""
    for _ in range(steps):
        b[1:-1, 1:-1] = 0.2 * (
            a[1:-1, 1:-1] + a[1:-1, :-2] + a[1:-1, 2:] + a[2:, 1:-1] + a[:-2, 1:-1]
        )
        a[1:-1, 1:-1] = 0.2 * (
            b[1:-1, 1:-1] + b[1:-1, :-2] + b[1:-1, 2:] + b[2:, 1:-1] + b[:-2, 1:-1]
        )
