"""The margins of `pad`, in each of its modes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np

from lazydag.array.array import Array
from lazydag.array.functions import elementwise as e
from lazydag.array.functions.assembling import joined, part
from lazydag.array.functions.beyond.lanes import as_array
from lazydag.array.functions.beyond.medians import median
from lazydag.array.functions.beyond.ranges import linspace
from lazydag.array.nodes.broadcast import broadcast_to
from lazydag.errors import UsageError
from lazydag.ir.source import caller_location

Pair: TypeAlias = tuple[int, int]
#: ``margin(array, axis, side, widths, option)`` returns what lies before the array
#: along an axis (side 0) or behind it (side 1).
Margin: TypeAlias = Callable[[Array, int, int, Pair, Any], Array]


def constant(array: Array, axis: int, side: int, widths: Pair, value: Any) -> Array:
    """Return a number, which stretches."""
    del array, axis, side, widths
    return as_array(value)


def edge(array: Array, axis: int, side: int, widths: Pair, value: Any = None) -> Array:
    """Return copies of the element at the edge."""
    del value
    return _repeated(_at_edge(array, axis, side), axis, widths[side])


def linear_ramp(array: Array, axis: int, side: int, widths: Pair, value: Any) -> Array:
    """Return numbers that go from a value to that at the edge."""
    stop, count = _at_edge(array, axis, side).squeeze(axis), widths[side]
    ramp: Array = linspace(
        value, stop, count, endpoint=False, dtype=array.dtype, axis=axis
    )
    return _reversed(ramp, axis) if side else ramp


def statistic(of: Callable[[Array, int], Array]) -> Margin:
    """Return the margin that holds a statistic of the elements near the edge."""

    def margin(array: Array, axis: int, side: int, widths: Pair, length: Any) -> Array:
        size = array.shape[axis]
        count = _stat_length(length, size)
        near = (size - count, size) if side else (0, count)
        found = of(part(array, axis, *near), axis)
        if array.dtype.kind in "iu":
            found = e.round(found)
        return _repeated(found.astype(array.dtype), axis, widths[side])

    return margin


def _stat_length(given: Any, length: int) -> int:
    if given is not None and given < 0:
        raise UsageError("index can't contain negative values", caller_location())
    count = length if given is None or given > length else int(given)
    if not count:
        raise UsageError(
            "stat_length of 0 yields no value for padding", caller_location()
        )
    return count


def _median(array: Array, axis: int) -> Array:
    found: Array = median(array, axis, keepdims=True)
    return found


def _mean(array: Array, axis: int) -> Array:
    return array.mean(axis, keepdims=True)


def _maximum(array: Array, axis: int) -> Array:
    return array.max(axis, keepdims=True)


def _minimum(array: Array, axis: int) -> Array:
    return array.min(axis, keepdims=True)


def wrapped(array: Array, axis: int, side: int, widths: Pair, value: Any) -> Array:
    """Return elements from the other end."""
    del value
    return _by_place(array, axis, side, widths, "wrap")


def reflected(mode: str) -> Margin:
    """Return the margin of a reflection: at the edges, or behind them if symmetric."""

    def margin(array: Array, axis: int, side: int, widths: Pair, kind: Any) -> Array:
        if array.shape[axis] == 1:
            return edge(array, axis, side, widths)
        if kind == "odd":
            return _turned(array, axis, widths, mode)[side]
        return _by_place(array, axis, side, widths, mode)

    return margin


def _by_place(array: Array, axis: int, side: int, widths: Pair, mode: Any) -> Array:
    """Return a margin of elements of the array, which NumPy finds for positions."""
    length = array.shape[axis]
    places = np.pad(np.arange(length), widths, mode)
    sides = places[: widths[0]], places[widths[0] + length :]
    return _taken(array, axis, sides[side])


def _taken(array: Array, axis: int, places: Any) -> Array:
    """Return the elements at positions that run up and down in long pieces."""
    before = (slice(None),) * axis
    if not len(places):
        return part(array, axis, 0, 0)
    pieces = [array[(*before, _as_slice(run))].node for run in _runs(places)]
    return joined(pieces, axis)


def _runs(places: Any) -> Iterator[Any]:
    """Take positions apart into pieces that run up or down one by one."""
    steps, start = np.diff(places).tolist(), 0
    while start < len(places):
        stop = start + 1
        while (
            stop < len(places)
            and abs(steps[stop - 1]) == 1
            and steps[stop - 1] == steps[start]
        ):
            stop += 1
        yield places[start:stop]
        start = stop


def _as_slice(places: Any) -> slice:
    first, last = int(places[0]), int(places[-1])
    step = 1 if last >= first else -1
    stop = last + step
    return slice(first, None if stop < 0 else stop, step)


def _turned(array: Array, axis: int, widths: Pair, mode: str) -> tuple[Array, Array]:
    """Return the margins of a reflection through the points at the edges."""
    skipped = 0 if mode == "symmetric" else 1
    period = array.shape[axis] - skipped
    left, right, wide = *widths, array
    while left or right:
        have = wide.shape[axis] - skipped
        size = max(have // period * period, 1)
        parts = [wide.node]
        length = wide.shape[axis]
        lefts, rights = min(size, left), min(size, right)
        if lefts:
            near = part(wide, axis, skipped, skipped + lefts)
            parts.insert(0, _mirrored(near, axis, _at_edge(wide, axis, 0)).node)
        if rights:
            stop = length - skipped
            near = part(wide, axis, stop - rights, stop)
            parts.append(_mirrored(near, axis, _at_edge(wide, axis, 1)).node)
        wide = joined(parts, axis)
        left, right = left - lefts, right - rights
    total = wide.shape[axis]
    first = part(wide, axis, 0, widths[0])
    return first, part(wide, axis, total - widths[1], total)


def _mirrored(near: Array, axis: int, center: Array) -> Array:
    found: Array = 2 * center - _reversed(near, axis)
    return found


def _at_edge(array: Array, axis: int, side: int) -> Array:
    place = array.shape[axis] - 1 if side else 0
    return part(array, axis, place, place + 1)


def _reversed(array: Array, axis: int) -> Array:
    return array[(*((slice(None),) * axis), slice(None, None, -1))]


def _repeated(part: Array, axis: int, width: int) -> Array:
    """Return what has one element along an axis, `width` times."""
    shape = list(part.shape)
    shape[axis] = width
    return Array(broadcast_to(part.node, tuple(shape)))


#: The margin of each mode, and its option where that is not given.
MODES: dict[str, tuple[Margin, Any]] = {
    "constant": (constant, 0),
    "edge": (edge, None),
    "empty": (constant, 0),
    "linear_ramp": (linear_ramp, 0),
    "maximum": (statistic(_maximum), None),
    "mean": (statistic(_mean), None),
    "median": (statistic(_median), None),
    "minimum": (statistic(_minimum), None),
    "reflect": (reflected("reflect"), "even"),
    "symmetric": (reflected("symmetric"), "even"),
    "wrap": (wrapped, None),
}
#: What the option of a mode is called.
OPTIONS = {
    "constant": "constant_values",
    "linear_ramp": "end_values",
    **dict.fromkeys(("maximum", "mean", "median", "minimum"), "stat_length"),
    **dict.fromkeys(("reflect", "symmetric"), "reflect_type"),
}
