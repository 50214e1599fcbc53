"""Averages, ranges and covariances."""

from __future__ import annotations

from typing import Any

import numpy as np

from lazydag.array.array import Array
from lazydag.array.functions.beyond.lanes import as_array
from lazydag.array.functions.beyond.register import stands_for
from lazydag.array.functions.beyond.weights import check_weights
from lazydag.array.functions.creation import zeros
from lazydag.array.functions.elementwise import sqrt
from lazydag.array.functions.norms import diagonal
from lazydag.array.functions.reductions import Axis
from lazydag.array.functions.shapes import broadcast_to, concatenate
from lazydag.array.nodes.dtypes import as_dtype, supported
from lazydag.errors import UsageError
from lazydag.ir.source import caller_location
from lazydag.ir.types import F64


@stands_for(np.average)
def average(
    a: Any,
    axis: Axis = None,
    weights: Any = None,
    returned: bool = False,
    *,
    keepdims: bool = False,
) -> Any:
    """Mean over axes, in which elements can have different weights.

    Parameters
    ----------
    a : array_like
        Any shape.
    axis : int, tuple of int or None
        What to reduce; all axes if None.
    weights : array_like, optional
        Of the shape of `a`, or of the axes that are reduced.
    returned : bool
        Also return the sum of the weights.
    keepdims : bool
        Keep the axes, with one element each.

    Raises
    ------
    ZeroDivisionError
        If weights that are known add up to zero. Those computed later give NaN.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.average([1.0, 2.0, 4.0], weights=[1, 1, 2])
    Array(2.75)
    """
    array = as_array(a)
    if weights is None:
        found = array.mean(axis=axis, keepdims=keepdims)
        if not returned:
            return found
        count = array.size / found.size if found.size else 0.0
        return found, as_array(np.full(found.shape, count, found.dtype))
    heavy = check_weights(weights, array, axis)
    dtype = _weighted_type(array, heavy)
    total = heavy.sum(axis=axis, dtype=dtype, keepdims=keepdims)
    if not isinstance(weights, Array) and not np.all(total):
        raise ZeroDivisionError("Weights sum to zero, can't be normalized")
    summed = array.astype(dtype, copy=False) * heavy.astype(dtype, copy=False)
    found = summed.sum(axis=axis, keepdims=keepdims) / total
    return (found, broadcast_to(total, found.shape)) if returned else found


def _weighted_type(array: Array, weights: Array) -> Any:
    types = [array.dtype, weights.dtype, *([F64] if array.dtype.kind in "biu" else [])]
    return supported(np.result_type(*types))


@stands_for(np.cov)
def cov(  # NumPy's signature
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: int | None = None,
    fweights: Any = None,
    aweights: Any = None,
    *,
    dtype: Any = None,
) -> Array:
    """Return the covariances of variables.

    Parameters
    ----------
    m : array_like
        One row for each variable, one column for each observation.
    y : array_like, optional
        More variables, in the same form.
    rowvar : bool
        Whether variables are rows; else they are columns.
    bias : bool
        Divide by the number of observations, not by one fewer.
    ddof : int, optional
        Divide by the number of observations less this.
    fweights : array_like of int, optional
        How often each observation was made.
    aweights : array_like, optional
        How important each observation is.
    dtype : dtype, optional
        To compute in; at least f64 by default.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.cov([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]])
    Array([[ 1., -1.],
           [-1.,  1.]])
    """
    variables = _variables(m, y, rowvar, dtype)
    if not variables.shape[0]:
        return zeros((0, 0))
    count = variables.shape[1]
    often = _per_observation("fweights", fweights, count)
    heavy = _per_observation("aweights", aweights, count)
    weights = often if heavy is None else heavy if often is None else often * heavy
    means, total = average(variables, 1, weights, returned=True)
    lost = ddof if ddof is not None else 0 if bias else 1
    if weights is None:
        divisor: Any = max(count - lost, 0)
    else:
        divisor = _divisor(total[0], weights, heavy, lost)
    apart = variables - means[:, None]
    weighted = apart if weights is None else apart * weights
    return ((apart @ weighted.T.conj()) / divisor).squeeze()  # type: ignore[no-any-return]


def _divisor(total: Array, weights: Array, heavy: Array | None, lost: int) -> Array:
    """Return the sum of weights, less the degrees of freedom that are lost."""
    total = total.real
    if not lost:
        return total
    if heavy is None:
        found: Array = total - lost
    else:
        found = total - lost * (weights * heavy).sum() / total
    return found.clip(0, None)


def _variables(m: Any, y: Any, rowvar: bool, dtype: Any) -> Array:
    arrays = [as_array(each) for each in (m, y) if each is not None]
    for name, array in zip("my", arrays, strict=False):
        if array.ndim > 2:
            raise UsageError(f"{name} has more than 2 dimensions", caller_location())
    if dtype is None:
        dtype = np.result_type(*(array.dtype for array in arrays), F64)
    rows = [_as_rows(a).astype(as_dtype(dtype), copy=False) for a in arrays]
    if not rowvar:
        rows = [
            row if array.ndim == 1 or (i and row.shape[0] == 1) else row.T
            for i, (array, row) in enumerate(zip(arrays, rows, strict=True))
        ]
    if not rows[0].shape[0]:
        return rows[0]
    return concatenate(rows) if len(rows) > 1 else rows[0]


def _as_rows(array: Array) -> Array:
    return array if array.ndim == 2 else array.reshape(1, -1)


def _per_observation(name: str, weights: Any, count: int) -> Array | None:
    """Return weights of observations, of which those that are known are checked."""
    if weights is None:
        return None
    found = as_array(weights).astype(F64)
    if found.ndim > 1:
        raise RuntimeError(f"cannot handle multidimensional {name}")
    if found.shape != (count,):
        raise RuntimeError(f"incompatible numbers of samples and {name}")
    if not isinstance(weights, Array):
        values = np.asarray(weights, float)
        if name == "fweights" and not np.all(values == np.around(values)):
            raise TypeError("fweights must be integer")
        if np.any(values < 0):
            raise UsageError(f"{name} cannot be negative", caller_location())
    return found


@stands_for(np.corrcoef)
def corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Array:
    """Return the correlations of variables, from -1 to 1.

    Parameters
    ----------
    x : array_like
        One row for each variable, one column for each observation.
    y : array_like, optional
        More variables, in the same form.
    rowvar : bool
        Whether variables are rows; else they are columns.
    dtype : dtype, optional
        To compute in; at least f64 by default.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.corrcoef([0.0, 1.0, 2.0], [2.0, 1.0, 0.0])
    Array([[ 1., -1.],
           [-1.,  1.]])
    """
    found: Array = cov(x, y, rowvar, dtype=dtype)
    if not found.ndim:
        return found / found  # type: ignore[no-any-return]
    deviations = sqrt(diagonal(found).real)
    found = found / deviations[:, None] / deviations[None, :]
    if found.dtype.kind != "c":
        return found.clip(-1, 1)
    return found.real.clip(-1, 1) + 1j * found.imag.clip(-1, 1)  # type: ignore[no-any-return]
