"""What rules ask of nodes."""

from __future__ import annotations

from lazydag.ir.attrs import ConstAttrs, ShapeAttrs
from lazydag.ir.node import Node, make
from lazydag.ir.ops import OPS, Kind, Op

BROADCAST = OPS["broadcast"]
CONST = OPS["const"]
RETILE, PIN = OPS["retile"], OPS["pin"]


def ops(*names: str) -> frozenset[Op]:
    """Return the ops of these names."""
    return frozenset(OPS[name] for name in names)


_ARITHMETIC = ops("add", "sub", "mul", "div", "neg", "abs", "sign", "sqrt")
_ROUNDING = ops("floor", "ceil", "trunc", "rint", "copysign", "cast")
_CHOICE = ops("minimum", "maximum", "fmin", "fmax", "where")
_TESTS = ops(
    "isnan", "isinf", "isfinite", "signbit", "eq", "ne", "lt", "le", "gt", "ge"
)
_LOGIC = ops("land", "lor", "lxor", "lnot", "band", "bor", "bxor", "bnot")

#: Ops whose bits are NumPy's, so that folding them changes nothing.
EXACT = _ARITHMETIC | _ROUNDING | _CHOICE | _TESTS | _LOGIC

_ROUNDED = ops("mul", "abs")


def is_exact(node: Node) -> bool:
    """Tell whether an op's bits are NumPy's, on the type of its operands.

    NumPy's own products of complex numbers differ between processors, as their
    magnitudes do.
    """
    return node.op in EXACT and not (
        node.op in _ROUNDED and node.srcs[0].type.is_complex
    )


def of_kind(kind: Kind) -> frozenset[Op]:
    """Return all ops of a kind."""
    return frozenset(op for op in OPS.values() if op.kind is kind)


def splat(node: Node) -> Node | None:
    """Return the constant that every element of `node` equals, if it is known."""
    if node.op is BROADCAST:
        node = node.srcs[0]
    return node if node.op is CONST else None


def splat_value(node: Node) -> float | int | bool | None:
    """Return the value of `splat` as a Python number."""
    found = splat(node)
    if found is None:
        return None
    assert isinstance(found.attrs, ConstAttrs)
    value: float | int | bool = found.attrs.value().item()
    return value


def spread(value: Node, shape: tuple[int, ...]) -> Node:
    """Return `value` broadcast to `shape`; itself if it has that shape."""
    if value.type.shape == shape:
        return value
    return make(BROADCAST, value, attrs=ShapeAttrs(shape), source=value.source)
