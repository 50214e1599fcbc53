"""Limiting and rounding."""

from __future__ import annotations

from operator import index
from typing import Any

from lazydag.array.nodes.broadcast import broadcast_shape, cast
from lazydag.array.nodes.compose import fresh
from lazydag.array.nodes.dtypes import PromotionType, common
from lazydag.array.nodes.record import (
    Operand,
    materialise,
    promotion_type,
    record,
    record_scalar,
    record_unary,
    shape_of,
)
from lazydag.array.nodes.rows import ROWS
from lazydag.array.nodes.scalars import fits, integer_range
from lazydag.ir.node import Node
from lazydag.ir.source import caller_location
from lazydag.ir.types import F64


def clip(x: Node, low: Operand | None, high: Operand | None) -> Node:
    """Return the elements limited to the range; None is no limit."""
    low, high = _needed(x, low, upper=False), _needed(x, high, upper=True)
    bounds = [bound for bound in (low, high) if bound is not None]
    types: list[PromotionType] = [promotion_type(o) for o in (x, *bounds)]
    dtype = common(tuple(types))
    source = caller_location()
    shape = broadcast_shape(
        "clip {}", (x, *bounds), [shape_of(o) for o in (x, *bounds)]
    )
    node = materialise(x, dtype, shape, source)
    if low is not None:
        node = record(ROWS["maximum"], node, materialise(low, dtype, shape, source))
    if high is not None:
        node = record(ROWS["minimum"], node, materialise(high, dtype, shape, source))
    return fresh(node, source)


def _needed(x: Node, bound: Operand | None, *, upper: bool) -> Operand | None:
    """Return `bound`, or None if it is an int beyond the range of the dtype."""
    dtype = x.type.dtype
    if isinstance(bound, int) and dtype.kind in "iu" and not fits(bound, dtype):
        beyond = integer_range(dtype)[upper]
        if (bound > beyond) == upper:
            return None
    return bound


def rounded(x: Node, decimals: Any = 0) -> Node:
    """Return the elements rounded to so many decimals, halves to even."""
    places = index(decimals)
    integral = x.type.dtype.kind in "biu"
    if integral and places < 0:
        source = caller_location()
        return cast(rounded(cast(x, F64, source), places), x.type.dtype, source)
    if integral:
        return fresh(x, caller_location())
    if places == 0:
        return record_unary(ROWS["rint"], x)
    shift, back = ("multiply", "divide") if places > 0 else ("divide", "multiply")
    scale = float(10 ** abs(places))
    scaled = record_scalar(ROWS[shift], x, scale, reflected=False)
    nearest = record_unary(ROWS["rint"], scaled)
    return record_scalar(ROWS[back], nearest, scale, reflected=False)
