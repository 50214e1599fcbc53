"""Slopes of samples: `gradient`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lazydag.array.array import Array
from lazydag.array.functions import elementwise as e
from lazydag.array.functions.assembling import joined, part
from lazydag.array.functions.beyond.calculus import diff
from lazydag.array.functions.beyond.lanes import as_array
from lazydag.array.functions.beyond.register import stands_for
from lazydag.array.functions.reductions import all as all_
from lazydag.array.nodes.dtypes import inexact
from lazydag.array.nodes.move import as_shape, normal_axes
from lazydag.errors import UsageError
from lazydag.ir.source import caller_location


@stands_for(np.gradient)
def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """Slopes along axes: central differences, one-sided ones at the ends.

    Parameters
    ----------
    f : array_like
        The samples.
    *varargs : array_like
        How far they lie apart: one number for all axes, or for each axis a number or
        the places of the samples.
    axis : int or tuple of int, optional
        Along which; all by default.
    edge_order : {1, 2}
        How many differences are taken at the ends.

    Returns
    -------
    Array or tuple of Array
        One for each axis.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.gradient([1.0, 4.0, 9.0, 16.0], 0.5)
    Array([ 6.,  8., 12., 14.])
    """
    array = as_array(f)
    axes = tuple(range(array.ndim))
    if axis is not None:
        axes = normal_axes(array.node, as_shape(axis))
    spacings = _spacings(array, varargs, axes)
    if edge_order > 2:
        raise UsageError("'edge_order' greater than 2 not supported", caller_location())
    if any(array.shape[at] < edge_order + 1 for at in axes):
        raise UsageError(
            "Shape of array too small to calculate a numerical gradient, at least "
            "(edge_order + 1) elements are required.",
            caller_location(),
        )
    dtype = inexact(array.dtype)
    if array.dtype.kind in "iu":
        array = array.astype(dtype)
    found = tuple(
        _slopes(array, at, by, edge_order).astype(dtype, copy=False)
        for at, by in zip(axes, spacings, strict=True)
    )
    return found[0] if len(found) == 1 else found


def _spacings(array: Array, given: Sequence[Any], axes: tuple[int, ...]) -> list[Any]:
    """Return for each axis the distance of the samples, or all distances."""
    if not given:
        return [1.0] * len(axes)
    if len(given) == 1 and not getattr(as_array(given[0]), "ndim", 0):
        return [given[0]] * len(axes)
    if len(given) != len(axes):
        raise TypeError("invalid number of arguments")
    return [_distances(by, array.shape[at]) for by, at in zip(given, axes, strict=True)]


def _distances(given: Any, length: int) -> Any:
    places = as_array(given)
    if not places.ndim:
        return given
    if places.ndim != 1:
        raise UsageError("distances must be either scalars or 1d", caller_location())
    if places.size != length:
        raise UsageError(
            "when 1d, distances must match the length of the corresponding dimension",
            caller_location(),
        )
    if places.dtype.kind in "iu":
        places = places.astype(float)
    return diff(places)


def _slopes(array: Array, axis: int, by: Any, order: int) -> Array:
    if not getattr(by, "ndim", 0):
        return _evenly(array, axis, by, order)
    # NumPy takes distances that are all the same for one number
    even = all_(e.equal(by, by[0]))
    return e.where(
        even, _evenly(array, axis, by[0], order), _unevenly(array, axis, by, order)
    )


def _evenly(array: Array, axis: int, by: Any, order: int) -> Array:
    f = [part(array, axis, i, i + 1) for i in range(order + 1)]
    length = array.shape[axis]
    b = [part(array, axis, length - i - 1, length - i) for i in range(order + 1)]
    inner = (part(array, axis, 2, None) - part(array, axis, None, -2)) / (2.0 * by)
    if order == 1:
        first, last = (f[1] - f[0]) / by, (b[0] - b[1]) / by
    else:
        first = (-1.5 / by) * f[0] + (2.0 / by) * f[1] + (-0.5 / by) * f[2]
        last = (0.5 / by) * b[2] + (-2.0 / by) * b[1] + (1.5 / by) * b[0]
    return joined([first.node, inner.node, last.node], axis)


def _unevenly(array: Array, axis: int, by: Array, order: int) -> Array:
    f = [part(array, axis, i, i + 1) for i in range(order + 1)]
    length = array.shape[axis]
    b = [part(array, axis, length - i - 1, length - i) for i in range(order + 1)]
    h: Any = by.reshape([-1 if i == axis else 1 for i in range(array.ndim)])
    h1, h2 = part(h, axis, 0, -1), part(h, axis, 1, None)
    inner = (
        -h2 / (h1 * (h1 + h2)) * part(array, axis, None, -2)
        + (h2 - h1) / (h1 * h2) * part(array, axis, 1, -1)
        + h1 / (h2 * (h1 + h2)) * part(array, axis, 2, None)
    )
    if order == 1:
        first, last = (f[1] - f[0]) / by[0], (b[0] - b[1]) / by[-1]
    else:
        first, last = _first(f, by[0], by[1]), _last(b, by[-2], by[-1])
    return joined([first.node, inner.node, last.node], axis)


def _first(f: list[Any], h1: Any, h2: Any) -> Any:
    """Return the slope at the first of three samples."""
    return (
        -(2.0 * h1 + h2) / (h1 * (h1 + h2)) * f[0]
        + (h1 + h2) / (h1 * h2) * f[1]
        + -h1 / (h2 * (h1 + h2)) * f[2]
    )


def _last(b: list[Any], h1: Any, h2: Any) -> Any:
    """Return the slope at the last of three samples, which come from the end."""
    return (
        h2 / (h1 * (h1 + h2)) * b[2]
        + -(h2 + h1) / (h1 * h2) * b[1]
        + (2.0 * h2 + h1) / (h2 * (h1 + h2)) * b[0]
    )
