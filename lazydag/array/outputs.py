"""Writing results into the arrays that ``out=`` names."""

from __future__ import annotations

from typing import Any

import numpy as np

from lazydag.array.array import Array, node_of
from lazydag.array.assign import check_casting, update
from lazydag.array.nodes.broadcast import broadcast_shape, cast, stretch
from lazydag.array.nodes.scalars import constant
from lazydag.errors import DTypeError, ShapeError
from lazydag.ir.node import Node, make
from lazydag.ir.ops import OPS
from lazydag.ir.source import caller_location
from lazydag.ir.types import BOOL


def given(out: Any, result: Any, name: str, casting: Any = "same_kind") -> Any:
    """Return `result`, or `out` after it was written into it.

    Parameters
    ----------
    out : Array, ndarray, tuple of one of them, or None
        Where to write.
    result : Array
        What to write.
    name : str
        The function, for messages.
    casting : str
        What the elements may be converted to, as `numpy.can_cast` names it.
    """
    (target,) = out if isinstance(out, tuple) else (out,)
    if target is None:
        return result
    return write(target, result.node, name, casting)


def into_exactly(out: Any, found: Node, name: str, casting: str = "unsafe") -> Array:
    """Return a reduction's result, or `out` after it was written into it.

    Raises
    ------
    ShapeError
        If `out` has not the shape of the result, which is not stretched.
    """
    if isinstance(out, tuple):
        (out,) = out
    if out is None:
        return Array(found)
    if tuple(np.shape(out)) != found.type.shape:
        raise ShapeError(
            f"output parameter for reduction operation {name} has the shape "
            f"{tuple(np.shape(out))}, and the result {found.type.shape}",
            caller_location(),
            f"Give it the result's shape: np.empty({found.type.shape}).",
        )
    result: Array = given(out, Array(found), name, casting)
    return result


def write(
    out: Any, result: Node, name: str, casting: Any, mask: Node | None = None
) -> Any:
    """Return `out` with `result` written into it, where `mask` is true.

    Raises
    ------
    DTypeError
        If the elements may not be converted to its dtype.
    ShapeError
        If it has not the shape.
    """
    if isinstance(out, Array):
        update(out, name, _chosen(out, result, mask, name, casting), casting)
    elif isinstance(out, np.ndarray):
        where: Any = True if mask is None else np.asarray(Array(mask))
        _check_shape(out, result, name)
        np.copyto(out, np.asarray(Array(result)), casting=casting, where=where)
    else:
        raise TypeError("return arrays must be of ArrayType")
    return out


def _chosen(
    out: Array, result: Node, mask: Node | None, name: str, casting: Any
) -> Node:
    """Return `result`, and the old values where `mask` is false."""
    if mask is None:
        return result
    check_casting(name, result.type.dtype, out.dtype, casting)
    value = cast(result, out.dtype, caller_location())
    return masked(mask, value, out.node)


def masked(mask: Node, value: Node, other: Node | None = None) -> Node:
    """Return `value` where `mask` is true, else `other`; by default zeros."""
    source = caller_location()
    if other is None:
        other = constant(0, value.type.dtype)
    operands = mask, value, other
    shapes = [operand.type.shape for operand in operands]
    shape = broadcast_shape("choose by {}", operands, shapes)
    return make(
        OPS["where"], *(stretch(o, shape, source) for o in operands), source=source
    )


def mask_node(where: Any) -> Node | None:
    """Return the node of a mask; None for True.

    Raises
    ------
    DTypeError
        If it is not of bools.
    """
    if where is True:
        return None
    known = isinstance(where, Array | np.ndarray | np.generic)
    node = node_of(where if known else np.asarray(where, bool))
    if node.type.dtype is not BOOL:
        raise DTypeError(
            f"Cannot cast array data from {node.type.dtype!r} to dtype('bool') "
            "according to the rule 'safe'",
            caller_location(),
            "Give where= a mask, such as x > 0.",
        )
    return node


def _check_shape(out: Any, result: Node, name: str) -> None:
    try:
        fits = np.broadcast_shapes(out.shape, result.type.shape) == out.shape
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(
            f"non-broadcastable output operand of {name} with shape {out.shape} does "
            f"not match the broadcast shape {result.type.shape}"
        )
