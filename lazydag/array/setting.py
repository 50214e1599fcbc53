"""Assigning to elements: ``x[key] = value``, through slices, masks and positions."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from lazydag.array.assign import (
    assign,
    can_stretch,
    check_casting,
    fitted,
    value_node,
)
from lazydag.array.keys import has_dots, is_array, is_basic, read_key
from lazydag.array.leaves import leaf
from lazydag.array.nodes.broadcast import cast, stretch
from lazydag.array.nodes.move import reshape
from lazydag.array.nodes.scatter import scattered
from lazydag.array.nodes.selection import Selection, select, told_shape
from lazydag.array.owned import write_known
from lazydag.array.tracing import state
from lazydag.errors import BoundsError, DTypeError, ShapeError
from lazydag.ir.node import Node, make
from lazydag.ir.ops import OPS
from lazydag.ir.source import caller_location

if TYPE_CHECKING:
    from lazydag.array.array import Array

Ints = tuple[int, ...]


def set_item(array: Array, key: Any, value: Any) -> None:
    """Assign to elements, as ``array[key] = value`` does in NumPy."""
    if write_known(array, key, value):
        return
    if is_basic(key):
        _set_view(array, key, value)
        return
    mask = _as_mask(key)
    if mask is None or not _set_masked(array, mask, value):
        _set_positions(array, key, value)


def _set_view(array: Array, key: Any, value: Any) -> None:
    view = array.viewed(array._item(key))
    if is_array(value) and value.node is view.node:
        if view._link is not None:
            view._link.check_writable()
        return
    new = value_node(value, view.dtype)
    if new.type.shape and not view.shape and not has_dots(key):
        raise ShapeError("setting an array element with a sequence.", caller_location())
    assign(view, fitted(new, view.shape))


def _set_positions(array: Array, key: Any, value: Any) -> None:
    """Write the value's elements to positions, one after the other."""
    selection = select(array.shape, read_key(array.shape, key, copies=True))
    new = value_node(value, array.dtype)
    _scatter(array, selection, _placed(new, selection), "set")


def _scatter(array: Array, selection: Selection, value: Node, how: str) -> None:
    """Write elements; those of a slice of an array into the array itself."""
    link = array._link
    part = None if link is None else link.part()
    if link is not None and part is not None and selection.source == array.shape:
        array, shape = link.base, link.base.shape
        selection = replace(selection.through(part), source=shape)
    assign(array, scattered(array.node, selection, value, how))


def _placed(value: Node, selection: Selection) -> Node:
    """Return what is assigned in the shape of what is selected."""
    have: Ints = value.type.shape
    shape = selection.shape
    extra = len(have) - len(shape)
    # NumPy drops leading axes of one element, and any of nothing.
    if extra > 0 and prod(have[extra:]) == prod(have):
        value = reshape(value, have[extra:])
    if not can_stretch(value.type.shape, shape):
        raise ShapeError(
            f"shape mismatch: value array of shape {told_shape(have)} could not be "
            f"broadcast to indexing result of shape {told_shape(shape)}",
            caller_location(),
        )
    return stretch(value, shape, caller_location())


def apply_at(array: Array, ufunc: np.ufunc, key: Any, value: Any) -> None:
    """Do what ``ufunc.at(array, key, value)`` does, of two operands.

    Raises
    ------
    DTypeError
        If the result is of another kind than the array.
    """
    new = value.node if is_array(value) else leaf(np.array(value))
    found = ufunc.resolve_dtypes((array.dtype, new.type.dtype, None))
    check_casting(ufunc.__name__, found[-1], array.dtype, "same_kind")
    if found[0] == array.dtype:
        new = cast(new, array.dtype, caller_location())
    if is_basic(key):
        array[key] = ufunc(array[key], value)
        return
    selection = select(array.shape, read_key(array.shape, key, copies=True))
    _scatter(array, selection, _placed(new, selection), ufunc.__name__)


def _as_mask(key: Any) -> Node | None:
    """Return the node of a key that is one mask with axes; None for other keys."""
    if isinstance(key, tuple) and len(key) == 1:
        (key,) = key
    if isinstance(key, list):
        key = np.asarray(key)
    dtype = getattr(key, "dtype", None)
    if dtype is None or dtype.kind != "b" or not key.ndim:
        return None
    if is_array(key):
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
    new = value_node(value, array.dtype)
    have: Ints = new.type.shape
    if chosen == shape and len(have) > 1:
        raise DTypeError(
            "NumPy boolean array indexing assignment requires a 0 or 1-dimensional "
            f"input, input has {len(have)} dimensions",
            caller_location(),
        )
    if 0 in chosen:
        return False
    _check_mask(shape, chosen)
    rest = shape[len(chosen) :]
    if len(have) == len(rest) + 1 and have[0] == 1:
        have = have[1:]
    if not can_stretch(have, rest):
        return False
    source = caller_location()
    mask = reshape(mask, chosen + (1,) * len(rest))
    mask = stretch(mask, shape, source)
    new = stretch(reshape(new, have), shape, source)
    assign(array, make(OPS["where"], mask, new, array.node, source=source))
    return True


def _check_mask(shape: Ints, chosen: Ints) -> None:
    if len(chosen) > len(shape):
        raise BoundsError(
            f"too many indices for array: array is {len(shape)}-dimensional, "
            f"but {len(chosen)} were indexed",
            caller_location(),
        )
    for axis, (n, m) in enumerate(zip(shape, chosen, strict=False)):
        if n != m:
            raise BoundsError(
                "boolean index did not match indexed array along axis "
                f"{axis}; size of axis is {n} but size of corresponding boolean axis "
                f"is {m}",
                caller_location(),
            )
