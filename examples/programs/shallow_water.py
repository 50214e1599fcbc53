"""Waves in a shallow basin without walls, by the scheme of Lax and Friedrichs."""

from __future__ import annotations

from typing import Any, TypeAlias

import lazydag.numpy as np
from lazydag import jit

Array: TypeAlias = Any

GRAVITY = 9.81


@jit
def shallow_water(
    h: Array, hu: Array, hv: Array, ratio: float, steps: int
) -> tuple[Array, Array, Array]:
    """Return depth and momenta after some steps; `ratio` is that of time to space."""
    for _ in range(steps):
        u, v = hu / h, hv / h
        pressure = 0.5 * GRAVITY * h * h
        h, hu, hv = (
            advanced(h, hu, hv, ratio),
            advanced(hu, hu * u + pressure, hu * v, ratio),
            advanced(hv, hv * u, hv * v + pressure, ratio),
        )
    return h, hu, hv


def advanced(q: Array, f: Array, g: Array, ratio: float) -> Array:
    """Return `q` one step later, for its fluxes `f` along x and `g` along y."""
    return 0.25 * (east(q) + west(q) + north(q) + south(q)) - 0.5 * ratio * (
        east(f) - west(f) + north(g) - south(g)
    )


def east(q: Array) -> Array:
    """Return each cell's neighbour along x; the last one's is the first."""
    return np.roll(q, -1, axis=1)


def west(q: Array) -> Array:
    """Return each cell's neighbour against x."""
    return np.roll(q, 1, axis=1)


def north(q: Array) -> Array:
    """Return each cell's neighbour along y."""
    return np.roll(q, -1, axis=0)


def south(q: Array) -> Array:
    """Return each cell's neighbour against y."""
    return np.roll(q, 1, axis=0)
