"""Arrays that are made of others, or of nothing, without arithmetic."""

from __future__ import annotations

from typing import Any

from lazydag.backends.cuda.library.blas import Array


def iota(xp: Any, length: int, dtype: Any, scope: str) -> Array:
    """Count from zero."""
    del scope
    return xp.arange(length, dtype=dtype)


def concat(xp: Any, *arrays: Array, axis: int) -> Array:
    """Join arrays along an axis."""
    return xp.concatenate(arrays, axis)


def argmin(xp: Any, x: Array, axis: int) -> Array:
    """Return positions of the least elements; the first NaN wins."""
    return _first(xp, x, xp.argmin(x, axis=axis), axis)


def argmax(xp: Any, x: Array, axis: int) -> Array:
    """Return positions of the greatest elements; the first NaN wins."""
    return _first(xp, x, xp.argmax(x, axis=axis), axis)


def _first(xp: Any, x: Array, found: Array, axis: int) -> Array:
    """Return positions, or those of the first NaN: CuPy finds any of several."""
    if x.dtype.kind not in "fc":
        return found
    is_nan = xp.isnan(x)
    return xp.where(is_nan.any(axis), is_nan.argmax(axis), found)


def interp(xp: Any, x: Array, places: Array, values: Array) -> Array:
    """Return what lies on the lines between points."""
    return xp.interp(*map(xp.ascontiguousarray, (x, places, values)))


def i0(xp: Any, x: Array) -> Array:
    """Return the modified Bessel function of order 0."""
    return xp.i0(x)


def reinterpret(xp: Any, x: Array, dtype: str) -> Array:
    """Return the bytes as elements of another type."""
    return xp.ascontiguousarray(x).view(dtype)
