"""Whose memory tiles lie in: bands of rows or columns, or dealt over a grid of workers.

A distribution is a word: ``"rows"``, ``"columns"``, or the grid, as ``"4x4"``.
"""

from __future__ import annotations

from functools import reduce
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = tuple[int, ...]
#: The tile, and its distribution.
Layout: TypeAlias = tuple[Ints, str]

BANDS: Final = {"rows": 0, "columns": -1}


def grid_word(grid: Ints) -> str:
    """Return the word for a grid of workers."""
    return "x".join(map(str, grid))


def owners(distribution: str, tiles: Ints, workers: int) -> NDArray[np.int64]:
    """Return the worker of each tile.

    Parameters
    ----------
    tiles
        How many there are along each axis.
    workers
        How many there are. A grid of more than that is dealt to them in turn, too.

    Examples
    --------
    >>> owners("rows", (4, 2), 2).tolist()
    [[0, 0], [0, 0], [1, 1], [1, 1]]
    >>> owners("2x2", (3, 4), 4).tolist()
    [[0, 1, 0, 1], [2, 3, 2, 3], [0, 1, 0, 1]]
    """
    places = np.indices(tiles)
    if distribution in BANDS:
        axis = BANDS[distribution]
        band: NDArray[np.int64] = places[axis] * workers // max(1, tiles[axis])
        return band
    grid = tuple(map(int, distribution.split("x")))
    dealt = [place % n for place, n in zip(places, grid, strict=True)]
    found = np.ravel_multi_index(dealt, grid) % workers
    return np.asarray(found, np.int64)


def grid_of(shape: Ints, tile: Ints) -> Ints:
    """Return how many tiles lie along each axis."""
    return tuple(-(-n // t) for n, t in zip(shape, tile, strict=True))


def moves(
    shape: Ints, before: Layout | None, after: Layout, workers: int
) -> NDArray[np.int64]:
    """Return how many elements go from each worker to each other.

    Parameters
    ----------
    before, after
        Tile and distribution; `None` if all is with the first worker.

    Returns
    -------
    ndarray, shape (workers, workers)
        By the workers from and to. On the diagonal is what stays.

    Notes
    -----
    Looks at each piece that tiles of both have in common.

    Examples
    --------
    >>> moves((4, 4), ((2, 2), "rows"), ((2, 2), "columns"), 2).tolist()
    [[4, 4], [4, 4]]
    """
    first = (shape, "rows") if before is None else before
    tiles = first[0], after[0]
    cuts = [
        np.unique(np.concatenate([np.arange(0, n, a), np.arange(0, n, b)]))
        for n, a, b in zip(shape, *tiles, strict=True)
    ]
    extents = [np.diff(cut, append=n) for cut, n in zip(cuts, shape, strict=True)]
    sizes = reduce(np.multiply.outer, extents).astype(np.int64)
    had, has = (
        owners(distribution, grid_of(shape, tile), workers)[
            np.ix_(*[cut // t for cut, t in zip(cuts, tile, strict=True)])
        ]
        for tile, distribution in (first, after)
    )
    found = np.zeros((workers, workers), np.int64)
    np.add.at(found, (had, has), sizes)
    return found
