"""Elements at positions, along axes, by masks and by choice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lazydag.array.array import Array, node_of, operand
from lazydag.array.functions import elementwise
from lazydag.array.functions.beyond.modes import positions_in
from lazydag.array.functions.beyond.out import into
from lazydag.array.functions.beyond.register import stands_for
from lazydag.array.nodes.broadcast import broadcast_shape
from lazydag.array.nodes.dtypes import common
from lazydag.array.nodes.gather import along, taken
from lazydag.array.nodes.library import call
from lazydag.array.nodes.move import normal_axis, reshape
from lazydag.array.nodes.record import materialise, promotion_type, shape_of
from lazydag.errors import BoundsError, DTypeError, ShapeError
from lazydag.ir.node import Node
from lazydag.ir.source import caller_location


@stands_for(np.take)
def take(
    a: Any, indices: Any, axis: Any = None, out: Any = None, mode: Any = "raise"
) -> Array:
    """Take elements, or what lies behind them, at positions along an axis.

    Parameters
    ----------
    a : array_like
        Any shape.
    indices : array_like of int
        Their shape comes in place of the axis.
    axis : int, optional
        Where to take them; in the flattened array by default.
    out : array_like, optional
        Where to write the result.
    mode : str
        What becomes of positions outside: ``"raise"``, ``"wrap"`` around, or ``"clip"``
        to the nearest end.

    Raises
    ------
    IndexError
        If a position is outside: at once if it is known, else when it is computed.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.take([10, 20, 30], [2, 4], mode="wrap")
    Array([30, 20])
    """
    node = node_of(a)
    if axis is None:
        node, axis = reshape(node, (-1,)), 0
    at = normal_axis(node, axis)
    positions = positions_in(indices, node.type.shape[at], mode)
    found: Array = into(out, "take", Array(taken(node, positions, at)))
    return found


@stands_for(np.take_along_axis)
def take_along_axis(arr: Any, indices: Any, axis: Any = -1) -> Array:
    """Take along an axis the elements at the positions that stand beside them.

    Parameters
    ----------
    arr : array_like
        Any shape.
    indices : array_like of int
        As many axes as `arr`; all but `axis` stretch to each other.
    axis : int or None
        Where to take them; None flattens `arr` first.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> x = np.array([[3.0, 1.0], [5.0, 7.0]])
    >>> np.take_along_axis(x, np.argsort(x), axis=1)
    Array([[1., 3.],
           [5., 7.]])
    """
    node, at = flat_or_normal(node_of(arr), axis)
    return Array(along(node, beside_positions(node, indices), at))


def flat_or_normal(node: Node, axis: Any) -> tuple[Node, int]:
    """Return a node and an axis of it; flattened if that is None."""
    if axis is None:
        return reshape(node, (-1,)), 0
    return node, normal_axis(node, axis)


def beside_positions(node: Node, indices: Any) -> Node:
    """Return positions of as many axes as a node has.

    Raises
    ------
    BoundsError
        If they are no integers.
    ShapeError
        If there are more axes, or fewer.
    """
    positions = node_of(indices)
    if positions.type.dtype.kind not in "iu":
        raise BoundsError("`indices` must be an integer array", caller_location())
    if positions.type.ndim != node.type.ndim:
        raise ShapeError(
            "`indices` and `arr` must have the same number of dimensions",
            caller_location(),
        )
    return positions


@stands_for(np.compress)
def compress(condition: Any, a: Any, axis: Any = None, out: Any = None) -> Array:
    """Take what lies along an axis where a condition is true.

    Computes the condition: its values decide the shape.

    Parameters
    ----------
    condition : array_like of bool
        In one axis; what is behind its end is left out.
    a : array_like
        Any shape.
    axis : int, optional
        Where to take; in the flattened array by default.
    out : array_like, optional
        Where to write the result.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.compress([True, False, True], [[1, 2, 3], [4, 5, 6]], axis=1)
    Array([[1, 3],
           [4, 6]])
    """
    mask = condition if isinstance(condition, Array) else Array(node_of(condition))
    if mask.ndim != 1:
        raise ShapeError("condition must be a 1-d array", caller_location())
    places = np.flatnonzero(mask.values_for("shape"))
    found: Array = take(a, places, axis, out)
    return found


@stands_for(np.choose)
def choose(a: Any, choices: Any, out: Any = None, mode: Any = "raise") -> Array:
    """Take each element from the array that its number says.

    Parameters
    ----------
    a : array_like of int
        The number of a choice for each place.
    choices : sequence of array_like
        All stretch to each other and to `a`.
    out : array_like, optional
        Where to write the result.
    mode : str
        What becomes of other numbers: ``"raise"``, ``"wrap"`` or ``"clip"``.

    Raises
    ------
    ValueError
        When it is computed: if there is no such choice.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.choose([1, 0, 1], [[1, 2, 3], [10, 20, 30]])
    Array([10,  2, 30])
    """
    which = positions_in(a, len(choices), "raise")
    operands = [operand(choice) for choice in choices]
    dtype = common(tuple(promotion_type(each) for each in operands))
    line = caller_location()
    nodes = [materialise(each, dtype, shape_of(each), line) for each in operands]
    broadcast_shape("choose from {}", nodes, [n.type.shape for n in (which, *nodes)])
    return into(out, "choose", Array(call("choose", which, *nodes, mode=mode)))  # type: ignore[no-any-return]


@stands_for(np.select)
def select(
    condlist: Sequence[Any], choicelist: Sequence[Any], default: Any = 0
) -> Array:
    """Take each element from the choice of the first condition that is true.

    Parameters
    ----------
    condlist : sequence of array_like of bool
        The conditions.
    choicelist : sequence of array_like
        A choice for each.
    default : array_like
        Taken where none is true.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> x = np.arange(5)
    >>> np.select([x < 2, x > 3], [x, x * 10], -1)
    Array([ 0,  1, -1, -1, 40])
    """
    if len(condlist) != len(choicelist):
        raise ShapeError(
            "list of cases must be same length as list of conditions", caller_location()
        )
    if not condlist:
        raise ShapeError(
            "select with an empty condition list is not possible", caller_location()
        )
    operands = [operand(choice) for choice in (*choicelist, default)]
    dtype = common(tuple(promotion_type(each) for each in operands))
    line = caller_location()
    *cases, found = (
        Array(materialise(each, dtype, shape_of(each), line)) for each in operands
    )
    for number, (condition, case) in reversed(
        list(enumerate(zip(condlist, cases, strict=True)))
    ):
        mask = Array(node_of(condition))
        if mask.dtype.kind != "b":
            raise DTypeError(
                f"invalid entry {number} in condlist: should be boolean ndarray", line
            )
        found = elementwise.where(mask, case, found)
    return found
