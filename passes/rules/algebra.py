"""Algebra that gives the same bits for every input, NaN and signed zeros included."""

from __future__ import annotations

import math

import numpy as np

from lazydag.ir.node import Node, make
from lazydag.ir.rewrite import Rule
from lazydag.ir.types import DType
from lazydag.passes.rules.match import ops, splat_value


def _is_floating(node: Node) -> bool:
    return bool(node.type.dtype.kind == "f")


def times_one(node: Node) -> Node | None:
    """Replace ``x * 1`` and ``x / 1`` by x."""
    x, y = node.srcs
    if node.type.dtype.kind in "bc":  # inf * (1+0j) has parts that are NaN
        return None
    if splat_value(y) == 1:
        return x
    return y if node.op.name == "mul" and splat_value(x) == 1 else None


def plus_zero(node: Node) -> Node | None:
    """Replace ``x - 0`` and ``x + -0.0`` by x; ``-0.0 + 0.0`` is not -0.0."""
    x, y = node.srcs
    if node.type.dtype.kind in "bc":  # both parts would have to be such zeros
        return None
    if _is_zero(y, negative=node.op.name == "add"):
        return x
    return y if node.op.name == "add" and _is_zero(x, negative=True) else None


def _is_zero(node: Node, *, negative: bool) -> bool:
    """Tell whether `node` is a zero: of this sign, if it is a floating-point one."""
    value = splat_value(node)
    if value is None or value != 0:
        return False
    return not _is_floating(node) or (math.copysign(1, value) < 0) == negative


def twice(node: Node) -> Node | None:
    """Replace ``-(-x)`` and ``not not x`` by x."""
    inner = node.srcs[0]
    return inner.srcs[0] if inner.op is node.op else None


def same_cast(node: Node) -> Node | None:
    """Drop a conversion to the type that the value has."""
    x = node.srcs[0]
    return x if x.type.dtype == node.type.dtype else None


def merge_casts(node: Node) -> Node | None:
    """Convert at once where the first conversion lost nothing."""
    inner = node.srcs[0]
    if inner.op is not node.op:
        return None
    x = inner.srcs[0]
    if not _is_lossless(x.type.dtype, inner.type.dtype, node.type.dtype):
        return None
    return make(node.op, x, attrs=node.attrs, source=node.source)


def _is_lossless(first: DType, between: DType, last: DType) -> bool:
    """Tell whether ``first -> between -> last`` is ``first -> last``.

    NumPy calls i64 to f64 safe, though it rounds; and what becomes of numbers beyond
    an integer's range depends on the type that they come from.
    """
    if first.kind in "fc" and last.kind in "iu":
        return False
    bits = np.finfo(between).nmant + 1 if between.kind in "fc" else 64
    exact = first.kind not in "iu" or 8 * first.itemsize <= bits
    return exact and np.can_cast(first, between, "safe")


def same_branches(node: Node) -> Node | None:
    """Settle a choice between equals, or by a constant."""
    condition, x, y = node.srcs
    if x is y:
        return x
    value = splat_value(condition)
    return None if value is None else (x if value else y)


ALGEBRA = (
    Rule("multiply by one", ops("mul", "div"), times_one),
    Rule("add zero", ops("add", "sub"), plus_zero),
    Rule("undo an inverse", ops("neg", "lnot", "bnot"), twice),
    Rule("cast to itself", ops("cast"), same_cast),
    Rule("merge casts", ops("cast"), merge_casts),
    Rule("settled choice", ops("where"), same_branches),
)
