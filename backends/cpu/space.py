"""Iteration spaces: which loops a kernel needs for given views, and in which tiles.

In come views over one shape; out go the fewest dimensions that describe them all.
Dimensions of one element vanish, neighbours merge where every operand allows it and
the tile covers the inner one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from lazydag.backends.cpu.row_state import BROADCAST, CONTIGUOUS, STRIDED
from lazydag.ir.types import REAL
from lazydag.runtime import View

Strides: TypeAlias = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Dimension:
    """A loop over one or more merged axes.

    Attributes
    ----------
    extent
        Elements in all.
    tile
        Elements in a tile.
    strides
        Bytes from one element to the next, for each operand.
    """

    extent: int
    tile: int
    strides: Strides


def strides_of(view: View) -> Strides:
    """Return the strides in bytes, also of a view that is said to be contiguous."""
    if view.strides is not None:
        return view.strides
    strides, step = [], view.dtype.itemsize
    for extent in reversed(view.shape):
        strides.append(step)
        step *= extent
    return tuple(reversed(strides))


def views_by_part(views: Sequence[View]) -> list[View]:
    """Return the views, and in place of complex ones those of their two parts."""
    found = []
    for view in views:
        part = REAL.get(view.dtype)
        if part is None:
            found.append(view)
            continue
        strides = strides_of(view)
        real = replace(view, dtype=part, strides=strides)
        found += [real, replace(real, offset=view.offset + part.itemsize)]
    return found


def dimensions(
    shape: Sequence[int], tile: Sequence[int], strides: Sequence[Strides]
) -> list[Dimension]:
    """Return a dimension for each axis of more than one element.

    Parameters
    ----------
    tile
        Shape of a tile; empty for one tile.
    strides
        Of each operand, one per axis.
    """
    found = []
    for axis, extent in enumerate(shape):
        if extent != 1:
            size = max(1, min(tile[axis], extent)) if tile else extent
            found.append(Dimension(extent, size, tuple([s[axis] for s in strides])))
    return found


def merged(dims: Sequence[Dimension]) -> list[Dimension]:
    """Merge neighbours of which the inner one is walked whole in every tile."""
    result: list[Dimension] = []
    for dim in dims:
        if result and _can_merge(result[-1], dim):
            outer = result.pop()
            extent, tile = outer.extent * dim.extent, outer.tile * dim.extent
            dim = Dimension(extent, tile, dim.strides)  # noqa: PLW2901
        result.append(dim)
    return result


def _can_merge(outer: Dimension, inner: Dimension) -> bool:
    if inner.tile < inner.extent:
        return False
    n = inner.extent
    return all(a == n * b for a, b in zip(outer.strides, inner.strides, strict=True))


def normalised(
    dims: Sequence[Dimension], operand: int, offsets: list[int]
) -> list[Dimension]:
    """Order loops as `operand` lies in memory, its least stride last and none negative.

    `offsets`, one per operand, move to the other end of each reversed dimension.
    """
    upright = [_upright(dim, operand, offsets) for dim in dims]
    return sorted(upright, key=lambda dim: -dim.strides[operand])


def _upright(dim: Dimension, operand: int, offsets: list[int]) -> Dimension:
    if dim.strides[operand] >= 0:
        return dim
    for k, stride in enumerate(dim.strides):
        offsets[k] += (dim.extent - 1) * stride
    return Dimension(dim.extent, dim.tile, tuple([-s for s in dim.strides]))


def stride_class(stride: int, itemsize: int) -> str:
    """Return how a row of elements with this stride is read."""
    if stride == itemsize:
        return CONTIGUOUS
    return STRIDED if stride else BROADCAST
