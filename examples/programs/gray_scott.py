"""Gray and Scott's reaction of two substances that spread, and make patterns."""

from __future__ import annotations

from typing import Any, TypeAlias

from lazydag import jit

Array: TypeAlias = Any


@jit
def gray_scott(u_all: Array, v_all: Array, steps: int) -> None:
    """Advance the concentrations in place; their first and last rows are a frame."""
    du, dv, feed, kill = 0.16, 0.08, 0.035, 0.065
    u, v = u_all[1:-1, 1:-1], v_all[1:-1, 1:-1]
    for _ in range(steps):
        lu, lv = laplacian(u_all), laplacian(v_all)
        uvv = u * v * v
        u += du * lu - uvv + feed * (1.0 - u)
        v += dv * lv + uvv - (feed + kill) * v


def laplacian(z: Array) -> Array:
    """Return how much each inner cell differs from its four neighbours."""
    around = z[:-2, 1:-1] + z[1:-1, :-2] + z[1:-1, 2:] + z[2:, 1:-1]
    return around - 4.0 * z[1:-1, 1:-1]
