"""Sorting, whole and in part, with NumPy's arguments."""

from __future__ import annotations

from collections.abc import Sequence
from operator import index
from typing import Any

import numpy as np

from lazydag.array.array import Array
from lazydag.array.functions.beyond.lanes import as_array, flat_or_along
from lazydag.array.functions.beyond.register import stands_for
from lazydag.array.nodes.library import call
from lazydag.array.nodes.move import normal_axis
from lazydag.errors import DTypeError, UsageError
from lazydag.ir.source import caller_location

_KINDS = ("quicksort", "mergesort", "heapsort", "stable")
_NARROW = "bhBH"


@stands_for(np.sort)
def sort(
    a: Any,
    axis: int | None = -1,
    kind: str | None = None,
    order: None = None,
    *,
    stable: bool | None = None,
) -> Array:
    """Sort the elements along an axis; NaN comes last.

    Parameters
    ----------
    a : array_like
        At least one axis.
    axis : int or None
        Along which to sort; None sorts all elements in one row.
    kind : {"quicksort", "mergesort", "heapsort", "stable"}, optional
        NumPy's method.
    order : None
        For arrays with fields, which lazy arrays are not.
    stable : bool, optional
        Whether equal elements have to keep their order.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.sort([3.0, np.nan, 1.0])
    Array([ 1.,  3., nan])
    """
    method = _method(kind, order, stable)
    array, at = flat_or_along(a, axis)
    return Array(call("sort", array.node, axis=at, descending=False, kind=method))


@stands_for(np.argsort)
def argsort(
    a: Any,
    axis: int | None = -1,
    kind: str | None = None,
    order: None = None,
    *,
    stable: bool | None = None,
) -> Array:
    """Positions along an axis that sort the elements.

    Parameters
    ----------
    a : array_like
        At least one axis.
    axis : int or None
        Along which to sort; None sorts all elements in one row.
    kind : {"quicksort", "mergesort", "heapsort", "stable"}, optional
        NumPy's method.
    order : None
        For arrays with fields, which lazy arrays are not.
    stable : bool, optional
        Whether equal elements have to keep their order.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.argsort([3.0, 1.0, 2.0])
    Array([1, 2, 0])
    """
    method = _method(kind, order, stable)
    array, at = flat_or_along(a, axis)
    return Array(call("argsort", array.node, axis=at, descending=False, kind=method))


@stands_for(np.lexsort)
def lexsort(keys: Any, axis: int = -1) -> Array:
    """Positions that sort by several keys: by the last, then by the one before.

    Parameters
    ----------
    keys : sequence of array_like
        Of one shape.
    axis : int
        Along which to sort.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.lexsort(([9, 4, 0], [1, 5, 1]))
    Array([2, 0, 1])
    """
    nodes = [as_array(key).node for key in keys]
    if not nodes:
        raise DTypeError("lexsort needs at least one key", caller_location())
    return Array(call("lexsort", *nodes, axis=normal_axis(nodes[0], axis)))


@stands_for(np.partition)
def partition(
    a: Any,
    kth: int | Sequence[int],
    axis: int | None = -1,
    kind: str = "introselect",
    order: None = None,
) -> Array:
    """Put the elements of some ranks where sorting would, lesser ones before them.

    Parameters
    ----------
    a : array_like
        At least one axis.
    kth : int or sequence of int
        The ranks, from 0; negative ones count from the end.
    axis : int or None
        Along which; None takes all elements as one row.
    kind : {"introselect"}
        NumPy's method.
    order : None
        For arrays with fields, which lazy arrays are not.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> int(np.partition([7, 1, 9, 5], 2)[2])
    7
    """
    return _parted("partition", a, kth, axis, kind, order)


@stands_for(np.argpartition)
def argpartition(
    a: Any,
    kth: int | Sequence[int],
    axis: int | None = -1,
    kind: str = "introselect",
    order: None = None,
) -> Array:
    """Positions that `partition` takes its elements from.

    Parameters
    ----------
    a : array_like
        At least one axis.
    kth : int or sequence of int
        The ranks, from 0; negative ones count from the end.
    axis : int or None
        Along which; None takes all elements as one row.
    kind : {"introselect"}
        NumPy's method.
    order : None
        For arrays with fields, which lazy arrays are not.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> int(np.argpartition([7, 1, 9, 5], 3)[3])
    2
    """
    return _parted("argpartition", a, kth, axis, kind, order)


@stands_for(np.sort_complex)
def sort_complex(a: Any) -> Array:
    """Sort along the last axis by the real part, then by the imaginary part.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.sort_complex([5, 3, 6])
    Array([3.+0.j, 5.+0.j, 6.+0.j])
    """
    ordered = sort(a)
    if ordered.dtype.kind == "c":
        return ordered
    return ordered.astype("c8" if ordered.dtype.char in _NARROW else "c16")


def _parted(name: str, a: Any, kth: Any, axis: Any, kind: str, order: Any) -> Array:
    if kind != "introselect":
        raise UsageError(f"{kind!r} is not a kind of partition", caller_location())
    _refuse_fields(order)
    array, at = flat_or_along(a, axis)
    ranks = tuple(_rank(k, array.shape[at]) for k in np.atleast_1d(np.asarray(kth)))
    return Array(call(name, array.node, kth=ranks, axis=at))


def _rank(k: Any, length: int) -> int:
    try:
        number = index(k)
    except TypeError:
        raise DTypeError("Partition index must be integer", caller_location()) from None
    # of no elements NumPy accepts the rank 0 alone
    if not -length <= number < max(length, 1):
        raise UsageError(f"kth(={number}) out of bounds ({length})", caller_location())
    return number % length if length else 0


def _method(kind: Any, order: Any, stable: bool | None) -> str:
    """Return NumPy's name of the method."""
    _refuse_fields(order)
    if kind is not None and stable is not None:
        raise UsageError(
            "`kind` and `stable` parameters can't be provided at the same time",
            caller_location(),
            "Use only one of them.",
        )
    if kind is None:
        return "stable" if stable else "quicksort"
    if kind not in _KINDS:
        raise UsageError(
            f"{kind!r} is not a kind of sort", caller_location(), f"Kinds are {_KINDS}."
        )
    found: str = kind
    return found


def _refuse_fields(order: Any) -> None:
    if order is not None:
        raise UsageError(
            "Cannot specify order when the array has no fields.", caller_location()
        )
