"""Sorting, and what a sort finds: CuPy's sorts are stable, as ours are."""

from __future__ import annotations

from typing import Any

import numpy as np

from lazydag.backends.cuda.library.blas import Array


def sort(xp: Any, x: Array, axis: int, descending: bool, kind: Any = "stable") -> Array:
    """Return lanes in order; NaN is the greatest."""
    del kind
    found = xp.sort(_comparable(xp, x), axis=axis)
    return xp.flip(found, axis) if descending else found


def argsort(
    xp: Any, x: Array, axis: int, descending: bool, kind: Any = "stable"
) -> Array:
    """Return the positions that sort, those of equal elements in order."""
    del kind
    if not descending:
        return _positions(xp, x, axis)
    backwards = _positions(xp, xp.flip(x, axis), axis)
    return x.shape[axis] - 1 - xp.flip(backwards, axis)


def _positions(xp: Any, x: Array, axis: int) -> Array:
    stable = {"kind": "stable"} if xp is np else {}
    return xp.argsort(_comparable(xp, x), axis=axis, **stable)


def _comparable(xp: Any, x: Array) -> Array:
    """Return a vector without NaN that have a sign: CuPy sorts vectors by their bits.

    Processors make such NaN, which would come before all numbers.
    """
    if x.ndim > 1 or x.dtype.kind != "f":
        return x
    return xp.where(xp.isnan(x), x.dtype.type(np.nan), x)


def partition(xp: Any, x: Array, kth: tuple[int, ...], axis: int) -> Array:
    """Return lanes with elements of some ranks in their places: all of them."""
    del kth
    return sort(xp, x, axis, descending=False)


def argpartition(xp: Any, x: Array, kth: tuple[int, ...], axis: int) -> Array:
    """Return the positions that `partition` takes elements from."""
    del kth
    return _positions(xp, x, axis)


def ranked(xp: Any, x: Array, kth: tuple[int, ...], axis: int) -> Array:
    """Return the elements of some ranks."""
    ordered = sort(xp, x, axis, descending=False)
    return xp.take(ordered, xp.asarray(kth), axis)


def ranked_at(xp: Any, x: Array, places: Array, axis: int) -> Array:
    """Return the elements of ranks that differ between lanes."""
    ordered = sort(xp, x, axis, descending=False)
    return xp.take_along_axis(ordered, places, axis)


def topk(xp: Any, x: Array, k: int, axis: int, largest: bool) -> tuple[Array, Array]:
    """Return the first elements in order, and their positions: the first of equals."""
    places = argsort(xp, x, axis, largest)
    first = xp.moveaxis(xp.moveaxis(places, axis, -1)[..., :k], -1, axis)
    return xp.take_along_axis(x, first, axis), first


def lexsort(xp: Any, *keys: Array, axis: int) -> Array:
    """Return the positions that sort by the last key, then by the one before."""
    order = _positions(xp, keys[0], axis)
    for key in keys[1:]:
        beside = xp.take_along_axis(key, order, axis)
        order = xp.take_along_axis(order, _positions(xp, beside, axis), axis)
    return order


def searchsorted(xp: Any, a: Array, v: Array, side: str = "left") -> Array:
    """Return where elements belong in a vector that is in order."""
    return xp.searchsorted(a, xp.ascontiguousarray(v), side)
