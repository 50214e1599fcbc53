"""Polynomials through samples: `polyfit`."""

from __future__ import annotations

from typing import Any

import numpy as np

from lazydag.array.array import Array
from lazydag.array.functions.beyond.lanes import as_array
from lazydag.array.functions.beyond.register import stands_for
from lazydag.array.functions.beyond.solving import least_squares, lstsq
from lazydag.array.functions.beyond.triangles import vander
from lazydag.array.functions.elementwise import sqrt
from lazydag.array.functions.linear import inv
from lazydag.array.functions.products import outer
from lazydag.errors import DTypeError, UsageError
from lazydag.ir.source import caller_location


@stands_for(np.polyfit)
def polyfit(  # NumPy's signature
    x: Any,
    y: Any,
    deg: int,
    rcond: Any = None,
    full: bool = False,
    w: Any = None,
    cov: Any = False,
) -> Any:
    """Coefficients of the polynomial that comes nearest to samples.

    Parameters
    ----------
    x : array_like, shape (m,)
        Where the samples were taken.
    y : array_like, shape (m,) or (m, k)
        The samples, in columns.
    deg : int
        Which is the highest power.
    rcond : float, optional
        Singular values below this part of the greatest count as zero.
    full : bool
        Return sums of squared residuals, rank, singular values and `rcond`, too.
    w : array_like, shape (m,), optional
        What the residuals are multiplied by.
    cov : bool or "unscaled"
        Return the covariances of the coefficients, too.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.polyfit([0.0, 1.0, 2.0], [1.0, 3.0, 5.0], 1).round(12)
    Array([2., 1.])

    Notes
    -----
    Coefficients stay lazy, so that there is no warning if they are poorly determined.
    """
    places, samples, count = as_array(x) + 0.0, as_array(y) + 0.0, int(deg) + 1
    _check_samples(places, samples, count)
    part = places.size * float(np.finfo(places.dtype).eps) if rcond is None else rcond
    matrix: Any = vander(places, count)
    sides: Any = samples if samples.ndim > 1 else samples[:, None]
    if w is not None:
        weights = as_array(w) + 0.0
        _check_weights(weights, samples)
        matrix, sides = matrix * weights[:, None], sides * weights[:, None]
    scale: Any = sqrt((matrix * matrix).sum(axis=0))
    matrix = matrix / scale
    solve = lstsq if full else least_squares
    found, sums, rank, values = solve(matrix, sides, part)
    columns: Any = found / scale[:, None]
    coefficients = columns if samples.ndim > 1 else columns[:, 0]
    if full:
        return coefficients, sums, rank, values, part
    if cov:
        spread = inv(matrix.T @ matrix) / outer(scale, scale)
        factor = 1 if cov == "unscaled" else _factor(sums, places.size, count)
        if samples.ndim > 1:
            return coefficients, spread[:, :, None] * factor
        return coefficients, spread * factor
    return coefficients


def _factor(sums: Any, size: int, count: int) -> Any:
    """Return what the covariances are multiplied by."""
    if size <= count:
        raise UsageError(
            "the number of data points must exceed order to scale the covariance "
            "matrix",
            caller_location(),
        )
    return sums / (size - count)


def _check_samples(places: Array, samples: Array, count: int) -> None:
    if count < 1:
        raise UsageError("expected deg >= 0", caller_location())
    if places.ndim != 1:
        raise DTypeError("expected 1D vector for x", caller_location())
    if not places.size:
        raise DTypeError("expected non-empty vector for x", caller_location())
    if samples.ndim not in (1, 2):
        raise DTypeError("expected 1D or 2D array for y", caller_location())
    if samples.shape[0] != places.size:
        raise DTypeError("expected x and y to have same length", caller_location())


def _check_weights(weights: Array, samples: Array) -> None:
    if weights.ndim != 1:
        raise DTypeError("expected a 1-d array for weights", caller_location())
    if weights.shape[0] != samples.shape[0]:
        raise DTypeError("expected w and y to have the same length", caller_location())
