"""Medians, with NaN and without."""

from __future__ import annotations

from typing import Any

import numpy as np

from lazydag.array.array import Array
from lazydag.array.functions.beyond.lanes import as_array, item_at, merged, with_axes
from lazydag.array.functions.beyond.order_statistics import (
    count_known,
    ranked,
    ranked_at,
)
from lazydag.array.functions.beyond.out import into
from lazydag.array.functions.beyond.register import stands_for
from lazydag.array.functions.elementwise import isnan, where
from lazydag.array.functions.reductions import Axis


@stands_for(np.median)
def median(
    a: Any,
    axis: Axis = None,
    out: Any = None,
    overwrite_input: bool = False,
    keepdims: bool = False,
) -> Array:
    """Middle element over axes, or the mean of the middle two; NaN if there is one.

    Parameters
    ----------
    a : array_like
        Any shape.
    axis : int, tuple of int or None
        What to reduce; all axes if None.
    out : array, optional
        To write the medians into.
    overwrite_input : bool
        Without meaning here.
    keepdims : bool
        Keep the axes, with one element each.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.median([[10, 7, 4], [3, 2, 1]], axis=1)
    Array([7., 2.])
    """
    del overwrite_input
    array = as_array(a)
    lanes, at = merged(array, axis)
    found = _middle(lanes, at)
    if keepdims:
        found = with_axes(found, array.shape, axis)
    return into(out, "median", found)  # type: ignore[no-any-return]


def _middle(lanes: Array, at: int) -> Array:
    n = lanes.shape[at]
    if not n:
        return lanes.mean(axis=at)
    low, high = (n - 1) // 2, n // 2
    has_nan = lanes.dtype.kind in "fc"
    kth = sorted({low, high, n - 1} if has_nan else {low, high})
    parted = ranked(lanes, kth, at)
    middle = slice(kth.index(low), kth.index(high) + 1)
    found = parted[item_at(at, middle)].mean(axis=at)
    if not has_nan:
        return found
    last = parted[item_at(at, -1)]
    return where(isnan(last), last, found)


@stands_for(np.nanmedian)
def nanmedian(
    a: Any,
    axis: Axis = None,
    out: Any = None,
    overwrite_input: bool = False,
    keepdims: bool = False,
) -> Array:
    """Middle of the elements over axes that are not NaN; NaN if there is none.

    Parameters
    ----------
    a : array_like
        Any shape.
    axis : int, tuple of int or None
        What to reduce; all axes if None.
    out : array, optional
        To write the medians into.
    overwrite_input : bool
        Without meaning here.
    keepdims : bool
        Keep the axes, with one element each.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.nanmedian([np.nan, 7.0, 4.0])
    Array(5.5)
    """
    array = as_array(a)
    if array.dtype.kind not in "fc":
        return median(array, axis, out, overwrite_input, keepdims)
    lanes, at = merged(array, axis)
    if lanes.shape[at]:
        known = count_known(lanes, at)
        sides = [where(known > 0, known - 1, 0) // 2, where(known > 0, known // 2, 0)]
        low, high = ranked_at(lanes, sides, at)
        both = where(known % 2 == 1, low, (low + high) / 2)
        found = both[item_at(at, 0)]
    else:
        found = lanes.mean(axis=at)
    if keepdims:
        found = with_axes(found, array.shape, axis)
    return into(out, "nanmedian", found)  # type: ignore[no-any-return]
