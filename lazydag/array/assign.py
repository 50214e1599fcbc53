"""Writing into arrays: what is assigned, where, and what NumPy would refuse.

Arrays change, nodes do not: a write makes a new node for the array that owns the
elements, and its views follow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from lazydag.array.force import frozen
from lazydag.array.leaves import leaf
from lazydag.array.nodes.broadcast import cast, stretch
from lazydag.array.nodes.compose import fresh
from lazydag.array.nodes.move import reshape
from lazydag.array.nodes.record import as_node
from lazydag.array.nodes.scalars import constant
from lazydag.array.operands import foreign_operand
from lazydag.array.tracing import state
from lazydag.errors import DTypeError, ShapeError, TraceError
from lazydag.ir.node import Node, make
from lazydag.ir.ops import OPS
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
        If elements share their places, as those of a stretched array do.
    DTypeError
        If it is a number.
    TraceError
        If the function that is being traced did not make the array.
    """
    link = array._link
    base = array if link is None else link.base
    _check_owner(base)
    node = value if link is None else link.write(value)
    base._node, base._value = fresh(node, caller_location()), None


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


def set_item(array: Array, key: Any, value: Any) -> None:
    """Assign to elements, as ``array[key] = value`` does in NumPy."""
    mask = _as_mask(key)
    if mask is not None:
        if _set_masked(array, mask, value):
            return
    elif is_basic(key):
        view = array.viewed(array._item(key))
        if _is_array(value) and value.node is view.node:
            if view._link is not None:
                view._link.check_writable()
            return
        new = value_node(value, view.dtype)
        if new.type.shape and not view.shape and not has_dots(key):
            raise ShapeError(
                "setting an array element with a sequence.", caller_location()
            )
        assign(view, _fitted(new, view))
        return
    _set_computed(array, key, value)


def is_basic(key: Any) -> bool:
    """Tell whether a key has no masks and no arrays of positions."""
    items = key if isinstance(key, tuple) else (key,)
    return not any(_is_advanced(item) for item in items)


def has_dots(key: Any) -> bool:
    """Tell whether a key says ``...``, so that it selects an array and no element."""
    items = key if isinstance(key, tuple) else (key,)
    return any(item is Ellipsis for item in items)


def _is_advanced(item: Any) -> bool:
    if item is None or item is Ellipsis or isinstance(item, slice):
        return False
    if isinstance(item, bool | list | np.bool_):
        return True
    kind = getattr(getattr(item, "dtype", None), "kind", "i")
    return getattr(item, "ndim", 0) > 0 or kind == "b"


def _is_array(value: Any) -> bool:
    return hasattr(value, "_link")


def computed_key(key: Any) -> Any:
    """Return a key with NumPy arrays in place of lazy ones."""
    if isinstance(key, tuple):
        return tuple(computed_key(item) for item in key)
    return np.asarray(key) if _is_array(key) else key


def _set_computed(array: Array, key: Any, value: Any) -> None:
    """Let NumPy assign to a copy of the values."""
    if state.trace is not None and array._is_traced():
        raise TraceError(
            "assigning by positions, or value after value through a mask, is not "
            "possible in a jitted function",
            caller_location(),
            "Use where(mask, value, x), or assign to slices.",
        )
    values = np.array(array)
    values[computed_key(key)] = np.asarray(value) if _is_array(value) else value
    assign(array, leaf(frozen(values)))


def _as_mask(key: Any) -> Node | None:
    """Return the node of a key that is one mask with axes; None for other keys."""
    if isinstance(key, tuple) and len(key) == 1:
        (key,) = key
    if isinstance(key, list):
        key = np.asarray(key)
    dtype = getattr(key, "dtype", None)
    if dtype is None or dtype.kind != "b" or not key.ndim:
        return None
    if _is_array(key):
        node: Node = key.node
        return node
    return leaf(key if state.trace is not None else np.array(key))


def _set_masked(array: Array, mask: Node, value: Any) -> bool:
    """Choose between old and new values, if it is known what goes where.

    False if the values are to be taken one after the other, for which they have to be
    counted first.
    """
    shape: Ints = array.shape
    chosen: Ints = mask.type.shape
    _check_mask(shape, chosen)
    rest = shape[len(chosen) :]
    new = value_node(value, array.dtype)
    have: Ints = new.type.shape
    if len(have) == len(rest) + 1 and have[0] == 1:
        have = have[1:]
    if not _stretches(have, rest):
        return False
    source = caller_location()
    mask = reshape(mask, chosen + (1,) * len(rest))
    mask = stretch(mask, shape, source)
    new = stretch(reshape(new, have), shape, source)
    assign(array, make(OPS["where"], mask, new, array.node, source=source))
    return True


def _check_mask(shape: Ints, chosen: Ints) -> None:
    if len(chosen) > len(shape):
        raise IndexError(
            f"too many indices for array: array is {len(shape)}-dimensional, "
            f"but {len(chosen)} were indexed"
        )
    for axis, (n, m) in enumerate(zip(shape, chosen, strict=False)):
        if n != m:
            raise IndexError(
                "boolean index did not match indexed array along axis "
                f"{axis}; size of axis is {n} but size of corresponding boolean axis "
                f"is {m}"
            )


def _stretches(have: Ints, shape: Ints) -> bool:
    tail = shape[len(shape) - len(have) :] if have else ()
    return len(have) <= len(shape) and all(
        m in (1, n) for m, n in zip(have, tail, strict=True)
    )


def value_node(value: Any, dtype: DType) -> Node:
    """Return what is assigned, converted as NumPy's assignment does.

    A NumPy array is copied, since programs use it again for something else.
    """
    source = caller_location()
    if _is_array(value):
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


def _fitted(node: Node, view: Array) -> Node:
    """Return what is assigned in the shape of the view."""
    shape = view.shape
    have: Ints = node.type.shape
    extra = len(have) - len(shape)
    if extra > 0 and all(n == 1 for n in have[:extra]):
        node = reshape(node, have[extra:])
    if not _stretches(node.type.shape, shape):
        raise ShapeError(
            f"could not broadcast input array from shape {_told(have)} "
            f"into shape {_told(shape)}",
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
    if not _stretches(have.shape, array.shape):
        raise ShapeError(
            f"non-broadcastable output operand with shape {_told(array.shape)} "
            f"doesn't match the broadcast shape {_told(have.shape)}",
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


def _told(shape: Ints) -> str:
    """Return a shape as NumPy writes it."""
    return f"({','.join(map(str, shape))}{',' * (len(shape) == 1)})"
