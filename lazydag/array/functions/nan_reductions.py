"""Reductions that leave NaN out."""

from __future__ import annotations

from typing import Any

import numpy as np

from lazydag.array.array import Array, node_of
from lazydag.array.functions.elementwise import isnan, where
from lazydag.array.functions.made import refuse_out
from lazydag.array.functions.reductions import Axis, all, max, min, prod, sum


def nansum(
    x: Any,
    /,
    axis: Axis = None,
    dtype: Any = None,
    out: None = None,
    keepdims: bool = False,
) -> Array:
    """Sum over axes, NaN counting as zero.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.nansum([1.0, ld.nan, 3.0])
    Array(4.)
    """
    return sum(_known_or(x, 0), axis, dtype, out, keepdims)


def nanprod(
    x: Any,
    /,
    axis: Axis = None,
    dtype: Any = None,
    out: None = None,
    keepdims: bool = False,
) -> Array:
    """Product over axes, NaN counting as one."""
    return prod(_known_or(x, 1), axis, dtype, out, keepdims)


def nanmean(
    x: Any,
    /,
    axis: Axis = None,
    dtype: Any = None,
    out: None = None,
    keepdims: bool = False,
) -> Array:
    """Mean over axes of the elements that are not NaN.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.nanmean([1.0, ld.nan, 3.0])
    Array(2.)
    """
    refuse_out(out)
    array = Array(node_of(x))
    if array.dtype.kind not in "fc":
        return array.mean(axis, dtype, keepdims)
    total = nansum(array, axis, dtype, keepdims=keepdims)
    return _over_count(total, array, axis, 0, keepdims)


def nanvar(
    x: Any,
    /,
    axis: Axis = None,
    dtype: Any = None,
    out: None = None,
    ddof: float = 0,
    keepdims: bool = False,
    *,
    correction: float | None = None,
) -> Array:
    """Variance over axes of the elements that are not NaN.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.nanvar([1.0, ld.nan, 3.0])
    Array(1.)
    """
    refuse_out(out)
    lost = ddof if correction is None else correction
    array = Array(node_of(x))
    if array.dtype.kind not in "fc":
        return array.var(axis, dtype, lost, keepdims)
    if dtype is not None:
        array = array.astype(dtype, copy=False)
    deviation = array - nanmean(array, axis, keepdims=True)
    squares = nansum((deviation * deviation.conj()).real, axis, keepdims=keepdims)
    return _over_count(squares, array, axis, lost, keepdims)


def nanstd(
    x: Any,
    /,
    axis: Axis = None,
    dtype: Any = None,
    out: None = None,
    ddof: float = 0,
    keepdims: bool = False,
    *,
    correction: float | None = None,
) -> Array:
    """Standard deviation over axes of the elements that are not NaN."""
    lost = ddof if correction is None else correction
    found: Array = nanvar(x, axis, dtype, out, lost, keepdims) ** 0.5
    return found


def nanmin(
    x: Any, /, axis: Axis = None, out: None = None, keepdims: bool = False
) -> Array:
    """Least element over axes that is not NaN; NaN if there is none.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.nanmin([ld.nan, 3.0, 1.0])
    Array(1.)
    """
    return _nan_extreme(min, np.inf, x, axis, out, keepdims)


def nanmax(
    x: Any, /, axis: Axis = None, out: None = None, keepdims: bool = False
) -> Array:
    """Greatest element over axes that is not NaN; NaN if there is none.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.nanmax([ld.nan, 3.0, 1.0])
    Array(3.)
    """
    return _nan_extreme(max, -np.inf, x, axis, out, keepdims)


def _nan_extreme(
    extreme: Any, last: float, x: Any, axis: Axis, out: None, keepdims: bool
) -> Array:
    array = Array(node_of(x))
    found: Array = extreme(_known_or(array, last), axis, out, keepdims)
    if array.dtype.kind not in "fc":
        return found
    return where(all(isnan(array), axis, keepdims=keepdims), np.nan, found)


def _known_or(x: Any, other: float) -> Array:
    """Return `x` with `other` in place of NaN."""
    array = Array(node_of(x))
    return where(isnan(array), other, array) if array.dtype.kind in "fc" else array


def _over_count(
    total: Array, array: Array, axis: Axis, lost: float, keepdims: bool
) -> Array:
    """Return `total` by the number of elements that are not NaN, less `lost`."""
    known = sum(~isnan(array), axis, keepdims=keepdims).astype(total.dtype)
    count = known - lost
    found: Array = total / where(count > 0, count, np.nan if lost else count)
    return found
