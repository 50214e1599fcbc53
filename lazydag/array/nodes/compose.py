"""Elementwise functions that are made of several ops.

Each takes operands that already have one shape and the dtypes of NumPy's loop.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np

from lazydag.array.nodes.broadcast import cast
from lazydag.array.nodes.scalars import full
from lazydag.ir.attrs import ShapeAttrs
from lazydag.ir.node import Node, make
from lazydag.ir.ops import OPS, Op
from lazydag.ir.source import SourceLoc
from lazydag.ir.types import BOOL, DTYPES, F64

Compose: TypeAlias = Callable[[Sequence[Node], "SourceLoc | None"], Node]


def like(node: Node, value: object) -> Node:
    """Return `value` with the shape and dtype of `node`."""
    return full(value, node.type.dtype, node.type.shape)


def identity(nodes: Sequence[Node], source: SourceLoc | None) -> Node:
    """Return the values in an array of their own."""
    return fresh(nodes[0], source)


def fresh(node: Node, source: SourceLoc | None) -> Node:
    """Return `node` as a result of its own: never the memory of a leaf.

    Reshaping to the same shape does it, and is simplified away in any graph.
    """
    if node.srcs:
        return node
    return make(OPS["reshape"], node, attrs=ShapeAttrs(node.type.shape), source=source)


def square(nodes: Sequence[Node], source: SourceLoc | None) -> Node:
    """X * x."""
    return make(OPS["mul"], nodes[0], nodes[0], source=source)


def floor_divide(nodes: Sequence[Node], source: SourceLoc | None) -> Node:
    """X // y; the quotient itself where one is infinite, as the standard wants it.

    NumPy gives NaN for inf // 1, and -1 for -1 // inf.
    """
    x, y = nodes
    infinite = [make(OPS["isinf"], node, source=source) for node in (x, y)]
    either = make(OPS["lor"], *infinite, source=source)
    quotient = make(OPS["div"], x, y, source=source)
    floor = make(OPS["floordiv"], x, y, source=source)
    return make(OPS["where"], either, quotient, floor, source=source)


def reciprocal(nodes: Sequence[Node], source: SourceLoc | None) -> Node:
    """1 / x."""
    (x,) = nodes
    return make(OPS["div"], like(x, 1), x, source=source)


def integer_reciprocal(nodes: Sequence[Node], source: SourceLoc | None) -> Node:
    """1 / x in f64, cut off, as NumPy does."""
    (x,) = nodes
    inverse = reciprocal([cast(x, F64, source)], source)
    return cast(inverse, x.type.dtype, source)


def degrees(nodes: Sequence[Node], source: SourceLoc | None) -> Node:
    """X * (180 / pi), the factor rounded in the operand's dtype."""
    (x,) = nodes
    scalar = x.type.dtype.type
    factor = scalar(180.0) / scalar(np.pi)
    return make(OPS["mul"], x, like(x, factor), source=source)


def radians(nodes: Sequence[Node], source: SourceLoc | None) -> Node:
    """X * (pi / 180), the factor rounded in the operand's dtype."""
    (x,) = nodes
    scalar = x.type.dtype.type
    factor = scalar(np.pi) / scalar(180.0)
    return make(OPS["mul"], x, like(x, factor), source=source)


def logaddexp(nodes: Sequence[Node], source: SourceLoc | None) -> Node:
    """Max + log1p(exp(-|x - y|)), and x + log 2 where both are equal."""
    x, y = nodes
    difference = make(OPS["sub"], x, y, source=source)
    distance = make(OPS["abs"], difference, source=source)
    tail = make(OPS["exp"], make(OPS["neg"], distance, source=source), source=source)
    high = make(OPS["maximum"], x, y, source=source)
    smooth = make(OPS["log1p"], tail, source=source)
    apart = make(OPS["add"], high, smooth, source=source)
    doubled = make(OPS["add"], x, like(x, np.log(2.0)), source=source)
    same = make(OPS["eq"], x, y, source=source)
    return make(OPS["where"], same, doubled, apart, source=source)


def never(nodes: Sequence[Node], _source: SourceLoc | None) -> Node:
    """False for every element."""
    return full(False, BOOL, nodes[0].type.shape)


def always(nodes: Sequence[Node], _source: SourceLoc | None) -> Node:
    """True for every element."""
    return full(True, BOOL, nodes[0].type.shape)


def comparison(op: Op, *, if_left_is_less: bool) -> Compose:
    """Return a comparison that is also exact between i64 and u64.

    Parameters
    ----------
    op : Op
        The comparison of operands of one dtype.
    if_left_is_less : bool
        What it is for a left operand that is less than the right one.
    """
    if_left_is_greater = op.name in ("gt", "ge", "ne")

    def compare(nodes: Sequence[Node], source: SourceLoc | None) -> Node:
        x, y = nodes
        if x.type.dtype is y.type.dtype:
            return make(op, x, y, source=source)
        left_is_signed = x.type.dtype.kind == "i"
        signed = x if left_is_signed else y
        negative = make(OPS["lt"], signed, like(signed, 0), source=source)
        u64 = DTYPES["u64"]
        found = make(op, cast(x, u64, source), cast(y, u64, source), source=source)
        if if_left_is_less if left_is_signed else if_left_is_greater:
            return make(OPS["lor"], negative, found, source=source)
        positive = make(OPS["lnot"], negative, source=source)
        return make(OPS["land"], positive, found, source=source)

    return compare
