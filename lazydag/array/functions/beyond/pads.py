"""Margins around arrays: `pad` in all its modes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np

from lazydag.array.array import Array
from lazydag.array.functions import elementwise as e
from lazydag.array.functions.assembling import joined
from lazydag.array.functions.beyond.lanes import as_array
from lazydag.array.functions.beyond.medians import median
from lazydag.array.functions.beyond.ranges import linspace
from lazydag.array.functions.beyond.register import stands_for
from lazydag.array.functions.creation import zeros
from lazydag.array.nodes.broadcast import broadcast_to
from lazydag.array.nodes.move import normal_axis
from lazydag.errors import DTypeError, UsageError
from lazydag.ir.source import caller_location

Pair: TypeAlias = tuple[Any, Any]
Widths: TypeAlias = list[tuple[int, int]]
#: Given the array, the axis, the widths and the option, it returns both margins.
Margins: TypeAlias = Callable[[Array, int, tuple[int, int], Any], tuple[Array, Array]]


@stands_for(np.pad)
def pad(array: Any, pad_width: Any, mode: Any = "constant", **kwargs: Any) -> Array:
    """Put margins around an array.

    Parameters
    ----------
    array : array_like
        Any shape.
    pad_width : int, pair of int, sequence of pairs, or dict of them by axis
        How many elements before and after, along each axis.
    mode : str or callable
        "constant", "edge", "linear_ramp", "maximum", "mean", "median", "minimum",
        "reflect", "symmetric", "wrap" or "empty". A function gets each lane with its
        margins, the widths, the axis and the options, and writes into the lane.
    **kwargs
        `constant_values`, `end_values`, `stat_length` or `reflect_type`, as the mode
        takes it: for all axes or a pair for each.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.pad([1, 2, 3], (2, 1), mode="reflect")
    Array([3, 2, 1, 2, 3, 2])
    """
    padded = as_array(array)
    widths = _widths(pad_width, padded)
    if callable(mode):
        return Array(value=np.pad(padded.values_for("array"), widths, mode, **kwargs))
    option = _option(mode, kwargs)
    _check_extendable(padded, widths, mode)
    margins, default = _MODES[mode]
    values = kwargs.get(option, default)
    pairs = [values] * padded.ndim
    if option not in ("", "reflect_type"):
        pairs = _as_pairs(values, padded.ndim)
    return _surrounded(padded, widths, pairs, margins)


def _surrounded(
    array: Array, widths: Widths, pairs: list[Any], margins: Margins
) -> Array:
    """Return a larger array, in which the margins of axes are written in turn.

    Those of later axes are as long as the earlier ones have become.
    """
    inner = tuple(
        slice(before, before + length)
        for (before, _), length in zip(widths, array.shape, strict=True)
    )
    sizes = zip(widths, array.shape, strict=True)
    whole = zeros(tuple(n + sum(width) for width, n in sizes), array.dtype)
    whole[inner] = array
    for axis, (width, pair) in enumerate(zip(widths, pairs, strict=True)):
        front, back = (slice(None),) * axis, inner[axis + 1 :]
        known = whole[(*front, *inner[axis:])]
        sides = slice(0, width[0]), slice(inner[axis].stop, None)
        for i, side in enumerate(sides):
            if width[i]:
                # anew, so that nothing is read of the array before the last write
                margin = margins(known, axis, width, pair)[i]
                whole[(*front, side, *back)] = margin
    return whole


def _option(mode: Any, kwargs: Any) -> str:
    """Return the name of the mode's option, having refused all others."""
    if mode not in _MODES:
        raise UsageError(f"mode '{mode}' is not supported", caller_location())
    option = _OPTIONS.get(mode, "")
    others = set(kwargs) - {option}
    if others:
        raise UsageError(
            f"unsupported keyword arguments for mode '{mode}': {others}",
            caller_location(),
        )
    return option


def _check_extendable(array: Array, widths: Any, mode: str) -> None:
    if mode in ("constant", "empty"):
        return
    for axis, (length, pair) in enumerate(zip(array.shape, widths, strict=True)):
        if not length and any(pair):
            raise UsageError(
                f"can't extend empty axis {axis} using modes other than 'constant' or "
                "'empty'",
                caller_location(),
            )


def _widths(given: Any, array: Array) -> Widths:
    """Return how wide the margins of each axis are."""
    if isinstance(given, dict):
        listed: list[Any] = [(0, 0)] * array.ndim
        for axis, width in given.items():
            listed[normal_axis(array.node, axis)] = (
                width if isinstance(width, tuple) else (width, width)
            )
        given = listed
    numbers = np.asarray(given)
    if numbers.dtype.kind != "i":
        raise DTypeError("`pad_width` must be of integral type.", caller_location())
    if numbers.size and numbers.min() < 0:
        raise UsageError("index can't contain negative values", caller_location())
    pairs = np.broadcast_to(numbers, (array.ndim, 2))
    return [(int(before), int(after)) for before, after in pairs]


def _as_pairs(values: Any, ndim: int) -> list[Pair]:
    """Return a pair of values for each axis, of one, a pair, or pairs."""
    if values is None or isinstance(values, Array):
        if values is None or not values.ndim:
            return [(values, values)] * ndim
        stretched = Array(broadcast_to(values.node, (ndim, 2)))
        return [(stretched[i, 0], stretched[i, 1]) for i in range(ndim)]
    pairs = np.broadcast_to(np.asarray(values), (ndim, 2))
    return [(before, after) for before, after in pairs.tolist()]


def _part(array: Array, axis: int, start: int, stop: int) -> Array:
    return array[(*((slice(None),) * axis), slice(start, stop))]


def _repeated(part: Array, axis: int, width: int) -> Array:
    """Return what has one element along an axis, `width` times."""
    shape = list(part.shape)
    shape[axis] = width
    return Array(broadcast_to(part.node, tuple(shape)))


def _constant(
    array: Array, axis: int, width: tuple[int, int], values: Pair
) -> tuple[Array, Array]:
    shape = list(array.shape)
    shape[axis] = 1
    cells = [as_array(value).astype(array.dtype) for value in values]
    first, last = (Array(broadcast_to(cell.node, tuple(shape))) for cell in cells)
    return _repeated(first, axis, width[0]), _repeated(last, axis, width[1])


def _edge(
    array: Array, axis: int, width: tuple[int, int], _values: Any = None
) -> tuple[Array, Array]:
    length = array.shape[axis]
    first = _part(array, axis, 0, 1)
    last = _part(array, axis, length - 1, length)
    return _repeated(first, axis, width[0]), _repeated(last, axis, width[1])


def _linear_ramp(
    array: Array, axis: int, width: tuple[int, int], values: Pair
) -> tuple[Array, Array]:
    edges = _edge(array, axis, (1, 1))
    ramps = []
    for edge, end, count in zip(edges, values, width, strict=True):
        stop = edge.squeeze(axis)
        ramps.append(
            linspace(end, stop, count, endpoint=False, dtype=array.dtype, axis=axis)
        )
    length = ramps[1].shape[axis]
    back = tuple(slice(None) for _ in range(axis))
    return ramps[0], ramps[1][(*back, slice(None, None, -1))] if length else ramps[1]


def _statistic(of: Callable[[Array, int], Array]) -> Margins:
    """Return the margins that hold a statistic of the elements near the edge."""

    def margins(
        array: Array, axis: int, width: tuple[int, int], lengths: Pair
    ) -> tuple[Array, Array]:
        length = array.shape[axis]
        counts = [_stat_length(n, length) for n in lengths]
        first = _part(array, axis, 0, counts[0])
        last = _part(array, axis, length - counts[1], length)
        found = []
        for part, count in zip((first, last), width, strict=True):
            value = of(part, axis)
            if array.dtype.kind in "iu":
                value = e.round(value)
            found.append(_repeated(value.astype(array.dtype), axis, count))
        return found[0], found[1]

    return margins


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


def _wrapped(
    array: Array, axis: int, width: tuple[int, int], _values: Any
) -> tuple[Array, Array]:
    return _by_place(array, axis, width, "wrap")


def _reflected(mode: str) -> Margins:
    def margins(
        array: Array, axis: int, width: tuple[int, int], kind: str
    ) -> tuple[Array, Array]:
        if array.shape[axis] == 1:
            return _edge(array, axis, width)
        if kind == "odd":
            return _turned(array, axis, width, mode)
        return _by_place(array, axis, width, mode)

    return margins


def _by_place(
    array: Array, axis: int, width: tuple[int, int], mode: Any
) -> tuple[Array, Array]:
    """Return margins of elements of the array, which NumPy finds for positions."""
    length = array.shape[axis]
    places = np.pad(np.arange(length), width, mode)
    sides = places[: width[0]], places[width[0] + length :]
    first, last = (_taken(array, axis, side) for side in sides)
    return first, last


def _taken(array: Array, axis: int, places: Any) -> Array:
    """Return the elements at positions that run up and down in long pieces."""
    before = (slice(None),) * axis
    if not len(places):
        return _part(array, axis, 0, 0)
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


def _turned(
    array: Array, axis: int, width: tuple[int, int], mode: str
) -> tuple[Array, Array]:
    """Return the margins of a reflection through the points at the edges."""
    skipped = 0 if mode == "symmetric" else 1
    period = array.shape[axis] - skipped
    left, right, wide = *width, array
    while left or right:
        have = wide.shape[axis] - skipped
        size = max(have // period * period, 1)
        parts = [wide.node]
        length = wide.shape[axis]
        edges = _edge(wide, axis, (1, 1))
        lefts, rights = min(size, left), min(size, right)
        if lefts:
            near = _part(wide, axis, skipped, skipped + lefts)
            parts.insert(0, _mirrored(near, axis, edges[0]).node)
        if rights:
            stop = length - skipped
            near = _part(wide, axis, stop - rights, stop)
            parts.append(_mirrored(near, axis, edges[1]).node)
        wide = joined(parts, axis)
        left, right = left - lefts, right - rights
    total = wide.shape[axis]
    return _part(wide, axis, 0, width[0]), _part(wide, axis, total - width[1], total)


def _mirrored(near: Array, axis: int, edge: Array) -> Array:
    back = near[(*((slice(None),) * axis), slice(None, None, -1))]
    found: Array = 2 * edge - back
    return found


def _mean(array: Array, axis: int) -> Array:
    return array.mean(axis, keepdims=True)


def _maximum(array: Array, axis: int) -> Array:
    return array.max(axis, keepdims=True)


def _minimum(array: Array, axis: int) -> Array:
    return array.min(axis, keepdims=True)


# the margins of each mode, and its option where that is not given
_MODES: dict[str, tuple[Margins, Any]] = {
    "constant": (_constant, 0),
    "edge": (_edge, None),
    "empty": (_constant, (0, 0)),
    "linear_ramp": (_linear_ramp, 0),
    "maximum": (_statistic(_maximum), None),
    "mean": (_statistic(_mean), None),
    "median": (_statistic(_median), None),
    "minimum": (_statistic(_minimum), None),
    "reflect": (_reflected("reflect"), "even"),
    "symmetric": (_reflected("symmetric"), "even"),
    "wrap": (_wrapped, None),
}
_OPTIONS = {
    "constant": "constant_values",
    "linear_ramp": "end_values",
    **dict.fromkeys(("maximum", "mean", "median", "minimum"), "stat_length"),
    **dict.fromkeys(("reflect", "symmetric"), "reflect_type"),
}
