"""Maxwell's equations in a plane, by finite differences in time (Yee's method)."""

from __future__ import annotations

from typing import Any, TypeAlias

from lazydag import jit

Array: TypeAlias = Any


@jit
def fdtd_2d(ex: Array, ey: Array, hz: Array, source: Array, steps: int) -> None:
    """Advance the fields in place; `source` drives one edge, a value a step."""
    for t in range(steps):
        ey[0, :] = source[t]
        ey[1:, :] -= 0.5 * (hz[1:, :] - hz[:-1, :])
        ex[:, 1:] -= 0.5 * (hz[:, 1:] - hz[:, :-1])
        hz[:-1, :-1] -= 0.7 * (ex[:-1, 1:] - ex[:-1, :-1] + ey[1:, :-1] - ey[:-1, :-1])
