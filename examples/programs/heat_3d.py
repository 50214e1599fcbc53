"""Heat that spreads in a block of metal, by explicit steps in time."""

from __future__ import annotations

from typing import Any, TypeAlias

from lazydag import jit

Array: TypeAlias = Any


@jit
def heat_3d(a: Array, b: Array, steps: int) -> None:
    """Advance the temperatures `a` by two steps of time a step, with `b` beside it."""
    for _ in range(steps):
        b[1:-1, 1:-1, 1:-1] = warmed(a)
        a[1:-1, 1:-1, 1:-1] = warmed(b)


def warmed(t: Array) -> Array:
    """Return the temperatures inside of a block one step of time later."""
    inside = t[1:-1, 1:-1, 1:-1]
    return (
        0.125 * (t[2:, 1:-1, 1:-1] - 2.0 * inside + t[:-2, 1:-1, 1:-1])
        + 0.125 * (t[1:-1, 2:, 1:-1] - 2.0 * inside + t[1:-1, :-2, 1:-1])
        + 0.125 * (t[1:-1, 1:-1, 2:] - 2.0 * inside + t[1:-1, 1:-1, :-2])
        + inside
    )
