"""Functions that reduce axes. Axes are an int, a tuple, or None for all."""

from __future__ import annotations

from typing import Any

import numpy as np

from lazydag.array.array import Array, node_of
from lazydag.array.functions.elementwise import isclose, isnan, where
from lazydag.array.functions.made import refuse_out
from lazydag.array.nodes import reduce
from lazydag.array.nodes.scalars import constant
from lazydag.ir.types import BOOL

Axis = int | tuple[int, ...] | None


def sum(
    x: Any,
    /,
    axis: Axis = None,
    dtype: Any = None,
    out: None = None,
    keepdims: bool = False,
) -> Array:
    """Sum of the elements over axes; narrow integers are summed in 64 bits.

    Parameters
    ----------
    x : array_like
        Any shape.
    axis : int, tuple of int or None
        What to sum over; all axes if None.
    dtype : dtype, optional
        To sum in.
    out : None
        Not supported.
    keepdims : bool
        Keep the axes, with one element each.

    Notes
    -----
    Pairwise over blocks, in an order that depends on the shape alone.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.sum([[1.0, 2.0], [3.0, 4.0]], axis=0)
    Array([4., 6.])
    """
    refuse_out(out)
    return Array(node_of(x)).sum(axis, dtype, keepdims)


def prod(
    x: Any,
    /,
    axis: Axis = None,
    dtype: Any = None,
    out: None = None,
    keepdims: bool = False,
) -> Array:
    """Product of the elements over axes.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.prod([1, 2, 3, 4])
    Array(24)
    """
    refuse_out(out)
    return Array(node_of(x)).prod(axis, dtype, keepdims)


def mean(
    x: Any,
    /,
    axis: Axis = None,
    dtype: Any = None,
    out: None = None,
    keepdims: bool = False,
) -> Array:
    """Mean of the elements over axes; of integers in f64.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.mean([1.0, 2.0, 6.0])
    Array(3.)
    """
    refuse_out(out)
    return Array(node_of(x)).mean(axis, dtype, keepdims)


def var(
    x: Any,
    /,
    axis: Axis = None,
    dtype: Any = None,
    out: None = None,
    ddof: float = 0,
    keepdims: bool = False,
    *,
    correction: float | None = None,
) -> Array:
    """Variance over axes: squared deviations from the mean, by n - `ddof`.

    Parameters
    ----------
    x : array_like
        Any shape.
    axis : int, tuple of int or None
        What to reduce; all axes if None.
    dtype : dtype, optional
        To compute in.
    out : None
        Not supported.
    ddof : float
        Degrees of freedom that are lost; 1 for the unbiased estimate.
    keepdims : bool
        Keep the axes, with one element each.
    correction : float, optional
        The array API's name of `ddof`.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.var([1.0, 2.0, 3.0]), ld.var([1.0, 2.0, 3.0], ddof=1)
    (Array(0.66666667), Array(1.))
    """
    refuse_out(out)
    lost = ddof if correction is None else correction
    return Array(node_of(x)).var(axis, dtype, lost, keepdims)


def std(
    x: Any,
    /,
    axis: Axis = None,
    dtype: Any = None,
    out: None = None,
    ddof: float = 0,
    keepdims: bool = False,
    *,
    correction: float | None = None,
) -> Array:
    """Standard deviation over axes: the square root of `var`.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.std([1.0, 3.0])
    Array(1.)
    """
    refuse_out(out)
    lost = ddof if correction is None else correction
    return Array(node_of(x)).std(axis, dtype, lost, keepdims)


def min(
    x: Any, /, axis: Axis = None, out: None = None, keepdims: bool = False
) -> Array:
    """Least element over axes; NaN if there is one.

    Raises
    ------
    ShapeError
        If there is no element.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.min([3.0, 1.0, 2.0])
    Array(1.)
    """
    refuse_out(out)
    return Array(node_of(x)).min(axis, keepdims)


def max(
    x: Any, /, axis: Axis = None, out: None = None, keepdims: bool = False
) -> Array:
    """Greatest element over axes; NaN if there is one.

    Raises
    ------
    ShapeError
        If there is no element.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.max([3.0, 1.0, 2.0])
    Array(3.)
    """
    refuse_out(out)
    return Array(node_of(x)).max(axis, keepdims)


def any(
    x: Any, /, axis: Axis = None, out: None = None, keepdims: bool = False
) -> Array:
    """Whether any element is true (not zero), over axes.

    Examples
    --------
    >>> import lazydag as ld
    >>> bool(ld.any([0, 2, 0]))
    True
    """
    refuse_out(out)
    return Array(node_of(x)).any(axis, keepdims)


def all(
    x: Any, /, axis: Axis = None, out: None = None, keepdims: bool = False
) -> Array:
    """Whether all elements are true (not zero), over axes.

    Examples
    --------
    >>> import lazydag as ld
    >>> bool(ld.all([0, 2, 0]))
    False
    """
    refuse_out(out)
    return Array(node_of(x)).all(axis, keepdims)


def argmin(
    x: Any, /, axis: int | None = None, out: None = None, *, keepdims: bool = False
) -> Array:
    """Position of the first least element along an axis; in C order if None.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.argmin([3.0, 1.0, 2.0])
    Array(1)
    """
    refuse_out(out)
    return Array(node_of(x)).argmin(axis, keepdims)


def argmax(
    x: Any, /, axis: int | None = None, out: None = None, *, keepdims: bool = False
) -> Array:
    """Position of the first greatest element along an axis; in C order if None.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.argmax([3.0, 1.0, 2.0])
    Array(0)
    """
    refuse_out(out)
    return Array(node_of(x)).argmax(axis, keepdims)


def count_nonzero(x: Any, /, axis: Axis = None, *, keepdims: bool = False) -> Array:
    """Count the elements that are not zero, over axes.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.count_nonzero([0, 2, 5])
    Array(2)
    """
    return Array(reduce.count_true(node_of(x), axis, keepdims))


def ptp(
    x: Any, /, axis: Axis = None, out: None = None, keepdims: bool = False
) -> Array:
    """Greatest less least element over axes.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.ptp([3.0, 1.0, 2.0])
    Array(2.)
    """
    refuse_out(out)
    array = Array(node_of(x))
    return array.max(axis, keepdims) - array.min(axis, keepdims)  # type: ignore[no-any-return]


def allclose(
    x1: Any, x2: Any, /, rtol: Any = 1e-5, atol: Any = 1e-8, equal_nan: bool = False
) -> Array:
    """Whether all elements are close, as `isclose` says.

    Examples
    --------
    >>> import lazydag as ld
    >>> bool(ld.allclose([1.0, 2.0], [1.0, 2.0 + 1e-9]))
    True
    """
    return all(isclose(x1, x2, rtol, atol, equal_nan))


def array_equal(x1: Any, x2: Any, /, equal_nan: bool = False) -> Array:
    """Whether both have the same shape and elements.

    Examples
    --------
    >>> import lazydag as ld
    >>> bool(ld.array_equal([1, 2], [1, 2])), bool(ld.array_equal([1, 2], [1]))
    (True, False)
    """
    x, y = Array(node_of(x1)), Array(node_of(x2))
    if x.shape != y.shape:
        return Array(constant(False, BOOL))
    same = x == y
    if equal_nan:
        same = same | (isnan(x) & isnan(y))
    return all(same)


def nansum(
    x: Any,
    /,
    axis: Axis = None,
    dtype: Any = None,
    out: None = None,
    keepdims: bool = False,
) -> Array:
    """Sum over axes, NaN counting as zero.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.nansum([1.0, ld.nan, 3.0])
    Array(4.)
    """
    return sum(_known_or(x, 0), axis, dtype, out, keepdims)


def nanprod(
    x: Any,
    /,
    axis: Axis = None,
    dtype: Any = None,
    out: None = None,
    keepdims: bool = False,
) -> Array:
    """Product over axes, NaN counting as one."""
    return prod(_known_or(x, 1), axis, dtype, out, keepdims)


def nanmean(
    x: Any,
    /,
    axis: Axis = None,
    dtype: Any = None,
    out: None = None,
    keepdims: bool = False,
) -> Array:
    """Mean over axes of the elements that are not NaN.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.nanmean([1.0, ld.nan, 3.0])
    Array(2.)
    """
    refuse_out(out)
    array = Array(node_of(x))
    if array.dtype.kind != "f":
        return array.mean(axis, dtype, keepdims)
    total = nansum(array, axis, dtype, keepdims=keepdims)
    return _over_count(total, array, axis, 0, keepdims)


def nanvar(
    x: Any,
    /,
    axis: Axis = None,
    dtype: Any = None,
    out: None = None,
    ddof: float = 0,
    keepdims: bool = False,
    *,
    correction: float | None = None,
) -> Array:
    """Variance over axes of the elements that are not NaN.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.nanvar([1.0, ld.nan, 3.0])
    Array(1.)
    """
    refuse_out(out)
    lost = ddof if correction is None else correction
    array = Array(node_of(x))
    if array.dtype.kind != "f":
        return array.var(axis, dtype, lost, keepdims)
    if dtype is not None:
        array = array.astype(dtype, copy=False)
    deviation = array - nanmean(array, axis, keepdims=True)
    squares = nansum(deviation * deviation, axis, keepdims=keepdims)
    return _over_count(squares, array, axis, lost, keepdims)


def nanstd(
    x: Any,
    /,
    axis: Axis = None,
    dtype: Any = None,
    out: None = None,
    ddof: float = 0,
    keepdims: bool = False,
    *,
    correction: float | None = None,
) -> Array:
    """Standard deviation over axes of the elements that are not NaN."""
    lost = ddof if correction is None else correction
    found: Array = nanvar(x, axis, dtype, out, lost, keepdims) ** 0.5
    return found


def nanmin(
    x: Any, /, axis: Axis = None, out: None = None, keepdims: bool = False
) -> Array:
    """Least element over axes that is not NaN; NaN if there is none.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.nanmin([ld.nan, 3.0, 1.0])
    Array(1.)
    """
    return _nan_extreme(min, np.inf, x, axis, out, keepdims)


def nanmax(
    x: Any, /, axis: Axis = None, out: None = None, keepdims: bool = False
) -> Array:
    """Greatest element over axes that is not NaN; NaN if there is none.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.nanmax([ld.nan, 3.0, 1.0])
    Array(3.)
    """
    return _nan_extreme(max, -np.inf, x, axis, out, keepdims)


def _nan_extreme(
    extreme: Any, last: float, x: Any, axis: Axis, out: None, keepdims: bool
) -> Array:
    array = Array(node_of(x))
    found: Array = extreme(_known_or(array, last), axis, out, keepdims)
    if array.dtype.kind != "f":
        return found
    return where(all(isnan(array), axis, keepdims=keepdims), np.nan, found)


def _known_or(x: Any, other: float) -> Array:
    """Return `x` with `other` in place of NaN."""
    array = Array(node_of(x))
    return where(isnan(array), other, array) if array.dtype.kind == "f" else array


def _over_count(
    total: Array, array: Array, axis: Axis, lost: float, keepdims: bool
) -> Array:
    """Return `total` by the number of elements that are not NaN, less `lost`."""
    known = sum(~isnan(array), axis, keepdims=keepdims).astype(total.dtype)
    count = known - lost
    found: Array = total / where(count > 0, count, np.nan if lost else count)
    return found
