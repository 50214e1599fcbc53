"""Elements of lanes by their rank, and what lies between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import prod
from typing import Any

import numpy as np

from lazydag.array.array import Array
from lazydag.array.functions.beyond import ranks
from lazydag.array.functions.beyond.lanes import as_array, item_at
from lazydag.array.functions.creation import zeros
from lazydag.array.functions.elementwise import isnan, where
from lazydag.array.functions.shapes import broadcast_to, concat, moveaxis
from lazydag.array.functions.taking import take
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
        return _by_counting(lanes, at, wanted, skips_nan)
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


def _by_counting(lanes: Array, at: int, wanted: Quantiles, skips_nan: bool) -> Array:
    """Return quantiles whose ranks are not known yet, or differ between lanes."""
    q = as_array(wanted.q)
    floating = inexact(q.dtype)
    length: Any = lanes.shape[at]
    if skips_nan:
        known = count_known(lanes, at)
        length = where(known > 0, known, 1).astype(floating)
    row = tuple(q.size if i == at else 1 for i in range(lanes.ndim))
    parts = q.reshape(row).astype(floating)
    fraction = None
    if wanted.method in ranks.DISCRETE:
        sides = [ranks.DISCRETE[wanted.method](length, parts)]
    else:
        *sides, fraction = ranks.neighbours(wanted.method, length, parts)
    if not skips_nan and lanes.dtype.kind == "f":
        sides.append(np.full((1,) * lanes.ndim, length - 1))
    found, *others = ranked_at(lanes, sides, at)
    if fraction is not None:
        if wanted.is_weak:
            fraction = fraction.astype(inexact(lanes.dtype))
        found = _lerp(found, others.pop(0), fraction)
    for end in others:
        found = where(isnan(end), end, found)
    return moveaxis(found, at, 0).reshape(q.shape + _without(lanes.shape, at))


def count_known(lanes: Array, at: int) -> Array:
    """Return how many elements of each lane are not NaN."""
    found: Array = (~isnan(lanes)).sum(axis=at, keepdims=True)
    return found


def ranked_at(lanes: Array, sides: Sequence[Any], at: int) -> list[Array]:
    """Return the elements of ranks that are computed, all in one go."""
    places = [_beside(as_array(side).astype("i8"), lanes, at) for side in sides]
    joined = concat(places, axis=at)
    found = Array(call("ranked_at", lanes.node, joined.node, axis=at))
    ends = list(accumulate((each.shape[at] for each in places), initial=0))
    return [found[item_at(at, slice(*pair))] for pair in pairwise(ends)]


def _beside(places: Array, lanes: Array, at: int) -> Array:
    shape = list(lanes.shape)
    shape[at] = places.shape[at]
    return broadcast_to(places, tuple(shape))


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
