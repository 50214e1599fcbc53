"""Functions that sort, and that search in what is sorted."""

from __future__ import annotations

import operator
from typing import Any

from lazydag.array.array import Array, node_of, operand
from lazydag.array.functions.made import refused
from lazydag.array.nodes.dtypes import common
from lazydag.array.nodes.gather import taken
from lazydag.array.nodes.library import call, calls
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


def topk(
    x: Any, k: int, /, *, axis: int = -1, largest: bool = True
) -> tuple[Array, Array]:
    """The first elements along an axis in order, and their positions.

    Parameters
    ----------
    x : array_like
        At least one axis, of real numbers or bools.
    k : int
        How many; at most as many as there are.
    axis : int
        Along which to look.
    largest : bool
        The greatest first, else the least. NaN counts as the greatest, as in `sort`.

    Returns
    -------
    values : Array
        The elements in their order, `k` along the axis.
    positions : Array
        Where they stand along the axis. Of equal elements the first ones are taken, in
        their order.

    Raises
    ------
    UsageError
        If there are fewer elements.

    Notes
    -----
    One pass over the elements. Of long axes each tile gives its own first elements,
    and the result is chosen among these.

    Examples
    --------
    >>> import lazydag as ld
    >>> values, positions = ld.topk([3.0, 1.0, 4.0, 1.0, 5.0], 2)
    >>> values, positions
    (Array([5., 4.]), Array([4, 2]))
    """
    node = node_of(x)
    at = normal_axis(node, axis)
    length, number = node.type.sizes[at], operator.index(k)
    if not 0 <= number <= length:
        raise refused(f"k={k} of {length} elements", "It counts some of them.")
    if node.type.is_complex:
        raise refused(f"topk of {node.type}", "Complex numbers have no order.")
    options = {"k": number, "axis": at, "largest": bool(largest)}
    values, positions = calls("topk", 2, node, **options)
    return Array(values), Array(positions)


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
