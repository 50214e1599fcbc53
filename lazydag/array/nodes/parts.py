"""Complex numbers: their parts, and numbers made of parts."""

from __future__ import annotations

from lazydag.array.nodes.compose import like
from lazydag.ir.node import Node, make
from lazydag.ir.ops import OPS
from lazydag.ir.source import caller_location


def real(node: Node) -> Node:
    """Return the real part; real numbers are their own."""
    if node.type.dtype.kind != "c":
        return node
    return make(OPS["real"], node, source=caller_location())


def imag(node: Node) -> Node:
    """Return the imaginary part: zeros for real numbers."""
    if node.type.dtype.kind != "c":
        return like(node, 0)
    return make(OPS["imag"], node, source=caller_location())


def whole(x: Node, y: Node) -> Node:
    """Return the complex numbers x + iy, both of one floating-point type and shape."""
    return make(OPS["complex"], x, y, source=caller_location())
