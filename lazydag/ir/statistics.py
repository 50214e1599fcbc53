"""What NumPy computes for functions that sort, rank and count.

Calls of rows in `lazydag.ir.functions`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

NDArray: TypeAlias = "np.ndarray[Any, Any]"

#: In place of a number of bins: the edges are an operand.
EDGES_GIVEN = -1


def sort(x: NDArray, axis: int, descending: bool, kind: Any = "stable") -> NDArray:
    """Sort along an axis."""
    out = np.empty_like(x)
    sort_into(out, x, axis, descending, kind)
    return out


def sort_into(
    out: NDArray, x: NDArray, axis: int, descending: bool, kind: Any = "stable"
) -> None:
    """Sort along an axis, into another array."""
    np.copyto(out, x)
    out.sort(axis=axis, kind=_quickest(x, kind))
    if descending:
        np.copyto(out, np.flip(out, axis))


def _quickest(x: NDArray, kind: Any) -> Any:
    """Return a kind of sort that gives the same bits; that of NaN is one to all."""
    if kind != "stable" or x.dtype.kind not in "iuf" or x.dtype.itemsize < 4:
        return kind
    if x.dtype.kind == "f" and np.any((x == 0) & np.signbit(x)):
        return kind  # zeros of both signs are equal
    return "quicksort"


def running(ufunc: np.ufunc) -> Callable[..., NDArray]:
    """Return a function that combines elements with all before them."""

    def call(x: NDArray, axis: int, initial: bool = False) -> NDArray:
        lengths = (n + (initial and i == axis) for i, n in enumerate(x.shape))
        out = np.empty(tuple(lengths), x.dtype)
        running_into(ufunc, out, x, axis, initial=initial)
        return out

    return call


def running_into(
    ufunc: np.ufunc, out: NDArray, x: NDArray, axis: int, initial: bool = False
) -> None:
    """Combine elements with all before them, behind the identity if that is wanted."""
    if initial:
        lanes = np.moveaxis(out, axis, 0)
        lanes[0] = ufunc.identity
        out = np.moveaxis(lanes[1:], 0, axis)
    ufunc.accumulate(x, axis, x.dtype, out)


def argsort(x: NDArray, axis: int, descending: bool, kind: Any = "stable") -> NDArray:
    """Return the positions that sort, those of equal elements in order."""
    if not descending:
        return np.argsort(x, axis=axis, kind=kind)
    # from the other end, so that equal elements stay in their order
    backwards = np.argsort(np.flip(x, axis), axis=axis, kind="stable")
    found: NDArray = x.shape[axis] - 1 - np.flip(backwards, axis)
    return found


def partition(x: NDArray, kth: tuple[int, ...], axis: int) -> NDArray:
    """Put the elements of ranks `kth` into their places."""
    return np.partition(x, kth, axis)


def argpartition(x: NDArray, kth: tuple[int, ...], axis: int) -> NDArray:
    """Return the positions that `partition` takes elements from."""
    return np.argpartition(x, kth, axis)


def topk(x: NDArray, k: int, axis: int, largest: bool) -> tuple[NDArray, NDArray]:
    """Return the first elements in order, and their positions: the first of equals."""
    lanes = np.moveaxis(x, axis, -1)
    places = _first_in_order(lanes, k, largest=largest)
    found = np.take_along_axis(lanes, places, -1)
    within = argsort(found, -1, largest)
    ordered = (np.take_along_axis(each, within, -1) for each in (found, places))
    values, positions = (np.moveaxis(each, -1, axis) for each in ordered)
    return values, positions


def _first_in_order(lanes: NDArray, k: int, *, largest: bool) -> NDArray:
    """Return the positions of the first `k` elements in order, as they stand."""
    if not lanes.size or not k:
        return np.empty((*lanes.shape[:-1], k), np.int64)
    last = lanes.shape[-1] - k if largest else k - 1
    bound = np.partition(lanes, last)[..., last, None]
    are_nan, is_nan = np.isnan(lanes), np.isnan(bound)
    is_equal = (lanes == bound) | (are_nan & is_nan)
    if largest:  # NaN is the greatest
        is_before = (lanes > bound) | (are_nan & ~is_nan)
    else:
        is_before = (lanes < bound) | (is_nan & ~are_nan)
    missing = k - is_before.sum(-1, keepdims=True)
    is_first = is_before | (is_equal & (is_equal.cumsum(-1) <= missing))
    shape = (*lanes.shape[:-1], k)
    return np.reshape(is_first.nonzero()[-1], shape)


def lexsort(*keys: NDArray, axis: int) -> NDArray:
    """Return the positions that sort by the last key, then by the one before."""
    return np.lexsort(keys, axis)


def nan_position(name: str) -> Any:
    """Return a function that finds an extreme that is not NaN."""
    find = getattr(np, name)

    def call(x: NDArray, axis: int) -> Any:
        return find(x, axis=axis)

    return call


def weighted_quantile(x: NDArray, q: NDArray, weights: NDArray, axis: int) -> Any:
    """Return the quantiles of the distribution that weights give."""
    return np.quantile(x, q, axis=axis, method="inverted_cdf", weights=weights)


def bincount(x: NDArray, *weights: NDArray, length: int) -> NDArray:
    """Count each of the integers below `length`, or add up their weights."""
    weight = _unguarded(weights[0]) if weights else None
    return np.bincount(_unguarded(x), weight, length)


class _Memory:
    """An array's memory, which may be written into: `bincount` copies other arrays."""

    def __init__(self, array: NDArray) -> None:
        interface = dict(array.__array_interface__)
        self.__array_interface__ = interface | {"data": (interface["data"][0], False)}
        self.owner = array


def _unguarded(array: NDArray) -> NDArray:
    return array if array.flags.writeable else np.asarray(_Memory(array))


def histogram(
    x: NDArray,
    *weights: NDArray,
    bins: int,
    range: tuple[float, float] | None,
    density: bool,
) -> tuple[NDArray, NDArray]:
    """Count elements in bins of one width; return counts and edges."""
    weight = weights[0] if weights else None
    with np.errstate(all="ignore"):
        return np.histogram(x, bins, range, density, weight)


def histogram_between(
    x: NDArray, edges: NDArray, *weights: NDArray, density: bool
) -> NDArray:
    """Count elements between edges."""
    weight = weights[0] if weights else None
    with np.errstate(all="ignore"):
        return np.histogram(x, edges, None, density, weight)[0]


def histogramdd(
    sample: NDArray,
    *operands: NDArray,
    bins: tuple[int, ...],
    ranges: tuple[Any, ...],
    density: bool,
) -> tuple[NDArray, ...]:
    """Count points in boxes; return the counts and the edges along each axis."""
    rest = list(operands)
    given: list[Any] = [rest.pop(0) if n == EDGES_GIVEN else n for n in bins]
    weight = rest[0] if rest else None
    with np.errstate(all="ignore"):
        counts, edges = np.histogramdd(sample, given, ranges, density, weight)
    return counts, *edges
