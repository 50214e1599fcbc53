"""Elementwise functions that are rarely used, made of several ops or left to NumPy.

Each takes operands that already have one shape and the dtypes of NumPy's loop.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lazydag.array.nodes.compose import Compose, like
from lazydag.array.nodes.library import call
from lazydag.ir.node import Node, make
from lazydag.ir.ops import OPS
from lazydag.ir.source import SourceLoc


def by_numpy(name: str, output: int = 0) -> Compose:
    """Return a meaning that NumPy's ufunc computes, in a call of its own."""

    def compute(nodes: Sequence[Node], _source: SourceLoc | None) -> Node:
        return call("ufunc", *nodes, output=output, ufunc=name)

    return compute


def fmod(nodes: Sequence[Node], source: SourceLoc | None) -> Node:
    """Remainder of the absolute values, which is exact, with the sign of x."""
    x, y = nodes
    sizes = [make(OPS["abs"], node, source=source) for node in (x, y)]
    rest = make(OPS["mod"], *sizes, source=source)
    return make(OPS["copysign"], rest, x, source=source)


def integer_fmod(nodes: Sequence[Node], source: SourceLoc | None) -> Node:
    """Remainder of the division that rounds down, less y where signs differ."""
    x, y = nodes
    rest = make(OPS["mod"], x, y, source=source)
    if x.type.dtype.kind == "u":
        return rest
    below = [make(OPS["lt"], node, like(node, 0), source=source) for node in (x, y)]
    differ = make(OPS["lxor"], *below, source=source)
    left = make(OPS["ne"], rest, like(rest, 0), source=source)
    wrong = make(OPS["land"], differ, left, source=source)
    other = make(OPS["sub"], rest, y, source=source)
    return make(OPS["where"], wrong, other, rest, source=source)


def heaviside(nodes: Sequence[Node], source: SourceLoc | None) -> Node:
    """0, x2 or 1; NaN stays."""
    x, at_zero = nodes
    is_zero = make(OPS["eq"], x, like(x, 0), source=source)
    is_nan = make(OPS["isnan"], x, source=source)
    below = make(OPS["lt"], x, like(x, 0), source=source)
    step = make(OPS["where"], below, like(x, 0), like(x, 1), source=source)
    found = make(OPS["where"], is_zero, at_zero, step, source=source)
    return make(OPS["where"], is_nan, x, found, source=source)


def logaddexp2(nodes: Sequence[Node], source: SourceLoc | None) -> Node:
    """Max + log2(1 + 2**-|x - y|), and x + 1 where both are equal."""
    x, y = nodes
    difference = make(OPS["sub"], x, y, source=source)
    distance = make(OPS["abs"], difference, source=source)
    tail = make(OPS["exp2"], make(OPS["neg"], distance, source=source), source=source)
    smooth = make(OPS["log1p"], tail, source=source)
    scaled = make(OPS["mul"], smooth, like(x, 1 / np.log(2.0)), source=source)
    high = make(OPS["maximum"], x, y, source=source)
    apart = make(OPS["add"], high, scaled, source=source)
    doubled = make(OPS["add"], x, like(x, 1), source=source)
    same = make(OPS["eq"], x, y, source=source)
    return make(OPS["where"], same, doubled, apart, source=source)


def spacing(nodes: Sequence[Node], source: SourceLoc | None) -> Node:
    """Next number away from zero, less x; the least positive number at both zeros."""
    (x,) = nodes
    positive_zero = make(OPS["add"], x, like(x, 0), source=source)
    far = make(OPS["copysign"], like(x, np.inf), positive_zero, source=source)
    after = make(OPS["nextafter"], x, far, source=source)
    return make(OPS["sub"], after, x, source=source)


def fraction(nodes: Sequence[Node], source: SourceLoc | None) -> Node:
    """X less its integer part, with the sign of x; zero of infinities."""
    (x,) = nodes
    whole = make(OPS["trunc"], x, source=source)
    rest = make(OPS["sub"], x, whole, source=source)
    infinite = make(OPS["isinf"], x, source=source)
    known = make(OPS["where"], infinite, like(x, 0), rest, source=source)
    return make(OPS["copysign"], known, x, source=source)
