"""Sums and products of all elements up to each one, with NumPy's arguments."""

from __future__ import annotations

from typing import Any

import numpy as np

from lazydag.array.array import Array
from lazydag.array.functions import cumulative
from lazydag.array.functions.beyond.lanes import as_array, flat_or_along
from lazydag.array.functions.beyond.out import into
from lazydag.array.functions.beyond.register import stands_for
from lazydag.array.functions.elementwise import isnan, where


@stands_for(np.cumsum)
def cumsum(
    a: Any, axis: int | None = None, dtype: Any = None, out: Any = None
) -> Array:
    """Sums of all elements up to each one.

    Parameters
    ----------
    a : array_like
        Any shape.
    axis : int, optional
        Along which to add; all elements in one row by default.
    dtype : dtype, optional
        To add in; narrow integers are widened by default, as in `sum`.
    out : array, optional
        To write the sums into.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.cumsum([[1, 2], [3, 4]])
    Array([ 1,  3,  6, 10])
    """
    return _along(cumulative.cumulative_sum, "cumsum", a, axis, dtype, out)


@stands_for(np.cumprod)
def cumprod(
    a: Any, axis: int | None = None, dtype: Any = None, out: Any = None
) -> Array:
    """Products of all elements up to each one.

    Parameters
    ----------
    a : array_like
        Any shape.
    axis : int, optional
        Along which to multiply; all elements in one row by default.
    dtype : dtype, optional
        To multiply in; narrow integers are widened by default, as in `prod`.
    out : array, optional
        To write the products into.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.cumprod([1, 2, 3])
    Array([1, 2, 6])
    """
    return _along(cumulative.cumulative_prod, "cumprod", a, axis, dtype, out)


@stands_for(np.nancumsum)
def nancumsum(
    a: Any, axis: int | None = None, dtype: Any = None, out: Any = None
) -> Array:
    """Sums of all elements up to each one, NaN counting as zero.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.nancumsum([1.0, np.nan, 2.0])
    Array([1., 1., 3.])
    """
    return cumsum(_without_nan(a, 0), axis, dtype, out)


@stands_for(np.nancumprod)
def nancumprod(
    a: Any, axis: int | None = None, dtype: Any = None, out: Any = None
) -> Array:
    """Products of all elements up to each one, NaN counting as one.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.nancumprod([2.0, np.nan, 3.0])
    Array([2., 2., 6.])
    """
    return cumprod(_without_nan(a, 1), axis, dtype, out)


def _along(
    function: Any, name: str, a: Any, axis: int | None, dtype: Any, out: Any
) -> Array:
    array, at = flat_or_along(a, axis)
    found = function(array, axis=at, dtype=dtype)
    return into(out, name, found)  # type: ignore[no-any-return]


def _without_nan(a: Any, other: float) -> Array:
    array = as_array(a)
    return where(isnan(array), other, array) if array.dtype.kind in "fc" else array
