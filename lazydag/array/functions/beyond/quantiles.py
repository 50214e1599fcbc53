"""Quantiles and percentiles, with NaN and without."""

from __future__ import annotations

from typing import Any

import numpy as np

from lazydag.array.array import Array
from lazydag.array.functions.beyond import ranks
from lazydag.array.functions.beyond.lanes import as_array, merged, with_axes
from lazydag.array.functions.beyond.order_statistics import Quantiles, of_lanes
from lazydag.array.functions.beyond.out import into
from lazydag.array.functions.beyond.register import stands_for
from lazydag.array.functions.beyond.weights import check_weights
from lazydag.array.functions.elementwise import isnan, where
from lazydag.array.functions.reductions import Axis
from lazydag.array.functions.shapes import broadcast_to
from lazydag.array.nodes.library import call
from lazydag.errors import DTypeError, UsageError
from lazydag.ir.source import caller_location


@stands_for(np.quantile)
def quantile(  # NumPy's signature
    a: Any,
    q: Any,
    axis: Axis = None,
    out: Any = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
    *,
    weights: Any = None,
) -> Array:
    """Values below which some parts of the elements lie; NaN if there is one.

    Parameters
    ----------
    a : array_like
        Real numbers.
    q : array_like
        The parts, from 0 to 1; at most two axes, which come first in the result. All
        are found in one go.
    axis : int, tuple of int or None
        What to reduce; all axes if None.
    out : array, optional
        To write the result into.
    overwrite_input : bool
        Without meaning here.
    method : str
        How to choose between neighbours: ``"linear"``, ``"lower"``, ``"higher"``,
        ``"midpoint"``, ``"nearest"``, ``"inverted_cdf"``, ``"averaged_inverted_cdf"``,
        ``"closest_observation"``, ``"interpolated_inverted_cdf"``, ``"hazen"``,
        ``"weibull"``, ``"median_unbiased"`` or ``"normal_unbiased"``.
    keepdims : bool
        Keep the axes, with one element each.
    weights : array_like, optional
        How much each element counts, with ``"inverted_cdf"`` only.

    Notes
    -----
    Found by selection. Quantiles that are computed later, and are then outside of 0 to
    1, give the result of the nearest end.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.quantile([10.0, 20.0, 40.0], [0.5, 0.75])
    Array([20., 30.])
    """
    del overwrite_input
    wanted = _wanted(q, 1, method)
    found = _reduced(a, wanted, axis, keepdims, weights, skips_nan=False)
    return into(out, "quantile", found)  # type: ignore[no-any-return]


@stands_for(np.percentile)
def percentile(  # NumPy's signature
    a: Any,
    q: Any,
    axis: Axis = None,
    out: Any = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
    *,
    weights: Any = None,
) -> Array:
    """Return quantiles for parts of a hundred; the arguments are those of `quantile`.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.percentile([10.0, 20.0, 40.0], 75)
    Array(30.)
    """
    del overwrite_input
    wanted = _wanted(q, 100, method)
    found = _reduced(a, wanted, axis, keepdims, weights, skips_nan=False)
    return into(out, "percentile", found)  # type: ignore[no-any-return]


@stands_for(np.nanquantile)
def nanquantile(  # NumPy's signature
    a: Any,
    q: Any,
    axis: Axis = None,
    out: Any = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
    *,
    weights: Any = None,
) -> Array:
    """Return quantiles of the elements that are not NaN, with arguments of `quantile`.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.nanquantile([10.0, np.nan, 40.0], 0.5)
    Array(25.)
    """
    del overwrite_input
    wanted = _wanted(q, 1, method)
    found = _reduced(a, wanted, axis, keepdims, weights, skips_nan=True)
    return into(out, "nanquantile", found)  # type: ignore[no-any-return]


@stands_for(np.nanpercentile)
def nanpercentile(  # NumPy's signature
    a: Any,
    q: Any,
    axis: Axis = None,
    out: Any = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
    *,
    weights: Any = None,
) -> Array:
    """Return percentiles of the elements that are not NaN, see `quantile`.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.nanpercentile([10.0, np.nan, 40.0], 50)
    Array(25.)
    """
    del overwrite_input
    wanted = _wanted(q, 100, method)
    found = _reduced(a, wanted, axis, keepdims, weights, skips_nan=True)
    return into(out, "nanpercentile", found)  # type: ignore[no-any-return]


def _wanted(q: Any, whole: int, method: str) -> Quantiles:
    """Return the quantiles that the user asks for, in parts of `whole`."""
    is_weak = type(q) in (int, float)
    if isinstance(q, Array) and not q.is_computed:
        given: Any = q
    else:
        given = np.asarray(q)
    if given.ndim > 2:
        raise UsageError("q must be a scalar or 1d", caller_location())
    found = given if whole == 1 else given / whole
    if isinstance(found, Array):
        return Quantiles(found.clip(0, 1), is_weak, method)
    found = np.asarray(found)
    if not np.all((found >= 0) & (found <= 1)):
        name = "Quantiles" if whole == 1 else "Percentiles"
        raise UsageError(f"{name} must be in the range [0, {whole}]", caller_location())
    return Quantiles(found, is_weak, method)


def _reduced(  # what the four functions share
    a: Any, wanted: Quantiles, axis: Axis, keepdims: bool, weights: Any, skips_nan: bool
) -> Array:
    array = as_array(a)
    if array.dtype.kind == "c":
        raise DTypeError("a must be an array of real numbers", caller_location())
    if skips_nan and not array.size:
        return array.mean(axis=axis, keepdims=keepdims)  # NumPy's, whatever q is
    if weights is not None:
        found = _weighted(array, wanted, axis, weights, skips_nan)
    else:
        ranks.check_method(wanted.method)
        lanes, at = merged(array, axis)
        found = of_lanes(lanes, at, wanted, skips_nan and array.dtype.kind == "f")
    if keepdims:
        found = with_axes(found, array.shape, axis, wanted.q.ndim)
    return found


def _weighted(
    array: Array, wanted: Quantiles, axis: Axis, weights: Any, skips_nan: bool
) -> Array:
    if wanted.method != "inverted_cdf":
        raise UsageError(
            f"Only method 'inverted_cdf' supports weights. Got: {wanted.method}.",
            caller_location(),
        )
    heavy = check_weights(weights, array, axis)
    if not isinstance(weights, Array) and (np.asarray(weights) < 0).any():
        raise UsageError("Weights must be non-negative.", caller_location())
    lanes, at = merged(array, axis)
    weighty, _ = merged(broadcast_to(heavy, array.shape), axis)
    if skips_nan and array.dtype.kind == "f":
        absent = isnan(lanes)
        absent = absent & ~absent.all(axis=at, keepdims=True)
        lanes, weighty = where(absent, np.inf, lanes), where(absent, 0, weighty)
    nodes = [lanes.node, as_array(wanted.q).node, weighty.node]
    return Array(call("weighted_quantile", *nodes, axis=at))
