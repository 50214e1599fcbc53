"""Reductions over one element each, of equal elements, and of none."""

from __future__ import annotations

from math import prod

from lazydag.ir.attrs import ReduceAttrs, ShapeAttrs
from lazydag.ir.node import Node, const, make
from lazydag.ir.ops import OPS, Kind
from lazydag.ir.rewrite import Rule
from lazydag.passes.rules.match import of_kind, ops, splat, spread

_REPEATABLE = ops("amin", "amax", "any", "all")
_IDENTITY: dict[str, int] = {
    "sum": 0,
    "prod": 1,
    "any": 0,
    "all": 1,
    "m2": 0,
    "residual": 0,
}


def of_one(node: Node) -> Node:
    """Return what a reduction over one element each amounts to, elementwise."""
    x, shape = node.srcs[0], node.type.shape
    if shape != x.type.shape:
        x = make(OPS["reshape"], x, attrs=ShapeAttrs(shape), source=node.source)
    if node.op.name in {"m2", "residual"}:
        # 0, but NaN for infinities.
        return make(OPS["sub"], x, x, source=node.source)
    if node.op.name == "sum" and x.type.dtype.kind == "f":
        # NumPy begins sums at 0.0, so -0.0 becomes 0.0.
        zero = spread(const(0, x.type.dtype), shape)
        return make(OPS["add"], x, zero, source=node.source)
    return x


def reduce_one(node: Node) -> Node | None:
    """Compute reductions over axes of one element as elementwise ops."""
    assert isinstance(node.attrs, ReduceAttrs)
    shape = node.srcs[0].type.shape
    return of_one(node) if prod(shape[a] for a in node.attrs.axes) == 1 else None


def reduce_splat(node: Node) -> Node | None:
    """Take the extreme of equal elements."""
    value = splat(node.srcs[0])
    if value is None or not node.srcs[0].type.size:
        return None
    return spread(value, node.type.shape)


def reduce_nothing(node: Node) -> Node | None:
    """Replace a reduction of no elements by the identity of its kind."""
    if node.srcs[0].type.size or not node.type.size or node.op.name not in _IDENTITY:
        return None
    return spread(const(_IDENTITY[node.op.name], node.type.dtype), node.type.shape)


REDUCTIONS = (
    Rule("reduce nothing", ops(*_IDENTITY), reduce_nothing),
    Rule("reduce constants", _REPEATABLE, reduce_splat),
    Rule("reduce one element", of_kind(Kind.REDUCTION), reduce_one),
)
