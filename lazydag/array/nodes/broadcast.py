"""Shapes of elementwise operands, and what to say when they do not go together."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from lazydag.errors import ShapeError
from lazydag.ir.attrs import CastAttrs, ShapeAttrs
from lazydag.ir.node import Node, make
from lazydag.ir.ops import OPS
from lazydag.ir.source import SourceLoc, caller_location
from lazydag.ir.types import DType

_BROADCAST = OPS["broadcast"]
_CAST = OPS["cast"]
_CONST = OPS["const"]
Ints = tuple[int, ...]


def broadcast_shape(verb: str, operands: Sequence[Any], shapes: Sequence[Ints]) -> Ints:
    """Return the shape that all `shapes` stretch to by NumPy's rule.

    Parameters
    ----------
    verb : str
        What is done, for the message: ``"add {}"``.
    operands : sequence
        What the shapes belong to, for the message.
    shapes : sequence of tuple of int
        A shape for each operand.

    Raises
    ------
    ShapeError
        If an axis has two lengths, neither of which is 1.
    """
    result: Ints = ()
    for shape in shapes:
        if shape != result:
            result = _pair(result, shape, verb, operands)
    return result


def _pair(a: Ints, b: Ints, verb: str, operands: Sequence[Any]) -> Ints:
    if len(a) < len(b):
        a = (1,) * (len(b) - len(a)) + a
    else:
        b = (1,) * (len(a) - len(b)) + b
    for axis, (m, n) in enumerate(zip(a, b, strict=True)):
        if m != n and 1 not in (m, n):
            raise mismatch(verb, operands, axis, m, n)
    return tuple(n if m == 1 else m for m, n in zip(a, b, strict=True))


def mismatch(
    verb: str, operands: Sequence[Any], axis: int, m: int, n: int
) -> ShapeError:
    """Return the error for operands whose `axis` has `m` and `n` elements."""
    return ShapeError(
        f"cannot {verb.format(listed(operands))}: axis {axis} has {m} and {n} elements",
        caller_location(),
        "Axes are matched from the last one backwards, and stretch from 1 element only."
        "\nGive both the same length there, or insert axes with x[:, None] or reshape.",
    )


def listed(operands: Sequence[Any]) -> str:
    """Return ``f32[4] and 2.5`` for a node and a scalar."""
    names = [str(getattr(o, "type", None) or repr(o)) for o in operands]
    if len(names) < 3:
        return " and ".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def stretch(node: Node, shape: Ints, source: SourceLoc | None) -> Node:
    """Return `node` broadcast to `shape`, which is known to fit."""
    if node.type.shape == shape:
        return node
    # A constant is shared by all programs: the line of one is not that of another.
    line = None if node.op is _CONST else source
    return make(_BROADCAST, node, attrs=ShapeAttrs(shape), source=line)


def cast(node: Node, dtype: DType, source: SourceLoc | None = None) -> Node:
    """Return `node` with elements of `dtype`; the same node if it has them."""
    if node.type.dtype is dtype:
        return node
    if node.type.dtype.kind == "c" and dtype.kind not in "cb":
        _warn_of_lost_parts()
    return make(_CAST, node, attrs=CastAttrs(dtype), source=source)


def _warn_of_lost_parts() -> None:
    """Warn as NumPy does, at the user's line."""
    at = caller_location()
    if at is not None:
        what = "Casting complex values to real discards the imaginary part"
        category = np.exceptions.ComplexWarning
        warnings.warn_explicit(what, category, at.file, at.line)


def broadcast_to(node: Node, shape: Ints) -> Node:
    """Return `node` broadcast to `shape`.

    Raises
    ------
    ShapeError
        If it does not stretch to it.
    """
    source = caller_location()
    have = node.type.shape
    tail = shape[len(shape) - len(have) :]
    fits = len(have) <= len(shape) and all(
        m in (1, n) for m, n in zip(have, tail, strict=True)
    )
    if not fits:
        raise ShapeError(
            f"cannot broadcast {node.type} to shape {shape}",
            source,
            "Only axes of 1 element stretch; new axes come first.",
        )
    return stretch(node, shape, source)
