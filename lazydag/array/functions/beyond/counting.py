"""Counts: of integers, and of elements in bins."""

from __future__ import annotations

from collections.abc import Sequence
from operator import index
from typing import Any

import numpy as np

from lazydag.array.array import Array
from lazydag.array.functions.beyond.lanes import as_array, known
from lazydag.array.functions.beyond.register import stands_for
from lazydag.array.functions.creation import zeros
from lazydag.array.nodes.library import call, calls
from lazydag.errors import DTypeError, ShapeError, UsageError
from lazydag.ir import statistics
from lazydag.ir.node import Node
from lazydag.ir.source import caller_location
from lazydag.ir.types import F64, I64

Ends = tuple[float, float] | None


@stands_for(np.bincount)
def bincount(x: Any, /, weights: Any = None, minlength: int = 0) -> Array:
    """Count each integer from 0 on, or add up the weights beside it.

    Computes the integers: the greatest decides the shape.

    Parameters
    ----------
    x : array_like of int
        One axis, not negative.
    weights : array_like, optional
        A number for each, added up in f64.
    minlength : int
        Elements of the result at least.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.bincount([0, 1, 1, 3])
    Array([1, 2, 0, 1])
    >>> np.bincount([0, 1, 1], weights=[0.5, 1.0, 2.0], minlength=3)
    Array([0.5, 3. , 0. ])
    """
    array, least = as_array(x), index(minlength)
    if least < 0:
        raise UsageError("'minlength' must not be negative", caller_location())
    if array.ndim != 1:
        raise ShapeError(
            f"object of {array.ndim} axes: bincount takes one", caller_location()
        )
    if array.dtype.kind not in "biu" and array.size:
        raise DTypeError(
            f"Cannot cast array data from {array.dtype!r} to dtype('int64') "
            "according to the rule 'safe'",
            caller_location(),
            "Convert it first, such as with x.astype('int64').",
        )
    heavy = _weights(weights, array.shape)
    if not array.size:
        return zeros(least, I64)
    values = array.values_for("shape")
    if all(each.is_computed for each in heavy):
        given = [each.values_for("array") for each in heavy]
        return known(statistics.bincount(values, *given, length=least))
    length = max(least, _greatest(values) + 1)
    nodes = [each.node for each in heavy]
    return Array(call("bincount", array.node, *nodes, length=length))


def _greatest(values: np.ndarray[Any, Any]) -> int:
    """Return the greatest integer; as unsigned ones, negative integers exceed all."""
    greatest = int(values.view(f"u{values.itemsize}").max())
    if values.dtype.kind == "i" and greatest > np.iinfo(values.dtype).max:
        raise UsageError(
            "'list' argument must have no negative elements", caller_location()
        )
    return greatest


def weight_nodes(weights: Any, shape: tuple[int, ...]) -> list[Node]:
    """Return weights in f64, of this shape; none without weights."""
    return [each.node for each in _weights(weights, shape)]


def _weights(weights: Any, shape: tuple[int, ...]) -> list[Array]:
    if weights is None:
        return []
    heavy = as_array(weights)
    if heavy.shape != shape:
        raise ShapeError(
            "The weights and list don't have the same length.", caller_location()
        )
    if heavy.dtype.kind == "c":
        raise DTypeError("weights of bincount are real numbers", caller_location())
    return [heavy.astype(F64, copy=False)]


@stands_for(np.histogram)
def histogram(
    a: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> tuple[Array, Array]:
    """Count the elements that fall into bins.

    Parameters
    ----------
    a : array_like
        Any shape.
    bins : int, array_like or str
        How many bins of one width; or their edges, ascending; or a rule by which
        NumPy finds their number, for which the values are computed.
    range : (float, float), optional
        From where to where bins go; by default from the least element to the greatest.
    density : bool, optional
        Return the density, whose integral is 1.
    weights : array_like, optional
        What each element counts, of the shape of `a`.

    Returns
    -------
    counts, edges : Array
        One edge more than counts. The last bin holds both its edges.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.histogram([1.0, 2.0, 1.5], bins=2, range=(0, 4))
    (Array([2, 1]), Array([0., 2., 4.]))
    """
    array, heavy = _histogrammed(a, weights)
    if isinstance(bins, str):
        bins = histogram_bin_edges(array, bins, range, weights).size - 1
    if ndim_of(bins) == 0:
        options = {
            "bins": bins_of(bins),
            "range": ends_of(range),
            "density": bool(density),
        }
        counts, edges = calls("histogram", 2, array.node, *heavy, **options)
        return Array(counts), Array(edges)
    edges = edges_of(bins).node
    counts = call("histogram_between", array.node, edges, *heavy, density=bool(density))
    return Array(counts), Array(edges)


@stands_for(np.histogram_bin_edges)
def histogram_bin_edges(
    a: Any, bins: Any = 10, range: Any = None, weights: Any = None
) -> Array:
    """Return the edges of the bins that `histogram` counts in.

    Parameters
    ----------
    a : array_like
        Any shape.
    bins : int, array_like or str
        How many bins of one width; or their edges; or a rule by which NumPy finds
        their number, for which the values are computed.
    range : (float, float), optional
        From where to where bins go; by default from the least element to the greatest.
    weights : array_like, optional
        Of the shape of `a`; they change nothing.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.histogram_bin_edges([1.0, 5.0], bins=2)
    Array([1., 3., 5.])
    """
    if not isinstance(bins, str):
        return histogram(a, bins, range, None, weights)[1]
    if weights is not None:
        raise DTypeError(
            "Automated estimation of the number of bins is not supported for weighted "
            "data",
            caller_location(),
        )
    array, _ = _histogrammed(a, None)
    values = array.values_for("shape")
    return known(np.histogram_bin_edges(values, bins, ends_of(range)))


def _histogrammed(a: Any, weights: Any) -> tuple[Array, list[Node]]:
    """Return the elements and their weights, as one row each."""
    array = as_array(a)
    if array.dtype.kind == "b":
        array = array.astype("u1")
    if weights is None:
        return array.reshape(-1), []
    heavy = as_array(weights)
    if heavy.shape != array.shape:
        raise ShapeError("weights should have the same shape as a.", caller_location())
    return array.reshape(-1), [heavy.reshape(-1).node]


def bins_of(bins: Any) -> int:
    """Return a number of bins, checked."""
    try:
        number = index(bins)
    except TypeError:
        raise DTypeError(
            "`bins` must be an integer, a string, or an array", caller_location()
        ) from None
    if number < 1:
        raise UsageError("`bins` must be positive, when an integer", caller_location())
    return number


def edges_of(bins: Any) -> Array:
    """Return edges of bins, of which those that are known are checked."""
    edges = as_array(bins)
    if edges.ndim != 1:
        raise UsageError("`bins` must be 1d, when an array", caller_location())
    if edges.is_computed:
        values = edges.values_for("array")
        if np.any(values[:-1] > values[1:]):
            raise UsageError(
                "`bins` must increase monotonically, when an array", caller_location()
            )
    return edges


def ends_of(ends: Any) -> Ends:
    """Return the first and the last edge as numbers."""
    if ends is None:
        return None
    first, last = (_number(end) for end in ends)
    if first > last:
        raise UsageError(
            "max must be larger than min in range parameter.", caller_location()
        )
    if not (np.isfinite(first) and np.isfinite(last)):
        raise UsageError(
            f"supplied range of [{first}, {last}] is not finite", caller_location()
        )
    return first, last


def _number(end: Any) -> Any:
    return end.item() if hasattr(end, "item") else end


def ndim_of(value: Any) -> int:
    """Return the number of axes of a number, an array or nested sequences."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return 1 + (ndim_of(value[0]) if value else 0)
    return getattr(value, "ndim", 0)
