"""Axes moved, added, dropped and reversed: views, as in NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from operator import index
from typing import Any

import numpy as np

from lazydag.array.array import Array, view_of
from lazydag.array.functions.beyond.lanes import as_array
from lazydag.array.functions.beyond.register import stands_for
from lazydag.array.nodes import move
from lazydag.array.nodes.compose import fresh
from lazydag.array.nodes.move import normal_axes, normal_axis
from lazydag.errors import AxisError, UsageError
from lazydag.ir.source import caller_location

Ints = int | Sequence[int]


@stands_for(np.rollaxis)
def rollaxis(a: Any, axis: int, start: int = 0) -> Array:
    """Move one axis in front of the axis that is at place `start` before.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.rollaxis(np.zeros((2, 3, 4)), 2).shape
    (4, 2, 3)
    """
    array = as_array(a)
    at, ndim = normal_axis(array.node, axis), array.ndim
    if not -ndim <= start <= ndim:
        raise AxisError(
            f"'start' arg requires {-ndim} <= start < {ndim + 1}, but {start} was "
            "passed in",
            caller_location(),
        )
    place = start + ndim if start < 0 else start
    return view_of(array, move.moveaxis, at, place - 1 if at < place else place)


@stands_for(np.flipud)
def flipud(m: Any) -> Array:
    """Reverse the order along the first axis.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.flipud([[1, 2], [3, 4]])
    Array([[3, 4],
           [1, 2]])
    """
    return _flipped(m, 0, "Input must be >= 1-d.")


@stands_for(np.fliplr)
def fliplr(m: Any) -> Array:
    """Reverse the order along the second axis.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.fliplr([[1, 2], [3, 4]])
    Array([[2, 1],
           [4, 3]])
    """
    return _flipped(m, 1, "Input must be >= 2-d.")


def _flipped(m: Any, axis: int, otherwise: str) -> Array:
    array = as_array(m)
    if array.ndim <= axis:
        raise UsageError(otherwise, caller_location())
    return view_of(array, move.flip, axis)


@stands_for(np.rot90)
def rot90(m: Any, k: int = 1, axes: Sequence[int] = (0, 1)) -> Array:
    """Turn by `k` right angles in the plane of two axes, from the first to the second.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.rot90([[1, 2], [3, 4]])
    Array([[2, 4],
           [1, 3]])
    """
    array = as_array(m)
    if len(axes) != 2:
        raise UsageError("len(axes) must be 2.", caller_location())
    first, second = normal_axes(array.node, axes)
    turns = index(k) % 4
    if turns == 0:
        return view_of(array, lambda node: node)
    if turns == 2:
        return view_of(array, move.flip, (first, second))
    if turns == 1:
        flipped = view_of(array, move.flip, second)
        return view_of(flipped, move.swapaxes, first, second)
    return view_of(view_of(array, move.swapaxes, first, second), move.flip, second)


@stands_for(np.diagonal)
def diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Array:
    """Diagonals of the matrices that lie in two axes; they become the last axis.

    Parameters
    ----------
    a : array_like
        At least two axes.
    offset : int
        How far above the main diagonal.
    axis1, axis2 : int
        Where rows and columns lie.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.diagonal([[1, 2], [3, 4]])
    Array([1, 4])
    """
    array = as_array(a)
    if array.ndim < 2:
        raise UsageError(
            "diag requires an array of at least two dimensions", caller_location()
        )
    pair = normal_axes(array.node, (axis1, axis2))
    matrices = view_of(array, move.moveaxis, pair, (-2, -1))
    return view_of(matrices, move.diagonal, index(offset))


@stands_for(np.ravel)
def ravel(a: Any, order: str = "C") -> Array:
    """Put the elements into one axis: a view, if they follow each other.

    Parameters
    ----------
    a : array_like
        Any shape.
    order : {"C", "F", "A", "K"}
        With "F", the first axis runs fastest; else the last one.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.ravel([[1, 2], [3, 4]], order="F")
    Array([1, 3, 2, 4])
    """
    array = as_array(a)
    if order == "F":
        return view_of(array, move.transpose).ravel()
    return array.ravel(order)


@stands_for(np.reshape)
def reshape(
    a: Any, /, shape: Ints, order: str = "C", *, copy: bool | None = None
) -> Array:
    """Give the elements another shape; one extent may be -1.

    Parameters
    ----------
    a : array_like
        Any shape.
    shape : int or sequence of int
        Of as many elements.
    order : {"C", "F", "A"}
        With "F", the first axis runs fastest in both; else the last one.
    copy : bool, optional
        True: never a view. False: a view, or an error.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.reshape(np.arange(6), (2, -1))
    Array([[0, 1, 2],
           [3, 4, 5]])
    """
    found = _reshaped(as_array(a), shape, order)
    if copy:
        return Array(fresh(found.node, caller_location()))
    if copy is False and found.owner is found:
        raise UsageError(
            "Unable to avoid creating a copy while reshaping.", caller_location()
        )
    return found


def _reshaped(array: Array, shape: Ints, order: str) -> Array:
    if order != "F":
        move.check_order(order)
        return view_of(array, move.reshape, shape)
    backwards = view_of(array, move.transpose)
    found = view_of(backwards, move.reshape, move.as_shape(shape)[::-1])
    return view_of(found, move.transpose)
