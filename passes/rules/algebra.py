"""Algebra that gives the same bits for every input, NaN and signed zeros included."""

from __future__ import annotations

import math

from lazydag.ir.node import Node
from lazydag.ir.rewrite import Rule
from lazydag.ir.types import BOOL
from lazydag.passes.rules.match import ops, splat_value


def _is_floating(node: Node) -> bool:
    return bool(node.type.dtype.kind == "f")


def times_one(node: Node) -> Node | None:
    """Replace ``x * 1`` and ``x / 1`` by x."""
    x, y = node.srcs
    if node.type.dtype == BOOL:
        return None
    if splat_value(y) == 1:
        return x
    return y if node.op.name == "mul" and splat_value(x) == 1 else None


def plus_zero(node: Node) -> Node | None:
    """Replace ``x - 0`` and ``x + -0.0`` by x; ``-0.0 + 0.0`` is not -0.0."""
    x, y = node.srcs
    value = splat_value(y)
    if value != 0 or node.type.dtype == BOOL:
        return None
    negative = math.copysign(1, value) < 0
    neutral = not _is_floating(node) or negative == (node.op.name == "add")
    return x if neutral else None


def twice(node: Node) -> Node | None:
    """Replace ``-(-x)`` and ``not not x`` by x."""
    inner = node.srcs[0]
    return inner.srcs[0] if inner.op is node.op else None


def same_cast(node: Node) -> Node | None:
    """Drop a conversion to the type that the value has."""
    x = node.srcs[0]
    return x if x.type.dtype == node.type.dtype else None


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
    Rule("settled choice", ops("where"), same_branches),
)
