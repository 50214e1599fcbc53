"""Reductions: which axes, in which dtype, and what they are made of."""

from __future__ import annotations

from math import prod
from typing import Any

from lazydag.array.nodes.broadcast import broadcast_to, cast
from lazydag.array.nodes.compose import like
from lazydag.array.nodes.dtypes import BOOL, as_dtype, inexact, widened_sum
from lazydag.array.nodes.library import call
from lazydag.array.nodes.move import normal_axes, normal_axis, reshape
from lazydag.array.nodes.parts import imag, real, whole
from lazydag.errors import DTypeError, ShapeError
from lazydag.ir.attrs import ArgReduceAttrs, ReduceAttrs
from lazydag.ir.node import Node, make
from lazydag.ir.ops import OPS
from lazydag.ir.source import caller_location
from lazydag.ir.types import I64, DType

Ints = tuple[int, ...]

# NumPy's names of the extremes, for NumPy's message
_EXTREMES = {"amin": "minimum", "amax": "maximum"}
_LOGICAL = {"sum": "any", "amin": "all", "amax": "any", "prod": "all"}


def total(name: str, node: Node, axis: Any, dtype: Any, keepdims: bool) -> Node:
    """Return the sum or the product; narrow integers are widened as NumPy does."""
    wanted = widened_sum(node.type.dtype) if dtype is None else as_dtype(dtype)
    return accumulated(name, cast(node, wanted, caller_location()), axis, keepdims)


def accumulated(name: str, node: Node, axis: Any, keepdims: bool) -> Node:
    """Return the sum or product; of complex numbers the sums of their parts."""
    if node.type.dtype.kind != "c":
        return reduce(name, node, axis, keepdims)
    if name == "sum":
        parts = [reduce("sum", p, axis, keepdims) for p in (real(node), imag(node))]
        return whole(*parts)
    axes = reduced_axes(node, axis)
    return call("prod", node, axes=axes, keepdims=bool(keepdims))


def extreme(name: str, node: Node, axis: Any, keepdims: bool) -> Node:
    """Return the least or greatest element.

    Raises
    ------
    ShapeError
        If no elements are left to choose from.
    """
    axes = reduced_axes(node, axis)
    if _count(node, axes) == 0:
        raise ShapeError(
            f"zero-size array {node.type} to reduction operation {_EXTREMES[name]} "
            "which has no identity",
            caller_location(),
        )
    if node.type.dtype.kind == "c":
        return call(name, node, axes=axes, keepdims=bool(keepdims))
    return reduce(name, node, axis, keepdims)


def truth(name: str, node: Node, axis: Any, keepdims: bool) -> Node:
    """Return whether any or all elements are true."""
    return reduce(name, cast(node, BOOL, caller_location()), axis, keepdims)


def mean(node: Node, axis: Any, dtype: Any, keepdims: bool) -> Node:
    """Return the sum divided by the number of elements."""
    wanted = floating_dtype(node, dtype)
    source = caller_location()
    summed = accumulated("sum", cast(node, wanted, source), axis, keepdims)
    return divided(summed, _count(node, reduced_axes(node, axis)))


def variance(
    node: Node,
    axis: Any,
    dtype: Any,
    ddof: float,
    keepdims: bool,
) -> Node:
    """Return the sum of squared deviations, divided by the elements less `ddof`."""
    wanted = floating_dtype(node, dtype)
    value = cast(node, wanted, caller_location())
    if wanted.kind == "c":
        each = [
            reduce("m2", part, axis, keepdims) for part in (real(value), imag(value))
        ]
        squares = make(OPS["add"], *each, source=caller_location())
    else:
        squares = reduce("m2", value, axis, keepdims)
    count = _count(node, reduced_axes(node, axis))
    return divided(squares, max(count - ddof, 0))


def deviation(
    node: Node,
    axis: Any,
    dtype: Any,
    ddof: float,
    keepdims: bool,
) -> Node:
    """Return the square root of the variance."""
    found = variance(node, axis, dtype, ddof, keepdims)
    return make(OPS["sqrt"], found, source=caller_location())


def position(name: str, node: Node, axis: Any, keepdims: bool) -> Node:
    """Return where the first least or greatest element is; flattened if no axis.

    Raises
    ------
    ShapeError
        If there are no elements.
    """
    ndim = len(node.type.shape)
    if axis is None:
        flat, at = reshape(node, (-1,)), 0
    else:
        flat, at = node, normal_axis(node, axis)
    if flat.type.shape[at] == 0:
        raise ShapeError(
            f"attempt to get {name} of an empty sequence", caller_location()
        )
    attrs = ArgReduceAttrs(at)
    found = make(OPS[name], flat, attrs=attrs, source=caller_location())
    if not keepdims:
        return found
    axes = tuple(range(ndim)) if axis is None else (at,)
    return reshape(found, _with_ones(node, axes))


def reduce(name: str, node: Node, axis: Any, keepdims: bool) -> Node:
    """Return the op `name` over these axes; all by default."""
    axes = reduced_axes(node, axis)
    if node.type.dtype.kind == "b":
        name = _LOGICAL.get(name, name)
    found = _over(name, node, axes)
    return reshape(found, _with_ones(node, axes)) if keepdims else found


def _over(name: str, node: Node, axes: Ints) -> Node:
    source = caller_location()
    if not axes:  # each element is reduced by itself
        node = reshape(node, (*node.type.shape, 1))
        axes = (len(node.type.shape) - 1,)
    return make(OPS[name], node, attrs=ReduceAttrs(axes), source=source)


def divided(node: Node, count: float) -> Node:
    """Return `node` divided by a number."""
    source = caller_location()
    return make(OPS["div"], node, like(node, count), source=source)


def reduced_axes(node: Node, axis: Any) -> Ints:
    """Return the axes to reduce, ascending."""
    ndim = len(node.type.shape)
    if axis is None or (not ndim and axis in (0, -1)):  # numbers have one, for NumPy
        return tuple(range(ndim))
    return tuple(sorted(normal_axes(node, axis)))


def spread(node: Node, axes: Ints, shape: Ints) -> Node:
    """Return what a reduction over `axes` gave, broadcast back to `shape`."""
    ones = tuple(1 if i in axes else n for i, n in enumerate(shape))
    return broadcast_to(reshape(node, ones), shape)


def count_true(node: Node, axis: Any, keepdims: bool) -> Node:
    """Return how many elements are not zero."""
    source = caller_location()
    mask = cast(cast(node, BOOL, source), I64, source)
    return reduce("sum", mask, axis, keepdims)


def floating_dtype(node: Node, dtype: Any) -> DType:
    """Return the dtype of a mean: what is asked, or NumPy's choice."""
    wanted = inexact(node.type.dtype) if dtype is None else as_dtype(dtype)
    if wanted.kind not in "fc":
        raise DTypeError(
            f"a mean in {wanted.name} is not supported",
            caller_location(),
            "Take it in float64, and convert the result with astype.",
        )
    return wanted


def _with_ones(node: Node, axes: Ints) -> Ints:
    return tuple(1 if i in axes else n for i, n in enumerate(node.type.shape))


def _count(node: Node, axes: Ints) -> int:
    return prod(node.type.shape[i] for i in axes)
