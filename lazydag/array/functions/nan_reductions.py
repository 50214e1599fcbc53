"""Reductions that leave NaN out. They take what those of `reductions` take."""

from __future__ import annotations

from typing import Any

import numpy as np

from lazydag.array.array import Array, node_of
from lazydag.array.functions.elementwise import isnan
from lazydag.array.functions.elementwise import where as choose
from lazydag.array.functions.moments import degrees_lost, mean, std, var
from lazydag.array.functions.reductions import Axis, all, max, min, prod, sum
from lazydag.array.nodes.folds import NO_VALUE
from lazydag.array.outputs import given


def nansum(
    x: Any,
    /,
    axis: Axis = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = NO_VALUE,
    where: Any = True,
) -> Array:
    """Sum over axes, NaN counting as zero.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.nansum([1.0, ld.nan, 3.0])
    Array(4.)
    """
    return sum(_known_or(x, 0), axis, dtype, out, keepdims, initial, where)


def nanprod(
    x: Any,
    /,
    axis: Axis = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = NO_VALUE,
    where: Any = True,
) -> Array:
    """Product over axes, NaN counting as one."""
    return prod(_known_or(x, 1), axis, dtype, out, keepdims, initial, where)


def nanmean(
    x: Any,
    /,
    axis: Axis = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: bool = False,
    *,
    where: Any = True,
) -> Array:
    """Mean over axes of the elements that are not NaN.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.nanmean([1.0, ld.nan, 3.0])
    Array(2.)
    """
    array = Array(node_of(x))
    return mean(array, axis, dtype, out, keepdims, where=_known(array, where))


def nanvar(
    x: Any,
    /,
    axis: Axis = None,
    dtype: Any = None,
    out: Any = None,
    ddof: float = 0,
    keepdims: bool = False,
    *,
    where: Any = True,
    mean: Any = NO_VALUE,
    correction: float | None = None,
) -> Array:
    """Variance over axes of the elements that are not NaN.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.nanvar([1.0, ld.nan, 3.0])
    Array(1.)
    """
    lost = degrees_lost(ddof, correction)
    array = Array(node_of(x))
    known = _known(array, where)
    found = var(array, axis, dtype, None, lost, keepdims, where=known, mean=mean)
    return _without_too_few(found, known, axis, lost, keepdims, out)


def nanstd(
    x: Any,
    /,
    axis: Axis = None,
    dtype: Any = None,
    out: Any = None,
    ddof: float = 0,
    keepdims: bool = False,
    *,
    where: Any = True,
    mean: Any = NO_VALUE,
    correction: float | None = None,
) -> Array:
    """Standard deviation over axes of the elements that are not NaN."""
    lost = degrees_lost(ddof, correction)
    array = Array(node_of(x))
    known = _known(array, where)
    found = std(array, axis, dtype, None, lost, keepdims, where=known, mean=mean)
    return _without_too_few(found, known, axis, lost, keepdims, out)


def nanmin(
    x: Any,
    /,
    axis: Axis = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = NO_VALUE,
    where: Any = True,
) -> Array:
    """Least element over axes that is not NaN; NaN if there is none.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.nanmin([ld.nan, 3.0, 1.0])
    Array(1.)
    """
    return _nan_extreme(min, np.inf, x, axis, out, keepdims, initial, where)


def nanmax(
    x: Any,
    /,
    axis: Axis = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = NO_VALUE,
    where: Any = True,
) -> Array:
    """Greatest element over axes that is not NaN; NaN if there is none.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.nanmax([ld.nan, 3.0, 1.0])
    Array(3.)
    """
    return _nan_extreme(max, -np.inf, x, axis, out, keepdims, initial, where)


def _nan_extreme(
    extreme: Any,
    last: float,
    x: Any,
    axis: Axis,
    out: Any,
    keepdims: bool,
    initial: Any,
    where: Any,
) -> Array:
    array = Array(node_of(x))
    known = _known_or(array, last)
    found: Array = extreme(known, axis, None, keepdims, initial, where)
    if array.dtype.kind in "fc" and (initial is NO_VALUE or initial is None):
        nothing = all(isnan(array), axis, keepdims=keepdims, where=where)
        found = choose(nothing, np.nan, found)
    result: Array = given(out, found, extreme.__name__, "unsafe")
    return result


def _known_or(x: Any, other: float) -> Array:
    """Return `x` with `other` in place of NaN."""
    array = Array(node_of(x))
    return choose(isnan(array), other, array) if array.dtype.kind in "fc" else array


def _known(array: Array, where: Any) -> Any:
    """Return the mask of elements that count; True if all do."""
    if array.dtype.kind not in "fc":
        return where
    known = ~isnan(array)
    return known if where is True else known & Array(node_of(where))


def _without_too_few(
    found: Array, known: Any, axis: Axis, lost: float, keepdims: bool, out: Any
) -> Array:
    """Return NaN where no degrees of freedom are left."""
    if known is not True:
        enough = sum(known, axis, keepdims=keepdims) > lost
        found = choose(enough, found, np.nan)
    result: Array = given(out, found, "divide", "unsafe")
    return result
