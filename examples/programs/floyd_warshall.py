"""The lengths of the shortest ways between all pairs of places."""

from __future__ import annotations

from typing import Any, TypeAlias

import lazydag.numpy as np
from lazydag import jit

Array: TypeAlias = Any


@jit
def floyd_warshall(distance: Array) -> None:
    """Turn the lengths of roads into those of the shortest ways, in place."""
    for k in range(len(distance)):
        distance[:] = np.minimum(distance, distance[:, k, None] + distance[None, k, :])
