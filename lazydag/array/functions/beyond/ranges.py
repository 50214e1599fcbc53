"""Numbers at even distances, of ends that may be arrays."""

from __future__ import annotations

from operator import index
from typing import Any

import numpy as np

from lazydag.array.array import Array
from lazydag.array.functions import creation
from lazydag.array.functions import elementwise as e
from lazydag.array.functions.beyond.lanes import as_array
from lazydag.array.functions.beyond.register import stands_for
from lazydag.array.functions.made import on_device
from lazydag.array.leaves import leaf
from lazydag.array.nodes.dtypes import as_dtype
from lazydag.array.nodes.move import moveaxis
from lazydag.errors import UsageError
from lazydag.ir.source import caller_location
from lazydag.ir.types import DType


@stands_for(np.arange)
def arange(
    start: Any = None,
    stop: Any = None,
    step: Any = None,
    dtype: Any = None,
    *,
    device: Any = None,
    like: Any = None,
) -> Array:
    """Count from `start` (0 if it is the only number) to before `stop`.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.arange(3), np.arange(1.0, 2.0, 0.25)
    (Array([0, 1, 2]), Array([1.  , 1.25, 1.5 , 1.75]))
    """
    del like
    if start is None and stop is None:
        raise TypeError("arange() requires stop to be specified.")
    first, last, by = (_number(each) for each in (start, stop, step))
    if first is None:
        first, last = last, None
    if last is None:
        first, last = 0 * first, first
    by = 1 if by is None else by
    if by == 0:
        raise ZeroDivisionError("division by zero")
    return creation.arange(first, last, by, dtype, device=device)


def _number(value: Any) -> Any:
    """Return a Python number, which decides the shape."""
    if isinstance(value, Array):
        return value.values_for("shape").item()
    return value.item() if isinstance(value, np.ndarray) else value


@stands_for(np.linspace)
def linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
    *,
    device: Any = None,
) -> Any:
    """Make `num` evenly spaced numbers from `start` to `stop`.

    Parameters
    ----------
    start, stop : array_like
        The ends; for arrays, of each element.
    num : int
        How many numbers.
    endpoint : bool
        Whether `stop` is the last of them.
    retstep : bool
        Return the distance, too.
    dtype : dtype, optional
        Inexact by default; integers are rounded down.
    axis : int
        Where the numbers lie in the result.
    device : str, optional
        Where the values are to be; see `Array.to_device`.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.linspace(0, 1, 5)
    Array([0.  , 0.25, 0.5 , 0.75, 1.  ])
    """
    count = _samples(num)
    wanted = None if dtype is None else as_dtype(dtype)
    if not isinstance(start, Array) and not isinstance(stop, Array):
        values, step = np.linspace(
            start, stop, count, endpoint, retstep=True, dtype=wanted, axis=axis
        )
        found = on_device(Array(leaf(values)), device)
        return _with_step(found, as_array(step), retstep)
    kind = np.result_type(_sample(start), _sample(stop), float(count))
    first = as_array(start) * 1.0
    last = as_array(stop) * 1.0
    found, step = _spaced(first, last, count, endpoint, kind)
    if wanted is not None and wanted.kind in "iu":
        found = e.floor(found)
    found = found.astype(kind if wanted is None else wanted, copy=False)
    if axis:
        found = Array(moveaxis(found.node, 0, axis))
    return _with_step(on_device(found, device), step, retstep)


def _spaced(
    first: Any, last: Any, count: int, endpoint: bool, kind: DType
) -> tuple[Array, Array]:
    """Return the numbers along the first axis, and their distance, as NumPy does."""
    delta: Any = (last - first).astype(kind, copy=False)
    steps = creation.arange(count)
    places: Any = steps.astype(kind).reshape((count, *((1,) * delta.ndim)))
    parts = count - 1 if endpoint else count
    if parts > 0:
        step = delta / parts
        # distances that are too small to be told from none
        vanishes = e.equal(step, 0).any()
        found = e.where(vanishes, places / parts * delta, places * step)
    else:
        step = Array(creation.full((), np.nan).node)
        found = places * delta
    found = found + first
    if endpoint and count > 1:
        is_last = (steps == count - 1).reshape(places.shape)
        found = e.where(is_last, last, found)
    return found, step


def _with_step(found: Array, step: Array, wanted: bool) -> Any:
    return (found, step) if wanted else found


def _samples(num: Any) -> int:
    count = index(num)
    if count < 0:
        raise UsageError(
            f"Number of samples, {count}, must be non-negative.", caller_location()
        )
    return count


def _sample(value: Any) -> Any:
    """Return what promotion looks at: NumPy takes Python numbers for arrays here."""
    return value.dtype if isinstance(value, Array) else np.asarray(value).dtype


@stands_for(np.logspace)
def logspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    base: Any = 10.0,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    """Make numbers with evenly spaced logarithms, from ``base**start`` on.

    Parameters
    ----------
    start, stop : array_like
        The logarithms of the ends.
    num : int
        How many numbers.
    endpoint : bool
        Whether ``base**stop`` is the last of them.
    base : array_like
        Of the logarithms.
    dtype : dtype, optional
        Inexact by default.
    axis : int
        Where the numbers lie in the result.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.logspace(0, 2, 3)
    Array([  1.,  10., 100.])
    """
    if not any(isinstance(each, Array) for each in (start, stop, base)):
        values = np.logspace(start, stop, _samples(num), endpoint, base, axis=axis)
        found = Array(leaf(values))
    else:
        if getattr(base, "shape", ()):
            given = [as_array(each) for each in (start, stop, base)]
            ndim = max(each.ndim for each in given)
            start, stop, base = (_with_ndim(each, ndim) for each in given)
            base = base.reshape(_inserted(base.shape, axis))
        exponents = linspace(start, stop, num, endpoint, axis=axis)
        found = e.pow(base, exponents)
    return found if dtype is None else found.astype(dtype, copy=False)


def _with_ndim(array: Array, ndim: int) -> Array:
    return array.reshape((1,) * (ndim - array.ndim) + array.shape)


def _inserted(shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
    at = axis % (len(shape) + 1)
    return (*shape[:at], 1, *shape[at:])


@stands_for(np.geomspace)
def geomspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    """Make numbers in a geometric progression from `start` to `stop`.

    Parameters
    ----------
    start, stop : array_like
        The ends, not zero.
    num : int
        How many numbers.
    endpoint : bool
        Whether `stop` is the last of them.
    dtype : dtype, optional
        Inexact by default.
    axis : int
        Where the numbers lie in the result.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.geomspace(1, 8, 4)
    Array([1., 2., 4., 8.])
    """
    count = _samples(num)
    if isinstance(start, Array) or isinstance(stop, Array):
        found = _progression(start, stop, count, endpoint)
        if axis:
            found = Array(moveaxis(found.node, 0, axis))
    else:
        found = Array(leaf(np.geomspace(start, stop, count, endpoint, axis=axis)))
    return found if dtype is None else found.astype(dtype, copy=False)


def _progression(start: Any, stop: Any, count: int, endpoint: bool) -> Array:
    """Return a geometric progression along the first axis, as NumPy computes it."""
    kind = np.result_type(_sample(start), _sample(stop), float(count))
    first, last = (as_array(each).astype(kind, copy=False) for each in (start, stop))
    sign: Any = e.sign(first)
    first, last = first / sign, last / sign
    found = logspace(e.log10(first), e.log10(last), count, endpoint)
    places = creation.arange(count).reshape((count, *((1,) * (found.ndim - 1))))
    found = e.where(e.equal(places, 0), first, found)
    if endpoint and count > 1:
        found = e.where(e.equal(places, count - 1), last, found)
    progression: Array = found * sign
    return progression
