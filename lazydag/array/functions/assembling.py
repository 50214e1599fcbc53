"""Arrays put together of parts along an axis.

A few parts are written into the whole: other than those of a ``concat``, they are
computed where they belong, and by several workers. Many parts are joined by one kernel.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from lazydag.array.array import Array
from lazydag.array.nodes.compose import fresh
from lazydag.array.nodes.move import (
    concatenate,
    slice_,
    to_join,
)
from lazydag.array.nodes.scalars import full
from lazydag.ir.attrs import SliceAttrs
from lazydag.ir.node import Node, make
from lazydag.ir.ops import OPS
from lazydag.ir.source import caller_location
from lazydag.ir.types import DType

#: So many parts are written one by one.
_MOST_WRITTEN = 16
#: So much of an axis is put on both of its ends, to be able to move its elements.
_WIDEST_MARGIN = 1 / 8


def joined(
    nodes: Sequence[Node], axis: int | None, dtype: DType | None = None
) -> Array:
    """Return arrays joined along an axis.

    Parameters
    ----------
    nodes : sequence of Node
        They differ in length along the axis only.
    axis : int or None
        Along which; flattened arrays are joined for None.
    dtype : DType, optional
        Of the result; by default what the arrays' promote to.

    Raises
    ------
    ShapeError
        If there are none, or they do not fit together.
    """
    found, at = to_join(nodes, axis, dtype)
    parts = [node for node in found if node.type.shape[at]]
    return Array(_whole(parts or found[:1], at))


def _whole(parts: Sequence[Node], axis: int) -> Node:
    """Return at least one part of one dtype in an array of their lengths together."""
    first, source = parts[0], caller_location()
    if len(parts) == 1:
        return fresh(first, source)
    shape = list(first.type.shape)
    shape[axis] = sum(part.type.shape[axis] for part in parts)
    whole = full(0, first.type.dtype, tuple(shape))
    if 0 in shape:
        return whole
    if len(parts) > _MOST_WRITTEN:
        return concatenate(parts, axis)
    ends = list(accumulate(part.type.shape[axis] for part in parts))
    placed = list(zip((0, *ends), parts, strict=False))
    # the zeros are filled in beside the first one: that is little beside the longest
    placed.sort(key=lambda pair: -pair[1].type.shape[axis])
    for start, part in placed:
        starts = tuple(start if i == axis else 0 for i in range(len(shape)))
        region = SliceAttrs(starts, part.type.shape, (1,) * len(shape))
        whole = make(OPS["write"], whole, part, attrs=region, source=source)
    return whole


def rolled(array: Array, by: int, axis: int) -> Array:
    """Return an array whose elements moved along an axis, and around its ends.

    A short way is a slice of an array with margins from the other end. Rolls by ``n``
    and ``-n`` read the same one, so that a stencil of rolls makes one for each axis.
    """
    length = array.shape[axis]
    by = by % length if length else 0
    if not by:
        return array
    near = by if 2 * by <= length else by - length
    if abs(near) > _WIDEST_MARGIN * length:
        last = part(array, axis, length - by, length)
        return joined([last.node, part(array, axis, 0, length - by).node], axis)
    width = abs(near)
    wide = joined(
        [
            part(array, axis, length - width, length).node,
            array.node,
            part(array, axis, 0, width).node,
        ],
        axis,
    )
    return Array(part(wide, axis, width - near, width - near + length).node)


def part(array: Array, axis: int, start: int | None, stop: int | None) -> Array:
    """Return what lies between two places along an axis, to be read."""
    shape = array.shape
    first, last, _ = slice(start, stop).indices(shape[axis])
    count = max(last - first, 0)
    starts = tuple(first if i == axis and count else 0 for i in range(len(shape)))
    counts = (*shape[:axis], count, *shape[axis + 1 :])
    return Array(slice_(array.node, starts, counts, (1,) * len(shape)))
