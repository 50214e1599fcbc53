"""Functions of parts: by conditions, by axes and along lanes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from lazydag.array.array import Array
from lazydag.array.functions import elementwise as e
from lazydag.array.functions.beyond.lanes import as_array
from lazydag.array.functions.beyond.register import stands_for
from lazydag.array.functions.shapes import broadcast_to, expand_dims
from lazydag.array.nodes.move import normal_axis
from lazydag.errors import DTypeError, ShapeError, UsageError
from lazydag.ir.source import caller_location

_WEAK = (int, float, complex)


@stands_for(np.select)
def select(condlist: Sequence[Any], choicelist: Sequence[Any], default: Any = 0) -> Any:
    """Choose by element what belongs to the first condition that holds.

    Parameters
    ----------
    condlist : sequence of array_like of bool
        The conditions.
    choicelist : sequence of array_like
        What to choose for each.
    default : array_like
        What to choose where none holds.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> x = np.arange(5)
    >>> np.select([x < 2, x > 3], [x, 10 * x], -1)
    Array([ 0,  1, -1, -1, 40])
    """
    if len(condlist) != len(choicelist):
        raise UsageError(
            "list of cases must be same length as list of conditions",
            caller_location(),
        )
    if not len(condlist):
        raise UsageError(
            "select with an empty condition list is not possible", caller_location()
        )
    masks = [as_array(each) for each in condlist]
    for i, mask in enumerate(masks):
        if mask.dtype.kind != "b":
            raise DTypeError(
                f"invalid entry {i} in condlist: should be boolean ndarray",
                caller_location(),
            )
    given = [c if type(c) in _WEAK else as_array(c) for c in (*choicelist, default)]
    dtype = np.result_type(*(c.dtype if isinstance(c, Array) else c for c in given))
    *choices, found = (as_array(c).astype(dtype, copy=False) for c in given)
    for mask, choice in zip(masks[::-1], choices[::-1], strict=True):
        found = e.where(mask, choice, found)
    return found


@stands_for(np.piecewise)
def piecewise(
    x: Any, condlist: Any, funclist: Sequence[Any], *args: Any, **kw: Any
) -> Array:
    """Apply the function of the last condition that holds for an element.

    Parameters
    ----------
    x : array_like
        What the functions get.
    condlist : sequence of array_like of bool
        The conditions, each in the shape of `x`; where none holds, the result is zero.
    funclist : sequence of callable or number
        A function for each condition, and perhaps another one for where none holds.
        They get all elements in one axis, so they have to compute element by element.
    *args, **kw
        Passed to the functions.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> x = np.array([-2.0, 3.0])
    >>> np.piecewise(x, [x < 0, x >= 0], [lambda v: -v, 10])
    Array([ 2., 10.])
    """
    array = as_array(x)
    masks = _conditions(condlist, array)
    if len(masks) == len(funclist) - 1:
        held = masks[0]
        for mask in masks[1:]:
            held = e.logical_or(held, mask)
        masks.append(e.logical_not(held))
    if len(masks) != len(funclist):
        raise UsageError(
            f"with {len(masks)} condition(s), either {len(masks)} or {len(masks) + 1} "
            "functions are expected",
            caller_location(),
        )
    found: Any = array.dtype.type(0)
    for mask, function in zip(masks, funclist, strict=True):
        value = function
        if callable(function):
            value = as_array(function(array.reshape(-1), *args, **kw))
            value = value.reshape(array.shape) if value.ndim else value
        new = as_array(value).astype(array.dtype, copy=False)
        found = e.where(mask, new, found)
    return broadcast_to(found, array.shape).copy()


def _conditions(condlist: Any, array: Array) -> list[Array]:
    """Return the masks, one for each condition."""
    if not hasattr(condlist, "__len__") or not getattr(condlist, "shape", (1,)):
        condlist = [condlist]
    first = condlist[0]
    is_row = isinstance(first, list) or getattr(first, "ndim", 0) > 0
    if array.ndim and not is_row:
        condlist = [condlist]
    return [as_array(each).astype(bool, copy=False) for each in condlist]


@stands_for(np.apply_over_axes)
def apply_over_axes(func: Callable[..., Any], a: Any, axes: Any) -> Array:
    """Apply a function to an array and one axis after the other.

    Parameters
    ----------
    func : callable
        ``func(array, axis)`` returns an array with or without the axis.
    a : array_like
        What it gets first.
    axes : int or sequence of int
        Which axes; the results keep them.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.apply_over_axes(np.sum, np.ones((2, 3)), [0, 1])
    Array([[6.]])
    """
    found = array = as_array(a)
    for axis in np.atleast_1d(np.asarray(axes)).tolist():
        at = axis + array.ndim if axis < 0 else axis
        result = as_array(func(found, at))
        if result.ndim != found.ndim:
            result = expand_dims(result, at)
        if result.ndim != found.ndim:
            raise ShapeError(
                "function is not returning an array of the correct shape",
                caller_location(),
            )
        found = result
    return found


@stands_for(np.apply_along_axis)
def apply_along_axis(
    func1d: Callable[..., Any], axis: int, arr: Any, *args: Any, **kwargs: Any
) -> Array:
    """Apply a function to each lane along an axis.

    The values are computed, and the function gets NumPy arrays: what it does may depend
    on them.

    Parameters
    ----------
    func1d : callable
        ``func1d(lane, *args, **kwargs)`` returns a number or an array.
    axis : int
        Along which the lanes lie.
    arr : array_like
        Any shape.
    *args, **kwargs
        Passed to the function.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.apply_along_axis(sorted, 0, [[3, 1], [2, 4]])
    Array([[2, 1],
           [3, 4]])
    """
    array = as_array(arr)
    at, values = normal_axis(array.node, axis), array.values_for("array")
    return Array(value=np.apply_along_axis(func1d, at, values, *args, **kwargs))
