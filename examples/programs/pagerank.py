"""PageRank by power iteration, until the ranks stay as they are."""

from __future__ import annotations

from typing import Any, TypeAlias

import lazydag.numpy as np
from lazydag import jit

Array: TypeAlias = Any

DAMPING = 0.85


@jit
def pagerank(links: Array, tolerance: float) -> Array:
    """Return the rank of each page; ``links[i, j]`` says whether `j` links to `i`."""
    n = len(links)
    out = links.sum(axis=0)
    moves = np.where(out > 0, links / np.maximum(out, 1), 1.0 / n)
    rank = np.full(n, 1.0 / n)
    change = tolerance + 1.0
    while change > tolerance:
        last, rank = rank, DAMPING * (moves @ rank) + (1.0 - DAMPING) / n
        change = np.abs(rank - last).sum()
    return rank
