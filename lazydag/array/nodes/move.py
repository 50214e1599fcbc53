"""Nodes that move elements without changing them: shapes, axes, joins."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from operator import index
from typing import Any

from lazydag.array.nodes.broadcast import cast
from lazydag.array.nodes.dtypes import common
from lazydag.errors import AxisError, ShapeError, UnsupportedError
from lazydag.ir.attrs import ConcatAttrs, ShapeAttrs, SliceAttrs, TransposeAttrs
from lazydag.ir.node import Node, make
from lazydag.ir.ops import OPS
from lazydag.ir.source import caller_location
from lazydag.ir.types import DType

Ints = tuple[int, ...]


def as_shape(shape: Any) -> Ints:
    """Return an int or a sequence of ints as a tuple."""
    if isinstance(shape, Sequence):
        return tuple(index(extent) for extent in shape)
    try:
        return (index(shape),)
    except TypeError:
        return tuple(index(extent) for extent in shape)


def normal_axis(node: Node, axis: Any, extra: int = 0) -> int:
    """Return `axis` counted from the front; `extra` axes more than the node has.

    Raises
    ------
    AxisError
        If there is no such axis.
    """
    ndim = len(node.type.shape) + extra
    number = index(axis)
    if not -ndim <= number < ndim:
        raise AxisError(
            f"axis {number} is out of bounds for array of dimension {ndim}, "
            f"{node.type}",
            caller_location(),
            f"Axes go from {-ndim} to {ndim - 1}." if ndim else "It has no axes.",
        )
    return number % ndim


def normal_axes(node: Node, axes: Any, extra: int = 0) -> Ints:
    """Return each of `axes`, an int or a sequence, counted from the front."""
    given = as_shape(axes)
    found = tuple(normal_axis(node, axis, extra) for axis in given)
    if len(set(found)) != len(found):
        raise AxisError(f"duplicate value in axis {given}", caller_location())
    return found


def reshape(node: Node, shape: Any) -> Node:
    """Return the elements in C order in another shape; one extent may be -1."""
    wanted = as_shape(shape)
    source = caller_location()
    have: Ints = node.type.shape
    if wanted.count(-1) == 1:
        known = -prod(wanted)
        missing = prod(have) // known if known else 0
        wanted = tuple(missing if extent == -1 else extent for extent in wanted)
    if wanted == have:
        return node
    if min(wanted, default=0) < 0 or prod(wanted) != prod(have):
        raise ShapeError(
            f"cannot reshape {node.type} to shape {as_shape(shape)}",
            source,
            f"It has {prod(have)} elements.",
        )
    return make(OPS["reshape"], node, attrs=ShapeAttrs(wanted), source=source)


def transpose(node: Node, axes: Any = None) -> Node:
    """Return `node` with its axes in this order; reversed by default."""
    ndim = len(node.type.shape)
    order = tuple(reversed(range(ndim))) if axes is None else normal_axes(node, axes)
    if len(order) != ndim:
        raise ShapeError(
            f"axes {order} do not permute those of {node.type}",
            caller_location(),
            f"Name each of its {ndim} axes once.",
        )
    if order == tuple(range(ndim)):
        return node
    attrs = TransposeAttrs(order)
    return make(OPS["transpose"], node, attrs=attrs, source=caller_location())


def moveaxis(node: Node, source: Any, destination: Any) -> Node:
    """Return `node` with some axes moved and the others in their order."""
    old, new = normal_axes(node, source), normal_axes(node, destination)
    if len(old) != len(new):
        raise ShapeError(
            f"cannot move {len(old)} axes to {len(new)} places", caller_location()
        )
    order = [axis for axis in range(len(node.type.shape)) if axis not in old]
    for place, axis in sorted(zip(new, old, strict=True)):
        order.insert(place, axis)
    return transpose(node, order)


def swapaxes(node: Node, axis1: Any, axis2: Any) -> Node:
    """Return `node` with two axes exchanged."""
    order = list(range(len(node.type.shape)))
    i, j = normal_axis(node, axis1), normal_axis(node, axis2)
    order[i], order[j] = j, i
    return transpose(node, order)


def expand_dims(node: Node, axis: Any) -> Node:
    """Return `node` with axes of one element at these places of the result."""
    places = as_shape(axis)
    at = normal_axes(node, places, extra=len(places))
    rest = iter(node.type.shape)
    ndim = len(node.type.shape) + len(at)
    return reshape(node, tuple(1 if i in at else next(rest) for i in range(ndim)))


def squeeze(node: Node, axis: Any = None) -> Node:
    """Return `node` without these axes of one element; all such by default."""
    shape = node.type.shape
    if axis is None:
        return reshape(node, tuple(extent for extent in shape if extent != 1))
    gone = normal_axes(node, axis)
    for i in gone:
        if shape[i] != 1:
            raise ShapeError(
                f"cannot squeeze axis {i} of {node.type}: it has {shape[i]} elements",
                caller_location(),
                "Only axes of 1 element can go.",
            )
    return reshape(node, tuple(n for i, n in enumerate(shape) if i not in gone))


def flip(node: Node, axis: Any = None) -> Node:
    """Return the elements in reverse along these axes; along all by default."""
    shape = node.type.shape
    gone = range(len(shape)) if axis is None else normal_axes(node, axis)
    starts = tuple(max(n - 1, 0) if i in gone else 0 for i, n in enumerate(shape))
    steps = tuple(-1 if i in gone else 1 for i in range(len(shape)))
    return slice_(node, starts, shape, steps)


def diagonal(node: Node, offset: int) -> Node:
    """Return the diagonals of matrices; above the main one for a positive offset."""
    *front, m, n = node.type.shape
    first = offset if offset >= 0 else -offset * n
    count = max(0, min(m, n - offset) if offset >= 0 else min(m + offset, n))
    flat = reshape(node, (*front, m * n))
    zeros, ones = (0,) * len(front), (1,) * len(front)
    start = first if count else 0
    return slice_(flat, (*zeros, start), (*front, count), (*ones, n + 1))


def slice_(node: Node, starts: Ints, counts: Ints, steps: Ints) -> Node:
    """Return the elements ``start + i * step`` for ``i < count``, for each axis."""
    shape = node.type.shape
    if counts == shape and not any(starts) and all(s == 1 for s in steps):
        return node
    attrs = SliceAttrs(starts, counts, steps)
    return make(OPS["slice"], node, attrs=attrs, source=caller_location())


def to_join(
    nodes: Sequence[Node], axis: Any, dtype: DType | None = None
) -> tuple[list[Node], int]:
    """Return arrays of one type that fit together, and along which axis.

    Parameters
    ----------
    nodes : sequence of Node
        What is to be joined; flattened first if `axis` is None.
    axis : int or None
        Along which.
    dtype : DType, optional
        The type of the result; that of all of them by default.

    Raises
    ------
    ShapeError
        If there are none, or they do not fit together.
    """
    source = caller_location()
    if not nodes:
        raise ShapeError("need at least one array to concatenate", source)
    if axis is None:
        nodes, axis = [reshape(node, (-1,)) for node in nodes], 0
    if any(not node.type.shape for node in nodes):
        raise ShapeError(
            "zero-dimensional arrays cannot be concatenated",
            source,
            "Use stack, or give each an axis with reshape(1).",
        )
    at = normal_axis(nodes[0], axis)
    for node in nodes[1:]:
        check_joint(nodes[0], node, at)
    wanted = common(tuple(n.type.dtype for n in nodes)) if dtype is None else dtype
    return [cast(node, wanted, source) for node in nodes], at


def concatenate(nodes: Sequence[Node], axis: Any = 0) -> Node:
    """Return the arrays joined along an axis; flattened first if it is None."""
    parts, at = to_join(nodes, axis)
    if len(parts) == 1:
        return parts[0]
    return make(OPS["concat"], *parts, attrs=ConcatAttrs(at), source=caller_location())


def check_joint(first: Node, other: Node, axis: int) -> None:
    """Refuse to join arrays that differ in more than the length of an axis."""
    a, b = first.type.shape, other.type.shape
    what = f"cannot join {first.type} and {other.type} along axis {axis}"
    if len(a) != len(b):
        raise ShapeError(
            f"{what}: they have {len(a)} and {len(b)} axes", caller_location()
        )
    for i, (m, n) in enumerate(zip(a, b, strict=True)):
        if i != axis and m != n:
            raise ShapeError(
                f"{what}: axis {i} has {m} and {n} elements", caller_location()
            )


def stacked(nodes: Sequence[Node], axis: Any = 0) -> tuple[int, list[Node]]:
    """Return where the new axis of a stack is, and the arrays with it."""
    if not nodes:
        raise ShapeError("need at least one array to stack", caller_location())
    for node in nodes:
        if node.type.shape != nodes[0].type.shape:
            raise ShapeError(
                f"cannot stack {nodes[0].type} and {node.type}",
                caller_location(),
                "All arrays of a stack have one shape.",
            )
    at = normal_axis(nodes[0], axis, extra=1)
    return at, [expand_dims(node, at) for node in nodes]


def stack(nodes: Sequence[Node], axis: Any = 0) -> Node:
    """Return the arrays, of one shape, joined along a new axis."""
    at, parts = stacked(nodes, axis)
    return concatenate(parts, at)


def check_order(order: str) -> None:
    """Refuse Fortran's order of elements."""
    if order not in ("C", "K", "A"):
        raise UnsupportedError(
            f"order={order!r} is not supported",
            caller_location(),
            "Elements are in C order; transpose before and after instead.",
        )
