"""Arrays repeated, or moved around an axis."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from operator import index
from typing import Any

import numpy as np

from lazydag.array.array import Array
from lazydag.array.functions import repeating
from lazydag.array.functions.assembling import rolled
from lazydag.array.functions.beyond.lanes import as_array
from lazydag.array.functions.beyond.register import stands_for
from lazydag.array.functions.creation import zeros
from lazydag.array.nodes.move import as_shape, normal_axis, reshape
from lazydag.errors import ShapeError, UsageError
from lazydag.ir.source import caller_location

Ints = int | Sequence[int]


@stands_for(np.roll)
def roll(a: Any, shift: Ints, axis: Ints | None = None) -> Array:
    """Move the elements along axes; those that leave come in at the other end.

    Parameters
    ----------
    a : array_like
        Any shape.
    shift : int or sequence of int
        How far, one number for all axes or one for each.
    axis : int or sequence of int, optional
        Along which; in the flattened array by default.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.roll([1, 2, 3, 4], 1)
    Array([4, 1, 2, 3])

    Notes
    -----
    Rolls of an array by ``n`` and ``-n`` read one array that has `n` elements of the
    other end on either side, so that a stencil of rolls makes one such array an axis.
    """
    array = as_array(a)
    if axis is None:
        flat = array.reshape(-1)
        return roll(flat, sum(as_shape(shift)), 0).reshape(array.shape)
    for at, by in _shifts(array, shift, axis).items():
        array = rolled(array, by, at)
    return array.copy()


def _shifts(array: Array, shift: Ints, axis: Ints) -> dict[int, int]:
    """Return how far to go along each axis."""
    axes, shifts = as_shape(axis), as_shape(shift)
    if 1 not in (len(axes), len(shifts)) and len(axes) != len(shifts):
        raise ShapeError(
            f"{len(shifts)} shifts for {len(axes)} axes",
            caller_location(),
            "Give one for all axes, or one for each.",
        )
    found: dict[int, int] = {}
    count = max(len(axes), len(shifts)) if axes and shifts else 0
    for i in range(count):
        at = normal_axis(array.node, axes[i % len(axes)])
        found[at] = found.get(at, 0) + shifts[i % len(shifts)]
    return found


@stands_for(np.resize)
def resize(a: Any, new_shape: Ints) -> Array:
    """Give another shape, repeating the elements in C order as often as needed.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.resize([1, 2, 3], (2, 2))
    Array([[1, 2],
           [3, 1]])
    """
    array, shape = as_array(a), as_shape(new_shape)
    if min(shape, default=0) < 0:
        raise UsageError(
            "all elements of `new_shape` must be non-negative", caller_location()
        )
    if not array.size or not prod(shape):
        return zeros(shape, array.dtype)
    flat = array.reshape(-1)
    times = -(-prod(shape) // array.size)
    cycled = repeating.tile(flat, index(times))[: prod(shape)]
    return Array(reshape(cycled.node, shape))
