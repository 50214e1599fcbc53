"""The first few elements in order: of each tile, then of all that these gave."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazydag.algorithms.cutting import copy, cut
from lazydag.algorithms.program import Program
from lazydag.algorithms.scratch import empty
from lazydag.algorithms.sort import MANY, is_plain, lanes_of, widened
from lazydag.ir.sizes import SMALL
from lazydag.ir.types import ArrayType
from lazydag.runtime.dynamic import spawn
from lazydag.runtime.regions import In, Out
from lazydag.tiles import order

Array: TypeAlias = NDArray[Any]

TILE: Final = 1 << 17
"""Elements of a tile."""
MOST: Final = 1 << 12
"""More than so many are left to NumPy: one task chooses among those of all tiles."""


def fits(types: Sequence[ArrayType], k: int, **_: Any) -> bool:
    """Tell whether an array is large, and few elements are wanted."""
    (x,) = types
    return x.dtype.kind in "biuf" and 0 < k <= MOST and x.size > SMALL


def topk(
    inputs: Sequence[Array],
    outputs: Sequence[Array | None],
    k: int,
    axis: int,
    largest: bool,
) -> None:
    """Find the first elements of each lane, and where they are."""
    x = inputs[0]
    shape = (*x.shape[:axis], k, *x.shape[axis + 1 :])
    dtypes = (x.dtype, np.dtype(np.int64))
    results = [
        empty(shape, dtype) if out is None else out
        for out, dtype in zip(outputs, dtypes, strict=True)
    ]
    if x.shape[axis] > SMALL and x.size < MANY * x.shape[axis]:
        lanes = (lanes_of(array, axis) for array in (x, *results))
        for each, out, at in zip(*lanes, strict=True):
            _topk(widened(each), out, at, largest=largest)
    else:
        _of_rows(x, *results, axis=axis, largest=largest)


def _of_rows(x: Array, out: Array, at: Array, *, axis: int, largest: bool) -> None:
    """Find the first elements of many lanes, some of them in each task."""
    given = np.moveaxis(widened(x), axis, -1)
    found, where = (
        empty((*given.shape[:-1], out.shape[axis]), dtype)
        for dtype in (given.dtype, at.dtype)
    )
    for index in np.ndindex(given.shape[:-2]):
        for rows in cut(given.shape[-2], max(1, TILE // given.shape[-1])):
            part = (*index, rows)
            spawn(
                order.keep_each,
                In(given[part]),
                Out(empty((found.shape[-1],), np.int64)),
                Out(found[part]),
                Out(where[part]),
                descending=largest,
            )
    copy(found, np.moveaxis(out, axis, -1))
    copy(where, np.moveaxis(at, axis, -1))


def _topk(x: Array, out: Array, at: Array, *, largest: bool) -> None:
    """Find the first elements of a vector."""
    tiles = cut(x.size, TILE)
    ends = np.cumsum([0] + [min(out.size, t.stop - t.start) for t in tiles])
    shares = [slice(int(a), int(b)) for a, b in pairwise(ends)]
    codes, positions = (empty((shares[-1].stop,), np.int64) for _ in range(2))
    for tile, share in zip(tiles, shares, strict=True):
        spawn(
            order.keep,
            In(x[tile]),
            Out(codes[share]),
            Out(positions[share]),
            first=tile.start,
            descending=largest,
        )
    found = out if is_plain(out, x.dtype) else empty(out.shape, x.dtype)
    where = at if is_plain(at, at.dtype) else empty(at.shape, at.dtype)
    spawn(
        order.choose,
        In(codes),
        In(positions),
        In(x),
        Out(empty(out.shape, np.int64)),
        Out(found),
        Out(where),
    )
    for made, wanted in ((found, out), (where, at)):
        if made is not wanted:
            copy(made, wanted)


PROGRAMS: Final = {"topk": Program(topk, fits)}
"""By function."""
