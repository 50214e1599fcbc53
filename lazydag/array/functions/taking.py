"""Functions that take elements at positions."""

from __future__ import annotations

from typing import Any

from lazydag.array.array import Array, node_of
from lazydag.array.nodes.gather import along, taken
from lazydag.array.nodes.move import normal_axis, reshape
from lazydag.errors import DTypeError
from lazydag.ir.node import Node
from lazydag.ir.source import caller_location


def take(x: Any, indices: Any, /, axis: int | None = None) -> Array:
    """Take elements, or what lies behind them, at positions along an axis.

    Parameters
    ----------
    x : array_like
        Any shape.
    indices : array_like of int
        Positions; negative ones count from the end. Their shape comes in place of the
        axis.
    axis : int, optional
        Where to take them; in the flattened array by default.

    Raises
    ------
    IndexError
        If a position is outside: at once if it is known, else when it is computed.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.take([10, 20, 30], [2, 0])
    Array([30, 10])
    """
    node, positions = node_of(x), positions_of(indices)
    if axis is None:
        node, axis = reshape(node, (-1,)), 0
    return Array(taken(node, positions, normal_axis(node, axis)))


def take_along_axis(x: Any, indices: Any, /, axis: int = -1) -> Array:
    """Take along an axis the elements at the positions that stand beside them.

    Parameters
    ----------
    x : array_like
        Any shape.
    indices : array_like of int
        As many axes as `x`; all but `axis` stretch to each other.
    axis : int
        Where to take them.

    Examples
    --------
    >>> import lazydag as ld
    >>> x = ld.asarray([[3.0, 1.0], [5.0, 7.0]])
    >>> ld.take_along_axis(x, ld.argsort(x, descending=True))
    Array([[3., 1.],
           [7., 5.]])
    """
    node, positions = node_of(x), positions_of(indices)
    return Array(along(node, positions, normal_axis(node, axis)))


def positions_of(indices: Any) -> Node:
    """Return the node of positions.

    Raises
    ------
    DTypeError
        If they are no integers.
    """
    node = node_of(indices)
    if node.type.dtype.kind not in "iu":
        raise DTypeError(
            f"{node.type} as positions: they are integers", caller_location()
        )
    return node
