"""Constants: evaluated once, and never stored as arrays."""

from __future__ import annotations

import numpy as np

from lazydag.ir.node import Node, const
from lazydag.ir.ops import Kind
from lazydag.ir.rewrite import Rule
from lazydag.passes.rules.match import (
    BROADCAST,
    CONST,
    EXACT,
    PIN,
    RETILE,
    is_exact,
    of_kind,
    splat,
    spread,
)


def fold(node: Node) -> Node | None:
    """Evaluate an exact op on constants."""
    if not is_exact(node):
        return None
    parts = []
    for src in node.srcs:
        part = splat(src)
        if part is None:
            return None
        parts.append(part)
    values = [p.op.evaluate(p.attrs) for p in parts if p.op.evaluate]
    assert node.op.evaluate is not None
    with np.errstate(all="ignore"):
        value = node.op.evaluate(node.attrs, *values)
    return spread(const(value, node.type.dtype), node.type.shape)


def move_splat(node: Node) -> Node | None:
    """Replace a view of a constant by the constant in that shape."""
    value = splat(node.srcs[0])
    if value is None or (node.op is BROADCAST and node.srcs[0].op is CONST):
        return None
    if node.op in {RETILE, PIN}:
        return None  # it is to be stored
    return spread(value, node.type.shape)


def fill_empty(node: Node) -> Node | None:
    """Compute nothing for an array without elements."""
    if node.type.size or splat(node) is not None or node.op is PIN:
        return None
    return spread(const(0, node.type.dtype), node.type.shape)


_COMPUTED = (
    of_kind(Kind.ELEMENTWISE)
    | of_kind(Kind.MOVEMENT)
    | of_kind(Kind.REDUCTION)
    | of_kind(Kind.LIBRARY)
    | of_kind(Kind.WRITE)
)

CONSTANTS = (
    Rule("skip empty arrays", _COMPUTED, fill_empty),
    Rule("fold constants", EXACT, fold),
    Rule("reshape constants", of_kind(Kind.MOVEMENT), move_splat),
)
