"""Lanes of an array in pieces: pencils for tasks, and within them tiles for caches.

A pencil has whole lanes along some axes, and a piece of one other axis. Where pieces
end follows from the shape alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import pairwise, product
from math import prod
from typing import Final, TypeAlias

Box: TypeAlias = tuple[slice, ...]
Shape: TypeAlias = tuple[int, ...]

PENCILS: Final = 64
"""At most: two passes along different axes need an edge for each pair of pencils."""
FEWEST: Final = 4
"""At least, so that threads have shares."""
TILE: Final = 1 << 19
"""Bytes of a tile: half of a core's second cache, as its transform has work memory."""
STRIP: Final = 128
"""Bytes of a row of a tile at least: two lines of the cache, fetched together."""


def pencils(shape: Shape, lanes: Collection[int], itemsize: int) -> Iterator[Box]:
    """Yield the pieces of an array with whole lanes along the axes `lanes`.

    Examples
    --------
    >>> len(list(pencils((4096, 4096), (0,), 16)))
    64
    >>> next(pencils((4096, 4096), (0,), 16))
    (slice(None, None, None), slice(0, 64, None))
    """
    axis = _longest(shape, lanes)
    if axis is None:
        yield tuple(slice(None) for _ in shape)
        return
    count = max(FEWEST, prod(shape) * itemsize // TILE)
    count = max(1, min(PENCILS, count, shape[axis]))
    bounds = [shape[axis] * i // count for i in range(count + 1)]
    for ends in pairwise(bounds):
        yield tuple(
            slice(*ends) if i == axis else slice(None) for i in range(len(shape))
        )


def _longest(shape: Shape, lanes: Collection[int]) -> int | None:
    """Return the axis to cut: the first long one, so that pieces lie together."""
    others = [i for i in range(len(shape)) if i not in lanes]
    long = [i for i in others if shape[i] >= PENCILS]
    return long[0] if long else max(others, key=lambda i: shape[i], default=None)


def tiles(shape: Shape, lanes: Collection[int], itemsize: int) -> Iterator[Box]:
    """Yield the pieces of a pencil that fit a core's cache, if one lane does.

    The last axis is not cut into less than a strip.

    Examples
    --------
    >>> next(tiles((4096, 64), (0,), 16))
    (slice(None, None, None), slice(0, 8, None))
    """
    extents = list(shape)
    for axis, extent in enumerate(shape):
        nbytes = prod(extents) * itemsize
        if axis not in lanes and nbytes > TILE:
            least = max(1, STRIP // itemsize) if axis == len(shape) - 1 else 1
            extents[axis] = min(extent, max(least, extent * TILE // nbytes))
    steps = [
        [slice(None)]
        if step >= extent
        else [slice(i, i + step) for i in range(0, extent, step)]
        for step, extent in zip(extents, shape, strict=True)
    ]
    yield from product(*steps)
