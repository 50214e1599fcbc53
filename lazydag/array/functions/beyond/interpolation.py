"""Values between samples: `interp`."""

from __future__ import annotations

from typing import Any

import numpy as np

from lazydag.array.array import Array
from lazydag.array.functions import elementwise as e
from lazydag.array.functions.assembling import joined
from lazydag.array.functions.beyond.lanes import as_array
from lazydag.array.functions.beyond.register import stands_for
from lazydag.array.functions.sorting import argsort
from lazydag.array.functions.taking import take
from lazydag.array.nodes.library import call
from lazydag.errors import DTypeError, UsageError
from lazydag.ir.source import caller_location


@stands_for(np.interp)
def interp(
    x: Any,
    xp: Any,
    fp: Any,
    left: Any = None,
    right: Any = None,
    period: Any = None,
) -> Array:
    """Values of the straight lines between samples.

    Parameters
    ----------
    x : array_like
        Where the values are wanted.
    xp : array_like, shape (n,)
        Where the samples are: ascending, unless there is a period.
    fp : array_like, shape (n,)
        The samples.
    left, right : float, optional
        What holds in front of the first and behind the last one; their values by
        default.
    period : float, optional
        After which the samples come again.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.interp([0.5, 2.0, 9.0], [1.0, 3.0], [10.0, 20.0], left=0.0)
    Array([ 0., 15., 20.])
    """
    wanted, places, values = as_array(x), as_array(xp), as_array(fp)
    if "c" in (wanted.dtype.kind, places.dtype.kind):
        raise DTypeError(
            f"cannot interpolate at {wanted.node.type} between samples at "
            f"{places.node.type}: places are real",
            caller_location(),
        )
    if places.ndim != 1 or values.ndim != 1:
        raise UsageError("Data points must be 1-D sequences", caller_location())
    if places.size != values.size:
        raise UsageError("fp and xp are not of the same length.", caller_location())
    if not places.size:
        raise UsageError("array of sample points is empty", caller_location())
    if period is not None:
        return _periodic(wanted, places, values, period)
    found = Array(call("interp", wanted.node, places.node, values.node))
    if left is not None:
        found = _outside(e.less(wanted, places[0]), left, found)
    if right is not None:
        found = _outside(e.greater(wanted, places[-1]), right, found)
    return found


def _outside(mask: Array, value: Any, found: Array) -> Array:
    return e.where(mask, as_array(value).astype(found.dtype), found)


def _periodic(x: Any, places: Any, values: Any, period: Any) -> Array:
    if not isinstance(period, Array) and period == 0:
        raise UsageError("period must be a non-zero value", caller_location())
    length: Any = abs(period)
    inside = places.astype(float) % length
    order = argsort(inside)
    inside, values = take(inside, order), take(values, order)
    ends: Any = inside[-1:] - length, inside[:1] + length
    wider = joined([ends[0].node, inside.node, ends[1].node], 0)
    again = joined([values[-1:].node, values.node, values[:1].node], 0)
    return interp(x.astype(float) % length, wider, again)
