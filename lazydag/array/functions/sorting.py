"""Functions that sort, and that search in what is sorted."""

from __future__ import annotations

from typing import Any

from lazydag.array.array import Array, node_of, operand
from lazydag.array.functions.made import refused
from lazydag.array.nodes.dtypes import common
from lazydag.array.nodes.gather import taken
from lazydag.array.nodes.library import call
from lazydag.array.nodes.move import normal_axis
from lazydag.array.nodes.record import materialise, promotion_type, shape_of
from lazydag.ir.source import caller_location


def sort(
    x: Any, /, axis: int = -1, *, descending: bool = False, stable: bool = True
) -> Array:
    """Sort the elements along an axis; NaN comes last.

    Parameters
    ----------
    x : array_like
        At least one axis.
    axis : int
        Along which to sort.
    descending : bool
        The greatest first; NaN then comes first.
    stable : bool
        Without meaning: equal elements always stay in their order.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.sort([3.0, 1.0, 2.0])
    Array([1., 2., 3.])
    """
    del stable
    node = node_of(x)
    at = normal_axis(node, axis)
    return Array(call("sort", node, axis=at, descending=bool(descending)))


def argsort(
    x: Any, /, axis: int = -1, *, descending: bool = False, stable: bool = True
) -> Array:
    """Positions along an axis that sort the elements; equal ones stay in order.

    Parameters
    ----------
    x : array_like
        At least one axis.
    axis : int
        Along which to sort.
    descending : bool
        The greatest first.
    stable : bool
        Without meaning: equal elements always stay in their order.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.argsort([3.0, 1.0, 2.0])
    Array([1, 2, 0])
    """
    del stable
    node = node_of(x)
    at = normal_axis(node, axis)
    return Array(call("argsort", node, axis=at, descending=bool(descending)))


def searchsorted(x1: Any, x2: Any, /, side: str = "left", sorter: Any = None) -> Array:
    """Positions in `x1`, sorted, before which elements of `x2` keep it sorted.

    Parameters
    ----------
    x1 : array_like
        One axis, ascending, or brought into this order by `sorter`.
    x2 : array_like
        What to find a place for.
    side : {"left", "right"}
        Before or behind elements that are equal.
    sorter : array_like, optional
        Positions that sort `x1`.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.searchsorted([1.0, 2.0, 3.0], [2.0, 9.0], side="right")
    Array([2, 3])
    """
    if side not in ("left", "right"):
        raise refused(f"side={side!r}", "It is 'left' or 'right'.")
    table, wanted = operand(x1), operand(x2)
    dtype = common((promotion_type(table), promotion_type(wanted)))
    at = caller_location()
    nodes = [materialise(o, dtype, shape_of(o), at) for o in (table, wanted)]
    if sorter is not None:
        nodes[0] = taken(nodes[0], node_of(sorter), 0)
    return Array(call("searchsorted", *nodes, side=side))
