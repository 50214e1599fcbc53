"""Functions of tiles: Python on pieces of arrays, with what is around them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import index
from typing import Any, Final

import numpy as np

from lazydag.array.array import Array, node_of
from lazydag.array.control.stencils import Boundary, rules
from lazydag.array.nodes.library import call
from lazydag.array.trace import name_of
from lazydag.errors import ShapeError, UsageError
from lazydag.ir.attrs import UserKernel
from lazydag.ir.node import array_type
from lazydag.ir.source import caller_location
from lazydag.ir.tile_maps import spans
from lazydag.ir.types import dtype_name

Shape = tuple[int, ...]

AUTO_ELEMENTS: Final = 1 << 18
"""Elements of a tile if nothing is said: it fits the caches, and there are many."""


def map_tiles(
    function: Callable[..., Any],
    *arrays: Any,
    tile: int | Sequence[int] | str = "auto",
    halo: int | Sequence[int] = 0,
    boundary: Boundary = None,
    dtype: Any = None,
    shape: Callable[[Shape], Sequence[int]] | None = None,
    releases_gil: bool = False,
) -> Array:
    """Call a Python function on each tile of arrays, and put together what it makes.

    Parameters
    ----------
    function : callable
        ``function(x, ...)`` is given a NumPy array for each array, to read: a tile with
        its halo. It returns an array of the shape of the tile, with or without the
        halo, which is cut off; or a number where it makes one of a tile.
    *arrays : array_like
        Of one shape.
    tile : int, sequence of int, or "auto"
        Elements of a tile along each axis; those at the ends may have less.
    halo : int or sequence of int
        How many elements around a tile the function sees, on either side.
    boundary : str, tuple, or sequence of them for each axis
        What lies beyond the ends, as for `stencil`; needed with a halo.
    dtype : dtype, optional
        Of the result; by default that of the first array.
    shape : callable, optional
        ``shape(tile)`` returns the shape of what the function makes of a tile of that
        shape, its halo apart; each of its numbers may depend on the axis' own only.
        By default that is the tile's shape.
    releases_gil : bool
        Whether the function lets the interpreter go for most of its time, as NumPy's
        do: then tiles are computed at the same time.

    Returns
    -------
    Array
        Lazy. What needs a tile of it waits for that tile alone.

    Raises
    ------
    ShapeError
        If the arrays are not of one shape; when it is computed, if the function makes
        something of another shape than it should.

    Examples
    --------
    >>> import lazydag as ld
    >>> import numpy as np
    >>> x = np.arange(6.0)
    >>> ld.map_tiles(lambda t: t - t.mean(), x, tile=3)
    Array([-1.,  0.,  1., -1.,  0.,  1.])
    >>> ld.map_tiles(np.sum, x, tile=4, shape=lambda tile: (1,))
    Array([6., 9.])
    >>> def widest(t):
    ...     return np.maximum(np.maximum(t[:-2], t[1:-1]), t[2:])
    >>> ld.map_tiles(widest, x, tile=2, halo=1, boundary="wrap")
    Array([5., 2., 3., 4., 5., 5.])
    """
    nodes = [node_of(array) for array in arrays]
    types = [array_type(node) for node in nodes]
    if not types or any(type_.shape != types[0].shape for type_ in types):
        listed = ", ".join(map(str, types)) or "none"
        raise ShapeError(f"tiles are of arrays of one shape, not {listed}")
    sizes = types[0].sizes
    tiles = _tile(tile, sizes)
    return Array(
        call(
            "map_tiles",
            *nodes,
            function=_kernel(function),
            tile=tiles,
            halo=_halo(halo, boundary, len(sizes)),
            boundary=rules("clamp" if boundary is None else boundary, len(sizes)),
            extents=_extents(sizes, tiles, shape),
            is_trimmed=shape is None,
            releases_gil=bool(releases_gil),
            dtype=dtype_name(types[0].dtype if dtype is None else np.dtype(dtype)),
        )
    )


@lru_cache(256)
def _kernel(function: Callable[..., Any]) -> UserKernel:
    """Return what stands for a function, the same each time: plans are found by it."""
    return UserKernel(name_of(function), function)


def _each(given: int | Sequence[int], ndim: int, what: str, least: int) -> Shape:
    """Return a number for each axis.

    Raises
    ------
    UsageError
        If there are not as many, or one is too small.
    """
    listed = [given] * ndim if isinstance(given, int | np.integer) else list(given)
    found = tuple(map(index, listed))
    if len(found) != ndim or any(n < least for n in found):
        raise UsageError(
            f"{what}={given!r} for {ndim} axes",
            caller_location(),
            f"Give a number from {least}, or one for each axis.",
        )
    return found


def _tile(given: int | Sequence[int] | str, shape: Shape) -> Shape:
    if given == "auto":
        from lazydag.passes.tile import shape_tile  # noqa: PLC0415 -- takes 40 ms

        return shape_tile(shape, AUTO_ELEMENTS, (1,) * len(shape)) if shape else ()
    assert not isinstance(given, str)
    return _each(given, len(shape), "tile", 1)


def _halo(given: int | Sequence[int], boundary: Boundary, ndim: int) -> Shape:
    found = _each(given, ndim, "halo", 0)
    if any(found) and boundary is None:
        raise UsageError(
            f"halo={given!r} goes beyond the ends",
            caller_location(),
            'Say what lies there: boundary="wrap", for example.',
        )
    return found


def _extents(
    shape: Shape, tile: Shape, rule: Callable[[Shape], Sequence[int]] | None
) -> tuple[Shape, ...]:
    """Return for each axis the elements that each tile gives."""
    found = []
    for axis, (length, size) in enumerate(zip(shape, tile, strict=True)):
        own = [stop - start for start, stop in spans(length, size)]
        made = own if rule is None else [_made(rule, tile, axis, n) for n in own]
        found.append(tuple(made))
    return tuple(found)


def _made(
    rule: Callable[[Shape], Sequence[int]], tile: Shape, axis: int, size: int
) -> int:
    """Return the elements along an axis that a tile of a size there gives.

    Raises
    ------
    ShapeError
        If the rule gives another number of axes.
    """
    found = tuple(map(index, rule((*tile[:axis], size, *tile[axis + 1 :]))))
    if len(found) != len(tile):
        raise ShapeError(
            f"shape= gives {list(found)} for a tile of {list(tile)}",
            caller_location(),
            "What is made of a tile has as many axes as the tile.",
        )
    return found[axis]
