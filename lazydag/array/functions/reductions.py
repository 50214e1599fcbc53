"""Functions that reduce axes. Axes are an int, a tuple, or None for all."""

from __future__ import annotations

from typing import Any

from lazydag.array.array import Array, node_of
from lazydag.array.functions.elementwise import isclose, isnan
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
