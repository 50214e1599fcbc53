"""Margins around arrays: `pad`."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from lazydag.array.array import Array
from lazydag.array.functions.beyond.lanes import as_array
from lazydag.array.functions.beyond.margins import MODES, OPTIONS, Margin
from lazydag.array.functions.beyond.register import stands_for
from lazydag.array.functions.creation import full
from lazydag.array.nodes.broadcast import broadcast_to
from lazydag.array.nodes.move import normal_axis
from lazydag.errors import DTypeError, UsageError
from lazydag.ir.source import caller_location

Pair: TypeAlias = tuple[Any, Any]
Widths: TypeAlias = list[tuple[int, int]]


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
    margin, default = MODES[mode]
    values = kwargs.get(option, default)
    if mode in ("constant", "empty") and type(values) in (bool, int, float, complex):
        return _surrounded(padded, widths, values, None, [])
    if option in ("", "reflect_type"):
        pairs = [(values, values)] * padded.ndim
    else:
        pairs = _as_pairs(values, padded.ndim)
    return _surrounded(padded, widths, 0, margin, pairs)


def _surrounded(
    array: Array, widths: Widths, fill: Any, margin: Margin | None, pairs: list[Pair]
) -> Array:
    """Return a larger array full of a number, in which margins are written in turn.

    Those of later axes are as long as the earlier ones have become.
    """
    sizes = list(zip(widths, array.shape, strict=True))
    inner = tuple(slice(before, before + n) for (before, _), n in sizes)
    shape = tuple(n + sum(pair) for pair, n in sizes)
    whole = full(shape, _cell(fill, array.dtype))
    whole[inner] = array
    if margin is None:
        return whole
    for axis, (width, pair) in enumerate(zip(widths, pairs, strict=True)):
        front, back = (slice(None),) * axis, inner[axis + 1 :]
        known = whole[(*front, *inner[axis:])]
        sides = slice(0, width[0]), slice(inner[axis].stop, None)
        for i, side in enumerate(sides):
            if width[i]:
                # of the array as it is now: an older one would have to be kept
                new = margin(known, axis, i, width, pair[i])
                whole[(*front, side, *back)] = new
    return whole


def _cell(value: Any, dtype: Any) -> Any:
    """Return a Python number converted as by an assignment."""
    cell = np.empty((), dtype)
    cell[()] = value
    return cell[()]


def _option(mode: Any, kwargs: Any) -> str:
    """Return the name of the mode's option, having refused all others."""
    if mode not in MODES:
        raise UsageError(f"mode '{mode}' is not supported", caller_location())
    option = OPTIONS.get(mode, "")
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
