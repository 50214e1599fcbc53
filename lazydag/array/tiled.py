"""Arrays in tiles: what `retile` and the creation functions are told of tiles."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from operator import index
from typing import Any, Final, TypeAlias

from lazydag.array.array import Array
from lazydag.array.nodes.tiles import retiled
from lazydag.errors import ShapeError, UsageError
from lazydag.ir.attrs import RetileAttrs
from lazydag.ir.distribution import BANDS, grid_of, grid_word
from lazydag.ir.source import caller_location

Ints: TypeAlias = tuple[int, ...]

#: Elements of a tile where a distribution is wanted, but no size: 2 MiB of f64.
AUTO_SIZE: Final = 1 << 18
#: A plan names every tile.
MOST_TILES: Final = 1 << 20


def in_tiles(array: Array, blocks: Any, distribution: Any) -> Array:
    """Return an array as it is, to be computed with in tiles; itself for no wish."""
    wish = wish_for(array.shape, blocks, distribution)
    if wish is None:
        return array
    return Array(retiled(array.node, wish), array._value)


def wish_for(shape: Ints, blocks: Any, distribution: Any) -> RetileAttrs | None:
    """Return what is wanted of an array's tiles; None if it is left to the plan.

    Raises
    ------
    ShapeError
        If the blocks are not those of such an array, or far too many.
    UsageError
        If there is no such distribution.
    """
    word = _distribution(distribution, len(shape))
    tile = _tile(shape, blocks, is_needed=bool(word))
    if tile is None:
        return None
    count = prod(grid_of(shape, tile))
    if count > MOST_TILES:
        what = f"blocks={blocks!r} are {count} tiles of an array of {list(shape)}"
        remedy = f"Give larger ones: up to {MOST_TILES} tiles can be planned for."
        raise ShapeError(what, caller_location(), remedy)
    return RetileAttrs(tile, word)


def _tile(shape: Ints, blocks: Any, *, is_needed: bool) -> Ints | None:
    if blocks is None or (isinstance(blocks, str) and blocks == "auto"):
        return _auto(shape) if is_needed and shape else None
    try:
        given = blocks if isinstance(blocks, Sequence) else [blocks] * len(shape)
        extents = [index(extent) for extent in given]
    except TypeError:
        extents = []
    if len(extents) != len(shape) or any(n < 1 and n != -1 for n in extents):
        what = f"blocks={blocks!r} for an array of {list(shape)}"
        remedy = 'Give "auto", a number, or one for each axis; -1 is all of it.'
        raise ShapeError(what, caller_location(), remedy)
    each = zip(extents, shape, strict=True)
    return tuple(max(1, n if extent == -1 else min(extent, n)) for extent, n in each)


def _auto(shape: Ints) -> Ints:
    """Return tiles of about the same extent along each axis."""
    extent = max(1, round(AUTO_SIZE ** (1 / len(shape))))
    return tuple(max(1, min(extent, n)) for n in shape)


def _distribution(distribution: Any, ndim: int) -> str:
    if distribution is None:
        return ""
    if isinstance(distribution, str) and distribution in BANDS and ndim:
        return distribution
    if isinstance(distribution, tuple) and len(distribution) == ndim and ndim:
        grid = tuple(map(index, distribution))
        if min(grid) > 0:
            return grid_word(grid)
    raise UsageError(
        f"distribution={distribution!r} of an array with {ndim} axes",
        caller_location(),
        'Give "rows", "columns", or the shape of a grid of workers, such as (2, 2).',
    )
