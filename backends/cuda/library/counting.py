"""What counts and looks for places, and may be given what has none; codes say so."""

from __future__ import annotations

from typing import Any

import numpy as np

from lazydag.backends.cuda.library.blas import Array


def nanargmin(xp: Any, x: Array, axis: int) -> tuple[Array, Array]:
    """Return positions of the least elements, NaN being the greatest, and a code."""
    is_nan = xp.isnan(x)
    found = xp.argmin(xp.where(is_nan, np.inf, x), axis=axis)
    return found, is_nan.all(axis).any().astype("i4")


def nanargmax(xp: Any, x: Array, axis: int) -> tuple[Array, Array]:
    """Return positions of the greatest elements, NaN being the least, and a code."""
    is_nan = xp.isnan(x)
    found = xp.argmax(xp.where(is_nan, -np.inf, x), axis=axis)
    return found, is_nan.all(axis).any().astype("i4")


def bincount(xp: Any, x: Array, length: int) -> tuple[Array, Array]:
    """Count each of the integers below `length`, and tell whether others are there."""
    ordered = xp.sort(x)
    bounds = xp.arange(length + 1).astype(x.dtype)
    starts = xp.searchsorted(ordered, bounds, "left")
    is_bad = ((x < 0) | (x >= length)).any()
    return starts[1:] - starts[:-1], is_bad.astype("i4")


def digitize(xp: Any, x: Array, bins: Array, right: bool) -> tuple[Array, Array]:
    """Return the number of the bin of each element, and whether bins are in order."""
    last = bins.shape[0]
    is_up, is_down = (bins[1:] >= bins[:-1]).all(), (bins[1:] <= bins[:-1]).all()
    x = xp.ascontiguousarray(x)
    side = "left" if right else "right"
    rising = xp.searchsorted(bins, x, side)
    falling = last - xp.searchsorted(bins[::-1], x, side)
    return xp.where(is_up, rising, falling), (~(is_up | is_down)).astype("i4")
