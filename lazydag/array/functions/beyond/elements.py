"""Functions of single elements that are no ufuncs."""

from __future__ import annotations

from typing import Any

import numpy as np

from lazydag.array.array import Array, node_of
from lazydag.array.functions import elementwise as e
from lazydag.array.functions.beyond.lanes import as_array
from lazydag.array.functions.beyond.register import stands_for
from lazydag.array.functions.beyond.ufuncs import UFUNCS
from lazydag.array.functions.cumulative import diff
from lazydag.array.nodes.broadcast import cast
from lazydag.array.nodes.dtypes import common, inexact
from lazydag.array.nodes.folds import NO_VALUE
from lazydag.array.nodes.library import call
from lazydag.array.nodes.move import normal_axis
from lazydag.array.outputs import given, write
from lazydag.errors import DTypeError, UsageError
from lazydag.ir.source import caller_location


@stands_for(np.clip)
def clip(
    a: Any,
    a_min: Any = NO_VALUE,
    a_max: Any = NO_VALUE,
    out: Any = None,
    *,
    min: Any = NO_VALUE,
    max: Any = NO_VALUE,
    **kwargs: Any,
) -> Array:
    """Limit the elements to a range; None is no limit.

    Parameters
    ----------
    a : array_like
        Any shape.
    a_min, a_max : array_like or None
        The ends of the range.
    out : Array or ndarray, optional
        Where to write the result.
    min, max : array_like or None
        Other names of the ends.
    **kwargs
        What ufuncs take, such as ``casting=``.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.clip([-1.0, 0.5, 3.0], a_min=0.0, a_max=1.0)
    Array([0. , 0.5, 1. ])
    """
    ends = (a_min, a_max)
    if ends == (NO_VALUE, NO_VALUE):
        ends = (min, max)
    elif (min, max) != (NO_VALUE, NO_VALUE):
        raise UsageError(
            "min= and max= are given besides a_min and a_max", caller_location()
        )
    low, high = (None if end is NO_VALUE else end for end in ends)
    if not kwargs:
        return e.clip(a, low, high, out)
    found = as_array(a)
    if low is not None:
        found = UFUNCS[np.maximum](found, low, **kwargs)
    limit = np.inf if high is None else high
    result: Array = UFUNCS[np.minimum](found, limit, out=out, **kwargs)
    return result


@stands_for(np.fix)
def fix(x: Any, out: Any = None) -> Array:
    """Round towards zero.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.fix([-1.7, 1.7])
    Array([-1.,  1.])
    """
    found: Array = given(out, e.trunc(x), "fix")
    return found


@stands_for(np.nan_to_num)
def nan_to_num(
    x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None
) -> Array:
    """Replace NaN by `nan`, and infinities by the greatest and least numbers.

    Parameters
    ----------
    x : array_like
        Any shape.
    copy : bool
        False: write into `x`, if it is an array.
    nan, posinf, neginf : array_like
        What to put in place; for infinities the dtype's extremes by default.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.nan_to_num([1.0, np.nan], nan=-1.0)
    Array([ 1., -1.])
    """
    found = e.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)
    if copy or not isinstance(x, Array | np.ndarray):
        return found
    written: Array = write(x, found.node, "nan_to_num", "same_kind")
    return written


@stands_for(np.sinc)
def sinc(x: Any) -> Array:
    """``sin(pi x) / (pi x)``, and 1 where x is 0.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.sinc([0.0, 0.5]).round(4)
    Array([1.    , 0.6366])
    """
    array = _inexact(x)
    angle: Array = array * np.pi
    return e.where(angle == 0, 1.0, e.sin(angle) / angle).astype(
        angle.dtype, copy=False
    )


@stands_for(np.i0)
def i0(x: Any) -> Array:
    """Modified Bessel function of the first kind, order 0.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.i0([0.0, 1.0]).round(4)
    Array([1.    , 1.2661])
    """
    array = _inexact(x)
    if array.dtype.kind == "c":
        raise DTypeError("i0 not supported for complex values", caller_location())
    return Array(call("i0", array.node))


@stands_for(np.unwrap)
def unwrap(
    p: Any, discont: Any = None, axis: int = -1, *, period: float = 2 * np.pi
) -> Array:
    """Add multiples of the period, so that neighbours differ by half of it at most.

    Parameters
    ----------
    p : array_like
        Any shape.
    discont : float, optional
        Only differences beyond this are changed; half a period at least.
    axis : int
        Along which neighbours are compared.
    period : float
        The period.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.unwrap([0, 1, 2, -1, 0], period=4)
    Array([0, 1, 2, 3, 4])
    """
    array = as_array(p)
    at = normal_axis(array.node, axis)
    steps = diff(array, axis=at)
    dtype = common((array.dtype, type(period)))
    half, rest = divmod(period, 2) if dtype.kind in "iu" else (period / 2, 0)
    low = -half
    wrapped: Array = (steps - low) % period + low
    if rest == 0:
        wrapped = e.where((wrapped == low) & (steps > 0), half, wrapped)
    least = period / 2 if discont is None else discont
    change = e.where(abs(steps) < least, 0, wrapped - steps)
    first = (slice(None),) * at
    found = array.astype(dtype)
    ahead = (*first, slice(1, None))
    found[ahead] = array[ahead] + change.cumsum(at)
    return found


@stands_for(np.angle)
def angle(z: Any, deg: bool = False) -> Array:
    """Angle of complex numbers with the positive real axis.

    Parameters
    ----------
    z : array_like
        Any shape.
    deg : bool
        In degrees, and not in radians.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.angle([1.0, 1j, -1.0], deg=True)
    Array([  0.,  90., 180.])
    """
    array = as_array(z)
    found = e.arctan2(array.imag, array.real)
    return found * (180 / np.pi) if deg else found


@stands_for(np.iscomplex)
def iscomplex(x: Any) -> Array:
    """Whether the imaginary part is not zero."""
    return as_array(x).imag != 0  # type: ignore[no-any-return]


@stands_for(np.isreal)
def isreal(x: Any) -> Array:
    """Whether the imaginary part is zero."""
    return as_array(x).imag == 0  # type: ignore[no-any-return]


@stands_for(np.real_if_close)
def real_if_close(a: Any, tol: float = 100) -> Array:
    """Real parts, if all imaginary parts are near 0, which is computed.

    Parameters
    ----------
    a : array_like
        Any shape.
    tol : float
        What is near, in units of the type's precision if it is more than 1.
    """
    array = as_array(a)
    if array.dtype.kind != "c":
        return array
    least = tol * np.finfo(array.dtype).eps if tol > 1 else tol
    return array.real if bool((abs(array.imag) < least).all()) else array


def _inexact(x: Any) -> Array:
    node = node_of(x)
    return Array(cast(node, inexact(node.type.dtype), caller_location()))
