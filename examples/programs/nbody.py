"""Bodies that attract each other, all pairs of them, by leapfrog steps."""

from __future__ import annotations

from typing import Any, TypeAlias

import lazydag.numpy as np
from lazydag import jit

Array: TypeAlias = Any

SOFTENING = 0.1


@jit
def nbody(
    position: Array,
    velocity: Array,
    mass: Array,
    dt: float,
    steps: int,
) -> tuple[Array, Array]:
    """Return positions and velocities, of three columns each, after some steps."""
    pull = acceleration(position, mass)
    for _ in range(steps):
        velocity = velocity + 0.5 * dt * pull
        position = position + dt * velocity
        pull = acceleration(position, mass)
        velocity = velocity + 0.5 * dt * pull
    return position, velocity


def acceleration(position: Array, mass: Array) -> Array:
    """Return the pull of all bodies on each."""
    apart = position[None, :, :] - position[:, None, :]
    square = (apart**2).sum(axis=2) + SOFTENING**2
    weight = mass / (square * np.sqrt(square))
    return (apart * weight[:, :, None]).sum(axis=1)
