"""Means and variances of the elements that a mask lets through."""

from __future__ import annotations

from typing import Any

from lazydag.array.nodes import reduce as r
from lazydag.array.nodes.broadcast import broadcast_to, cast
from lazydag.array.nodes.compose import like
from lazydag.array.nodes.folds import fold
from lazydag.array.nodes.parts import imag, real
from lazydag.array.nodes.scalars import constant
from lazydag.ir.node import Node, make
from lazydag.ir.ops import OPS
from lazydag.ir.source import caller_location
from lazydag.ir.types import BOOL, I64


def mean(
    node: Node, axis: Any, dtype: Any, keepdims: bool, mask: Node | None = None
) -> Node:
    """Return the mean of the elements where `mask` is true; of all by default."""
    if mask is None:
        return r.mean(node, axis, dtype, keepdims)
    source = caller_location()
    value = cast(node, r.floating_dtype(node, dtype), source)
    total = fold("sum", value, axis, keepdims, mask=mask)
    return _over(total, _count(node, mask, axis, keepdims))


def variance(
    node: Node,
    axis: Any,
    dtype: Any,
    ddof: float,
    keepdims: bool,
    mask: Node | None = None,
    center: Node | None = None,
) -> Node:
    """Return the mean squared deviation from `center`, by default from the mean."""
    if mask is None and center is None:
        return r.variance(node, axis, dtype, ddof, keepdims)
    source = caller_location()
    if mask is None:
        mask = broadcast_to(constant(True, BOOL), node.type.shape)
    value = cast(node, r.floating_dtype(node, dtype), source)
    if center is None:
        center = mean(value, axis, dtype, keepdims=True, mask=mask)
    center = broadcast_to(cast(center, value.type.dtype, source), node.type.shape)
    squares = _squares(make(OPS["sub"], value, center, source=source))
    total = fold("sum", squares, axis, keepdims, mask=mask)
    count = cast(_count(node, mask, axis, keepdims), total.type.dtype, source)
    less = make(OPS["sub"], count, like(count, ddof), source=source)
    return _over(total, make(OPS["maximum"], less, like(less, 0), source=source))


def _squares(node: Node) -> Node:
    """Return the squared absolute values."""
    source = caller_location()
    parts = [real(node), imag(node)] if node.type.dtype.kind == "c" else [node]
    each = [make(OPS["mul"], part, part, source=source) for part in parts]
    return each[0] if len(each) == 1 else make(OPS["add"], *each, source=source)


def _count(node: Node, mask: Node, axis: Any, keepdims: bool) -> Node:
    whole = broadcast_to(mask, node.type.shape)
    return r.reduce("sum", cast(whole, I64, caller_location()), axis, keepdims)


def _over(total: Node, count: Node) -> Node:
    source = caller_location()
    divisor = cast(count, total.type.dtype, source)
    return make(OPS["div"], total, divisor, source=source)
