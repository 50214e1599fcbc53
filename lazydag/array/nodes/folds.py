"""Reductions with a start value and a mask, and those of ufuncs that have no op."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from lazydag.array.nodes import reduce as r
from lazydag.array.nodes.broadcast import broadcast_to, cast
from lazydag.array.nodes.library import call
from lazydag.array.nodes.move import reshape
from lazydag.array.nodes.record import Operand, as_node, record
from lazydag.array.nodes.rows import ROWS
from lazydag.errors import ShapeError, UsageError
from lazydag.ir.node import Node, make
from lazydag.ir.ops import OPS
from lazydag.ir.source import caller_location
from lazydag.ir.types import DType

#: No start value was given.
NO_VALUE: Any = np._NoValue

# name of the reduction: NumPy's ufunc, and what leaves a result as it is
_FOLDS: dict[str, tuple[str, Any]] = {
    "sum": ("add", 0),
    "prod": ("multiply", 1),
    "amin": ("minimum", None),
    "amax": ("maximum", None),
    "any": ("logical_or", False),
    "all": ("logical_and", True),
}

#: The reduction that each ufunc is of.
BY_UFUNC: dict[str, str] = {ufunc: name for name, (ufunc, _) in _FOLDS.items()}


def fold(
    name: str,
    node: Node,
    axis: Any = None,
    keepdims: bool = False,
    initial: Operand | None = NO_VALUE,
    mask: Node | None = None,
) -> Node:
    """Return a reduction of the elements where `mask` is true, begun with `initial`.

    Parameters
    ----------
    name : str
        One of the op's names: ``"sum"``, ``"amin"`` and so on.
    node : Node
        What to reduce, in the dtype to do so.
    axis : int, tuple of int or None
        Along which axes; all by default.
    keepdims : bool
        Whether one element stays along each.
    initial : Operand
        What to begin with.
    mask : Node, optional
        Stretches to the node's shape.

    Raises
    ------
    UsageError
        If nothing says what a minimum of no elements is.
    """
    if initial is NO_VALUE and mask is None:
        return _reduced(name, node, axis, keepdims)
    ufunc, identity = _FOLDS[name]
    begins = initial is not NO_VALUE and initial is not None
    if mask is not None:
        node = _where(mask, node, initial if identity is None else identity, ufunc)
    axes = r.reduced_axes(node, axis)
    if initial is None and not prod(node.type.shape[i] for i in axes):
        raise ShapeError(
            f"zero-size array {node.type} to reduction operation {ufunc} "
            "which has no identity",
            caller_location(),
        )
    if begins and identity is None and not prod(node.type.shape[i] for i in axes):
        assert initial is not None
        return of_nothing(node, axes, keepdims, initial, node.type.dtype)
    found = _reduced(name, node, axis, keepdims)
    if not begins:
        return found
    assert initial is not None
    start = cast(as_node(initial), found.type.dtype, caller_location())
    return record(ROWS[ufunc], found, start)


def fold_by(
    ufunc: str, node: Node, axes: tuple[int, ...], keepdims: bool, *, identity: bool
) -> Node:
    """Return a reduction that NumPy computes with the ufunc.

    `identity` says whether the ufunc's may be used, which empty arrays need.
    """
    found = call("ufunc_reduce", node, ufunc=ufunc, axes=axes, identity=identity)
    return reshape(found, _with_ones(node, axes)) if keepdims else found


def _reduced(name: str, node: Node, axis: Any, keepdims: bool) -> Node:
    if name in ("sum", "prod"):
        return r.accumulated(name, node, axis, keepdims)
    if name in ("any", "all"):
        return r.truth(name, node, axis, keepdims)
    return r.extreme(name, node, axis, keepdims)


def _where(mask: Node, node: Node, other: Any, ufunc: str) -> Node:
    if other is NO_VALUE or other is None:
        raise UsageError(
            f"reduction operation '{ufunc}' does not have an identity, "
            "so to use a where mask one has to specify 'initial'",
            caller_location(),
            "Give initial= the result for no elements.",
        )
    source = caller_location()
    shape, dtype = node.type.shape, node.type.dtype
    other = cast(as_node(other), dtype, source)
    operands = (broadcast_to(mask, shape), node, broadcast_to(other, shape))
    return make(OPS["where"], *operands, source=source)


def of_nothing(
    node: Node, axes: tuple[int, ...], keepdims: bool, initial: Operand, dtype: DType
) -> Node:
    """Return what a reduction along empty axes gives: what it begins with."""
    start = cast(as_node(initial), dtype, caller_location())
    kept = _with_ones(node, axes)
    if not keepdims:
        kept = tuple(n for i, n in enumerate(node.type.shape) if i not in axes)
    return broadcast_to(start, kept)


def _with_ones(node: Node, axes: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(1 if i in axes else n for i, n in enumerate(node.type.shape))
