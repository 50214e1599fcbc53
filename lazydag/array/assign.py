"""Writing into arrays: what is assigned, where, and what NumPy would refuse.

Arrays change, nodes do not: a write makes a new node for the array that owns the
elements, and its views follow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from lazydag.array.keys import is_array
from lazydag.array.nodes.broadcast import cast, stretch
from lazydag.array.nodes.compose import fresh
from lazydag.array.nodes.move import reshape
from lazydag.array.nodes.record import as_node
from lazydag.array.nodes.scalars import constant
from lazydag.array.nodes.selection import told_shape
from lazydag.array.nodes.tiles import as_before
from lazydag.array.operands import foreign_operand
from lazydag.array.readonly import check_writable
from lazydag.array.scopes import in_scope
from lazydag.array.tracing import state
from lazydag.errors import DTypeError, ShapeError, TraceError
from lazydag.ir.node import Node
from lazydag.ir.source import caller_location
from lazydag.ir.types import DType

if TYPE_CHECKING:
    from lazydag.array.array import Array

NDArray: TypeAlias = "np.ndarray[Any, Any]"
Ints = tuple[int, ...]

_OUTSIDE = "Pass the array as an argument, or return the new values."


def assign(array: Array, value: Node) -> None:
    """Give all elements of `array` new values, of its shape and dtype.

    Raises
    ------
    UsageError
        If elements share their places, as those of a stretched array do, or if the
        array was made read-only.
    DTypeError
        If it is a number.
    TraceError
        If the function that is being traced did not make the array.
    """
    check_writable(array)
    link = array._link
    base = array if link is None else link.base
    _check_owner(base)
    value = in_scope(value)
    node = value if link is None else link.write(value)
    node = as_before(fresh(node, caller_location()), base._node)
    base._node, base._value = node, None


def _check_owner(base: Array) -> None:
    if base._weak:
        raise DTypeError(
            "a Python number does not support item assignment", caller_location()
        )
    trace = state.trace
    if trace is not None and base._home is not trace:
        raise TraceError(
            f"{trace.name} writes into an array that is not its own while it is traced",
            caller_location(),
            _OUTSIDE,
        )


def can_stretch(have: Ints, shape: Ints) -> bool:
    """Tell whether NumPy broadcasts one shape to another."""
    tail = shape[len(shape) - len(have) :] if have else ()
    return len(have) <= len(shape) and all(
        m in (1, n) for m, n in zip(have, tail, strict=True)
    )


def value_node(value: Any, dtype: DType) -> Node:
    """Return what is assigned, converted as NumPy's assignment does.

    A NumPy array is copied, since programs use it again for something else.
    """
    source = caller_location()
    if is_array(value):
        return cast(value.node, dtype, source)
    if isinstance(value, bool | int | float | complex):
        cell = np.empty((), dtype)
        cell[()] = value
        return constant(cell[()], dtype)
    if isinstance(value, np.ndarray) and state.trace is None:
        value = value.copy()
    if isinstance(value, list | tuple):
        value = np.asarray(value)
    return cast(as_node(foreign_operand(value)), dtype, source)


def fitted(node: Node, shape: Ints) -> Node:
    """Return what is assigned in the shape of where it goes."""
    have: Ints = node.type.shape
    extra = len(have) - len(shape)
    if extra > 0 and all(n == 1 for n in have[:extra]):
        node = reshape(node, have[extra:])
    if not can_stretch(node.type.shape, shape):
        raise ShapeError(
            f"could not broadcast input array from shape {told_shape(have)} "
            f"into shape {told_shape(shape)}",
            caller_location(),
        )
    return stretch(node, shape, caller_location())


def update(array: Array, name: str, result: Node, casting: Any = "same_kind") -> None:
    """Assign the result of a ufunc, as its ``out=`` and in-place operators do.

    Raises
    ------
    DTypeError
        If the result's elements are of another kind.
    ShapeError
        If the result has another shape.
    """
    have, dtype = result.type, array.dtype
    check_casting(name, have.dtype, dtype, casting)
    if not can_stretch(have.shape, array.shape):
        raise ShapeError(
            f"non-broadcastable output operand with shape {told_shape(array.shape)} "
            f"doesn't match the broadcast shape {told_shape(have.shape)}",
            caller_location(),
        )
    source = caller_location()
    assign(array, stretch(cast(result, dtype, source), array.shape, source))


def check_casting(name: str, have: DType, dtype: DType, casting: Any) -> None:
    """Refuse to convert a ufunc's result as `casting` does not allow.

    Raises
    ------
    DTypeError
        If it does not.
    """
    if not np.can_cast(have, dtype, casting):
        raise DTypeError(
            f"Cannot cast ufunc '{name}' output from {have!r} to {dtype!r} "
            f"with casting rule '{casting}'",
            caller_location(),
            "Write x = x.astype(...) first, or make a new array.",
        )
