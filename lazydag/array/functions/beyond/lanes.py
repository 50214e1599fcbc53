"""Axes of functions that work on lanes: all elements along an axis, or over several."""

from __future__ import annotations

from typing import Any

import numpy as np

from lazydag.array.array import Array, node_of
from lazydag.array.nodes.move import normal_axis, transpose
from lazydag.array.nodes.reduce import reduced_axes
from lazydag.array.values import frozen

Ints = tuple[int, ...]


def as_array(x: Any) -> Array:
    """Return `x` as a lazy array."""
    return x if isinstance(x, Array) else Array(node_of(x))


def known(value: Any) -> Array:
    """Return an array for what NumPy computed; arrays made of it must see the same."""
    return Array(value=frozen(np.asarray(value)))


def flat_or_along(x: Any, axis: int | None) -> tuple[Array, int]:
    """Return an array and which of its axes is meant: with None, it is flattened."""
    array = as_array(x)
    if axis is None:
        return array.reshape(-1), 0
    return array, normal_axis(array.node, axis)


def merged(array: Array, axis: Any) -> tuple[Array, int]:
    """Return `array` with the axes of a reduction made one, and which it is."""
    axes = reduced_axes(array.node, axis)
    if len(axes) == 1:
        return array, axes[0]
    kept = tuple(i for i in range(array.ndim) if i not in axes)
    moved = Array(transpose(array.node, kept + axes))
    shape = tuple(array.shape[i] for i in kept)
    length = 1
    for i in axes:
        length *= array.shape[i]
    return moved.reshape((*shape, length)), len(kept)


def with_axes(result: Array, shape: Ints, axis: Any, before: int = 0) -> Array:
    """Return a reduction's result with axes of one element for those that went.

    Parameters
    ----------
    result : Array
        Its last axes are those of the operand that were kept.
    shape : tuple of int
        The operand's.
    axis : int, tuple of int or None
        What was reduced.
    before : int
        How many axes the result has in front of the operand's.
    """
    ndim = len(shape)
    gone = range(ndim) if axis is None else [i % ndim for i in _listed(axis)]
    kept = tuple(1 if i in gone else n for i, n in enumerate(shape))
    return result.reshape(result.shape[:before] + kept)


def _listed(axis: Any) -> Any:
    return axis if isinstance(axis, tuple | list) else (axis,)


def item_at(axis: int, item: Any) -> tuple[Any, ...]:
    """Return a key that selects along one axis."""
    return (*(slice(None),) * axis, item)
