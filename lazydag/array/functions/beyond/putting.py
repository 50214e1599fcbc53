"""Writing values to positions, along axes, and by masks."""

from __future__ import annotations

from typing import Any

import numpy as np

from lazydag.array.array import Array, node_of
from lazydag.array.assign import assign, value_node
from lazydag.array.functions.beyond.modes import positions_in
from lazydag.array.functions.beyond.register import stands_for
from lazydag.array.functions.beyond.taking import beside_positions, flat_or_normal
from lazydag.array.functions.cumulative import cumulative_sum
from lazydag.array.nodes.broadcast import broadcast_to, cast, stretch
from lazydag.array.nodes.gather import beside, taken
from lazydag.array.nodes.move import reshape, slice_
from lazydag.array.nodes.record import record
from lazydag.array.nodes.rows import ROWS
from lazydag.array.nodes.scatter import scattered
from lazydag.array.nodes.selection import check_known, select
from lazydag.errors import ShapeError
from lazydag.ir.node import Node, make
from lazydag.ir.ops import OPS
from lazydag.ir.source import caller_location
from lazydag.ir.types import BOOL, I64


@stands_for(np.put)
def put(a: Any, ind: Any, v: Any, mode: Any = "raise") -> None:
    """Write values to positions of the flattened array, one after the other.

    Parameters
    ----------
    a : Array
        What is written into.
    ind : array_like of int
        Positions.
    v : array_like
        The values; they begin anew if there are more positions.
    mode : str
        What becomes of positions outside: ``"raise"``, ``"wrap"`` or ``"clip"``.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> a = np.zeros(5)
    >>> np.put(a, [0, 2, 4], [1, 2])
    >>> a
    Array([1., 0., 2., 0., 1.])
    """
    if not isinstance(a, Array):
        np.put(a, np.asarray(ind), np.asarray(v), mode)
        return
    flat = reshape(a.node, (-1,))
    positions = reshape(positions_in(ind, a.size, mode), (-1,))
    values = reshape(value_node(v, a.dtype), (-1,))
    if values.type.size and positions.type.size:
        selection = select(flat.type.shape, [positions])
        new = scattered(flat, selection, repeated(values, positions.type.size))
        assign(a, reshape(new, a.shape))


def repeated(values: Node, count: int) -> Node:
    """Return so many values of one axis, again from the first when they end."""
    have: int = values.type.size
    if have >= count:
        return slice_(values, (0,), (count,), (1,))
    times = -(-count // have)
    wide = stretch(reshape(values, (1, have)), (times, have), caller_location())
    return slice_(reshape(wide, (-1,)), (0,), (count,), (1,))


@stands_for(np.put_along_axis)
def put_along_axis(arr: Any, indices: Any, values: Any, axis: Any) -> None:
    """Write along an axis to the positions that stand beside the values.

    Parameters
    ----------
    arr : Array
        What is written into.
    indices : array_like of int
        As many axes as `arr`; all but `axis` stretch to each other.
    values : array_like
        Stretch to the positions.
    axis : int or None
        Where to write; None takes `arr` as flattened.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> a = np.array([[3, 1], [5, 7]])
    >>> np.put_along_axis(a, np.argmax(a, 1, keepdims=True), 0, axis=1)
    >>> a
    Array([[0, 1],
           [5, 0]])
    """
    if not isinstance(arr, Array):
        np.put_along_axis(arr, np.asarray(indices), np.asarray(values), axis)
        return
    node, at = flat_or_normal(arr.node, axis)
    where = beside_positions(node, indices)
    check_known(where, at, node.type.shape[at])
    positions = beside(node.type.shape, where, at)
    value = broadcast_to(value_node(values, arr.dtype), positions[0].type.shape)
    new = scattered(node, select(node.type.shape, positions), value)
    assign(arr, reshape(new, arr.shape))


@stands_for(np.putmask)
def putmask(a: Any, /, mask: Any, values: Any) -> None:
    """Write values where a mask is true, each to the place that it has itself.

    Parameters
    ----------
    a : Array
        What is written into.
    mask : array_like of bool
        As many elements as `a`.
    values : array_like
        Begin anew if there are fewer.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> a = np.arange(5)
    >>> np.putmask(a, a > 1, [10, 20])
    >>> a
    Array([ 0,  1, 10, 20, 10])
    """
    if not isinstance(a, Array):
        np.putmask(a, np.asarray(mask), np.asarray(values))
        return
    chosen = _mask_for(a, mask, "putmask")
    new = reshape(value_node(values, a.dtype), (-1,))
    if new.type.size:
        _choose(a, chosen, repeated(new, a.size))


@stands_for(np.place)
def place(arr: Any, mask: Any, vals: Any) -> None:
    """Write values where a mask is true, one after the other.

    Parameters
    ----------
    arr : Array
        What is written into.
    mask : array_like of bool
        As many elements as `arr`.
    vals : array_like
        Begin anew if there are fewer.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> a = np.arange(5)
    >>> np.place(a, a > 1, [10, 20])
    >>> a
    Array([ 0,  1, 10, 20, 10])
    """
    if not isinstance(arr, Array):
        np.place(arr, np.asarray(mask), np.asarray(vals))
        return
    chosen = _mask_for(arr, mask, "place")
    values = reshape(value_node(vals, arr.dtype), (-1,))
    if not values.type.size:
        if not Array(chosen).any():
            return
        raise ShapeError("Cannot insert from an empty array!", caller_location())
    number = record(ROWS["subtract"], cumulative_sum(Array(chosen), dtype=I64).node, 1)
    which = record(ROWS["remainder"], number, values.type.size)
    _choose(arr, chosen, taken(values, which, 0))


def _mask_for(array: Array, mask: Any, name: str) -> Node:
    """Return a mask flattened.

    Raises
    ------
    ShapeError
        If it has not as many elements.
    """
    node = node_of(mask)
    if node.type.size != array.size:
        raise ShapeError(
            f"{name}: mask and data must be the same size", caller_location()
        )
    return cast(reshape(node, (-1,)), BOOL, caller_location())


def _choose(array: Array, mask: Node, values: Node) -> None:
    """Give elements the values where a mask is true, all in one axis."""
    old = reshape(array.node, (-1,))
    new = make(OPS["where"], mask, values, old, source=caller_location())
    assign(array, reshape(new, array.shape))
