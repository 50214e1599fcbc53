"""Differences, slopes and integrals of samples."""

from __future__ import annotations

from operator import index
from typing import Any

import numpy as np

from lazydag.array.array import Array
from lazydag.array.functions import cumulative
from lazydag.array.functions import elementwise as e
from lazydag.array.functions.assembling import joined, part
from lazydag.array.functions.beyond.lanes import as_array
from lazydag.array.functions.beyond.register import stands_for
from lazydag.array.functions.shapes import broadcast_to
from lazydag.array.nodes.dtypes import common
from lazydag.array.nodes.move import check_joint, normal_axis
from lazydag.errors import UsageError
from lazydag.ir.source import caller_location

_UNSET: Any = np._NoValue


@stands_for(np.diff)
def diff(
    a: Any, n: int = 1, axis: int = -1, prepend: Any = _UNSET, append: Any = _UNSET
) -> Array:
    """Differences of neighbours along an axis, taken `n` times.

    Parameters
    ----------
    a : array_like
        At least one axis.
    n : int
        How many times; `a` itself for 0.
    axis : int
        Along which.
    prepend, append : array_like, optional
        What to join in front and behind before.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.diff([1, 4, 9, 16], prepend=0)
    Array([1, 3, 5, 7])
    """
    array, times = as_array(a), index(n)
    if times < 0:
        raise UsageError(
            f"order must be non-negative but got {times}", caller_location()
        )
    if times == 0:
        return array
    if not array.ndim:
        raise UsageError(
            "diff requires input that is at least one dimensional", caller_location()
        )
    at = normal_axis(array.node, axis)
    ends = [_end(each, array.shape, at) for each in (prepend, append)]
    parts = [each for each in (ends[0], array, ends[1]) if each is not None]
    if len(parts) == 1:
        return cumulative.diff(array, times, axis=at)
    return cumulative.diff(_between_neighbours(parts, at), times - 1, axis=at)


def _between_neighbours(parts: list[Array], axis: int) -> Array:
    """Return the differences of neighbours in arrays that follow each other."""
    axis = normal_axis(parts[0].node, axis)
    for each in parts[1:]:
        check_joint(parts[0].node, each.node, axis)
    dtype = common(tuple(each.dtype for each in parts))
    minus = e.not_equal if dtype.kind == "b" else e.subtract
    found, last = [], None
    for given in parts:
        if not given.shape[axis]:
            continue
        each = given.astype(dtype, copy=False)
        if last is not None:
            found.append(minus(part(each, axis, 0, 1), last))
        found.append(minus(part(each, axis, 1, None), part(each, axis, None, -1)))
        last = part(each, axis, -1, None)
    return joined([each.node for each in found or parts], axis)


def _end(value: Any, shape: tuple[int, ...], axis: int) -> Array | None:
    """Return what is joined to an array: a number is one element along the axis."""
    if value is _UNSET:
        return None
    end = as_array(value)
    if end.ndim:
        return end
    return broadcast_to(end, tuple(1 if i == axis else n for i, n in enumerate(shape)))


@stands_for(np.trapezoid)
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Array:
    """Integral along an axis by the trapezoidal rule.

    Parameters
    ----------
    y : array_like
        The samples.
    x : array_like, optional
        Where they were taken: one axis for all lanes, or the shape of `y`.
    dx : array_like
        How far they lie apart, without `x`.
    axis : int
        Along which.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.trapezoid([1.0, 2.0, 3.0], dx=0.5)
    Array(2.)
    """
    array: Any = as_array(y)
    at = normal_axis(array.node, axis)
    steps = dx
    if x is not None:
        places = as_array(x)
        steps = diff(places, axis=axis if places.ndim > 1 else 0)
        if places.ndim == 1:
            steps = steps.reshape([-1 if i == at else 1 for i in range(array.ndim)])
    sums: Any = part(array, at, 1, None) + part(array, at, None, -1)
    return as_array(steps * sums / 2.0).sum(axis)


@stands_for(np.unwrap)
def unwrap(
    p: Any, discont: Any = None, axis: int = -1, *, period: Any = 2 * np.pi
) -> Array:
    """Remove jumps by multiples of a period between neighbours.

    Parameters
    ----------
    p : array_like
        Such as angles.
    discont : float, optional
        What counts as a jump; at least half of the period, which is the default.
    axis : int
        Along which.
    period : float
        How far apart numbers are that mean the same.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.unwrap([1, 2, 3, 0, 1], period=4)
    Array([1, 2, 3, 4, 5])
    """
    array: Any = as_array(p)
    at = normal_axis(array.node, axis)
    steps: Any = diff(array, axis=at)
    least = period / 2 if discont is None else discont
    sample = period.dtype if isinstance(period, Array) else period
    dtype = np.result_type(steps.dtype, sample)
    high, ambiguous = period / 2, True
    if dtype.kind in "iu":
        high, rest = divmod(period, 2)
        ambiguous = rest == 0
    low = -high
    wrapped = e.remainder(steps - low, period) + low
    if ambiguous:
        at_low = e.logical_and(e.equal(wrapped, low), e.greater(steps, 0))
        wrapped = e.where(at_low, high, wrapped)
    jump = e.where(e.less(e.absolute(steps), least), 0, wrapped - steps)
    first = part(array, at, 0, 1).astype(dtype)
    summed: Any = cumulative.cumulative_sum(jump, axis=at)
    rest = (part(array, at, 1, None) + summed).astype(dtype)
    return joined([first.node, rest.node], at)
