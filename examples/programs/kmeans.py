"""Lloyd's algorithm: points go to the nearest centre, centres to their points' mean."""

from __future__ import annotations

from typing import Any, TypeAlias

import lazydag.numpy as np
from lazydag import jit

Array: TypeAlias = Any


@jit
def kmeans(points: Array, centres: Array, steps: int) -> tuple[Array, Array]:
    """Return the centres after some steps, and the number of each point's."""
    for _ in range(steps):
        nearest = assigned(points, centres)
        is_member = nearest[:, None] == np.arange(len(centres))
        count = np.maximum(is_member.sum(axis=0), 1)
        centres = is_member.T.astype(points.dtype) @ points / count[:, None]
    return centres, assigned(points, centres)


def assigned(points: Array, centres: Array) -> Array:
    """Return the number of the centre that is nearest to each point."""
    square = ((points[:, None, :] - centres) ** 2).sum(axis=2)
    return square.argmin(axis=1)
