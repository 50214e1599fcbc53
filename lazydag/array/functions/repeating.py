"""Functions that repeat elements, or move them around an axis."""

from __future__ import annotations

from collections.abc import Sequence
from operator import index
from typing import Any

import numpy as np

from lazydag.array.array import Array, node_of
from lazydag.array.functions.assembling import rolled
from lazydag.array.functions.taking import take
from lazydag.array.nodes.broadcast import broadcast_to
from lazydag.array.nodes.move import as_shape, normal_axis, reshape
from lazydag.errors import ShapeError
from lazydag.ir.source import caller_location


def repeat(x: Any, repeats: Any, /, axis: int | None = None) -> Array:
    """Repeat each element, or what lies behind it, along an axis.

    Parameters
    ----------
    x : array_like
        Any shape.
    repeats : int or array_like of int
        How often; one number for all, or one for each, which is computed then.
    axis : int, optional
        Along which; in the flattened array by default.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.repeat([1, 2], 2), ld.repeat([1, 2], [1, 3])
    (Array([1, 1, 2, 2]), Array([1, 2, 2, 2]))
    """
    node = node_of(x)
    if axis is None:
        node, axis = reshape(node, (-1,)), 0
    at = normal_axis(node, axis)
    if not isinstance(repeats, int):
        counts = Array(node_of(repeats)).values_for("shape")
        places = np.repeat(np.arange(node.type.shape[at]), counts)
        return take(Array(node), places, axis=at)
    before, count, after = (
        node.type.shape[:at],
        node.type.shape[at],
        node.type.shape[at + 1 :],
    )
    apart = reshape(node, (*before, count, 1, *after))
    spread = broadcast_to(apart, (*before, count, repeats, *after))
    return Array(reshape(spread, (*before, count * repeats, *after)))


def tile(x: Any, repetitions: int | Sequence[int], /) -> Array:
    """Repeat the whole array along each axis, so many times.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.tile([1, 2], (2, 2))
    Array([[1, 2, 1, 2],
           [1, 2, 1, 2]])
    """
    node, times = node_of(x), as_shape(repetitions)
    ndim = max(len(node.type.shape), len(times))
    shape = (1,) * (ndim - len(node.type.shape)) + node.type.shape
    times = (1,) * (ndim - len(times)) + times
    pairs = tuple(zip(times, shape, strict=True))
    apart = reshape(node, tuple(n for _, size in pairs for n in (1, size)))
    spread = broadcast_to(apart, tuple(n for pair in pairs for n in pair))
    return Array(reshape(spread, tuple(count * size for count, size in pairs)))


def roll(
    x: Any,
    /,
    shift: int | Sequence[int],
    axis: int | Sequence[int] | None = None,
) -> Array:
    """Move the elements along axes; those that leave come in at the other end.

    Parameters
    ----------
    x : array_like
        Any shape.
    shift : int or sequence of int
        How far, one number for all axes or one for each.
    axis : int or sequence of int, optional
        Along which; in the flattened array by default.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.roll([1, 2, 3, 4], 1)
    Array([4, 1, 2, 3])
    """
    array = Array(node_of(x))
    if axis is None:
        flat = rolled(array.reshape(-1), index(as_shape(shift)[0]), 0)
        return flat.reshape(array.shape).copy()
    axes, shifts = as_shape(axis), as_shape(shift)
    if len(shifts) == 1:
        shifts = shifts * len(axes)
    if len(shifts) != len(axes):
        raise ShapeError(
            f"{len(shifts)} shifts for {len(axes)} axes",
            caller_location(),
            "Give one for all axes, or one for each.",
        )
    for by, along in zip(shifts, axes, strict=True):
        array = rolled(array, by, normal_axis(array.node, along))
    return array.copy()


def unstack(x: Any, /, *, axis: int = 0) -> tuple[Array, ...]:
    """Take an array apart along an axis, which goes.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.unstack([[1, 2], [3, 4]])
    (Array([1, 2]), Array([3, 4]))
    """
    array = Array(node_of(x))
    before = (slice(None),) * normal_axis(array.node, axis)
    return tuple(array[(*before, i)] for i in range(array.shape[len(before)]))


def broadcast_shapes(*shapes: Sequence[int]) -> tuple[int, ...]:
    """Return the shape that all shapes stretch to.

    Raises
    ------
    ShapeError
        If there is none.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.broadcast_shapes((3, 1), (2,))
    (3, 2)
    """
    try:
        return np.broadcast_shapes(*map(tuple, shapes))
    except ValueError:
        listed = " and ".join(map(str, shapes))
        raise ShapeError(
            f"shapes {listed} do not stretch to one", caller_location()
        ) from None
