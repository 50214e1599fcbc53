"""Elements of lanes by their rank, and what lies between them."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from lazydag.array.array import Array
from lazydag.array.functions.beyond import ranks
from lazydag.array.functions.beyond.lanes import as_array, item_at
from lazydag.array.functions.creation import zeros
from lazydag.array.functions.elementwise import isnan, where
from lazydag.array.functions.shapes import broadcast_to, moveaxis
from lazydag.array.functions.taking import take, take_along_axis
from lazydag.array.nodes.dtypes import inexact
from lazydag.array.nodes.library import call
from lazydag.errors import AxisError
from lazydag.ir.source import caller_location


@dataclass(frozen=True, slots=True)
class Quantiles:
    """Which quantiles are wanted, and how.

    Parameters
    ----------
    q : ndarray or Array
        From 0 to 1.
    is_weak : bool
        Whether it is a Python number, which leaves the elements' type as it is.
    method : str
        A method of `ranks`.
    """

    q: Any
    is_weak: bool
    method: str


def of_lanes(lanes: Array, at: int, wanted: Quantiles, skips_nan: bool) -> Array:
    """Return quantiles along one axis; their own axes come first.

    Raises
    ------
    AxisError
        If a lane has no elements.
    """
    if not lanes.shape[at]:
        shape = wanted.q.shape + _without(lanes.shape, at)
        if prod(shape):
            raise AxisError("a quantile of no elements", caller_location())
        return zeros(shape, lanes.dtype)
    if skips_nan or isinstance(wanted.q, Array):
        return _by_sorting(lanes, at, wanted, skips_nan)
    return _by_partition(lanes, at, wanted)


def _by_partition(lanes: Array, at: int, wanted: Quantiles) -> Array:
    """Return quantiles whose ranks are known."""
    n, q = lanes.shape[at], wanted.q
    if wanted.method in ranks.DISCRETE or (wanted.method == "linear" and _is_int(q)):
        rank = ranks.DISCRETE.get(wanted.method, ranks.CONTINUOUS["linear"])
        sides, fraction = [rank(n, q)], None
    else:
        *sides, fraction = ranks.neighbours(wanted.method, n, q)
    places = [np.asarray(side).astype(np.int64) for side in sides]
    has_nan = lanes.dtype.kind == "f"
    last = [n - 1] if has_nan or not q.size else []
    kth = np.unique(np.concatenate([*map(np.ravel, places), last]).astype(int))
    found = ranked(lanes, kth, at)
    own = [np.searchsorted(kth, each) for each in places]
    taken = [_in_front(_taken(found, each, at), at, q.ndim) for each in own]
    result = taken[0]
    if fraction is not None:
        below, above = taken
        result = _interpolated(below, above, np.asarray(fraction), wanted.is_weak)
    if not has_nan:
        return result
    end = found[item_at(at, -1)]
    return where(isnan(end), end, result)


def ranked(lanes: Array, kth: Any, at: int) -> Array:
    """Return the elements of these ranks, ascending, in place of the lanes."""
    return Array(call("ranked", lanes.node, kth=tuple(map(int, kth)), axis=at))


def _by_sorting(lanes: Array, at: int, wanted: Quantiles, skips_nan: bool) -> Array:
    """Return quantiles whose ranks are not known yet, or differ between lanes."""
    q = as_array(wanted.q)
    ordered, known = ordered_lanes(lanes, at)
    floating = inexact(q.dtype)
    n = where(known > 0, known, 1).astype(floating) if skips_nan else lanes.shape[at]
    row = tuple(q.size if i == at else 1 for i in range(lanes.ndim))
    parts = q.reshape(row).astype(floating)
    if wanted.method in ranks.DISCRETE:
        found = _along(ordered, ranks.DISCRETE[wanted.method](n, parts), at)
    else:
        *sides, fraction = ranks.neighbours(wanted.method, n, parts)
        below, above = (_along(ordered, side, at) for side in sides)
        if wanted.is_weak:
            fraction = fraction.astype(inexact(lanes.dtype))
        found = _lerp(below, above, fraction)
    if not skips_nan and lanes.dtype.kind == "f":
        end = ordered[item_at(at, slice(-1, None))]
        found = where(isnan(end), end, found)
    found = moveaxis(found, at, 0)
    return found.reshape(q.shape + _without(lanes.shape, at))


def ordered_lanes(lanes: Array, at: int) -> tuple[Array, Array]:
    """Return sorted lanes, and how many elements of each are not NaN."""
    node = call("sort", lanes.node, axis=at, descending=False, kind="quicksort")
    if lanes.dtype.kind not in "fc":
        return Array(node), as_array(lanes.shape[at])
    return Array(node), (~isnan(lanes)).sum(axis=at, keepdims=True)


def _along(ordered: Array, rank: Any, at: int) -> Array:
    places = as_array(rank).astype("i8")
    shape = tuple(
        places.shape[i] if i == at else m for i, m in enumerate(ordered.shape)
    )
    return take_along_axis(ordered, broadcast_to(places, shape), axis=at)


def _taken(parted: Array, places: Any, at: int) -> Array:
    if places.ndim:
        return take(parted, places, axis=at)
    return parted[item_at(at, int(places))]


def _in_front(array: Array, at: int, count: int) -> Array:
    """Return the array with `count` axes from `at` on in front."""
    return moveaxis(array, tuple(range(at, at + count)), tuple(range(count)))


def _interpolated(below: Array, above: Array, fraction: Any, is_weak: bool) -> Array:
    if is_weak:
        return _lerp(below, above, float(fraction))
    shape = fraction.shape + (1,) * (below.ndim - fraction.ndim)
    return _lerp(below, above, fraction.reshape(shape))


def _lerp(below: Array, above: Array, fraction: Any) -> Array:
    """Return the point between, from the side that is nearer to it."""
    step = above - below
    from_below = below + step * fraction
    from_above = above - step * (1 - fraction)
    if isinstance(fraction, float):
        return from_above if fraction >= 0.5 else from_below  # type: ignore[no-any-return]
    return where(fraction >= 0.5, from_above, from_below)


def _is_int(q: Any) -> bool:
    return bool(q.dtype.kind in "iu")


def _without(shape: tuple[int, ...], at: int) -> tuple[int, ...]:
    return shape[:at] + shape[at + 1 :]
