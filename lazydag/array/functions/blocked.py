"""Arrays in blocks: `retile`."""

from __future__ import annotations

from typing import Any

from lazydag.array.array import Array
from lazydag.array.tiled import in_tiles


def retile(x: Array, blocks: Any = "auto", distribution: Any = None) -> Array:
    """Return the elements as they are, to be computed with in other tiles.

    Values and results do not depend on tiles, but for what factorisations round
    otherwise. Operations on the array, and on what is written into it, follow the
    wish where they work in tiles of one array: elementwise ones of that shape, the
    factorisations of matrices, which take square tiles of the smaller extent.

    Parameters
    ----------
    blocks : "auto", int or sequence of int
        The extent of a tile along all axes, or along each; -1 is all of an axis. By
        default each operation chooses for itself.
    distribution : str or tuple of int, optional
        In whose memory tiles are to lie, on machines with several memories: ``"rows"``
        or ``"columns"`` for bands of them; or the shape of a grid of workers, to which
        tiles are dealt cyclically along each axis.

    Returns
    -------
    Array
        Another array: writes into one are not seen in the other.

    Raises
    ------
    ShapeError
        If there are not as many blocks as axes, or more than a million tiles.
    UsageError
        If there is no such distribution.

    Notes
    -----
    A step of the program of its own, ``retile`` in what `lazydag.explain` shows, with
    what it costs. In one memory that is nothing: arrays lie in C order, and tiles are
    views of them. Between memories it is a copy of what changes its place.

    Examples
    --------
    >>> import numpy as np, lazydag as ld
    >>> a = ld.asarray(np.eye(400)).retile(200, distribution=(2, 2))
    >>> bool((a + a == 2 * np.eye(400)).all())
    True
    """
    return in_tiles(x, blocks, distribution)
