"""Polynomials by their coefficients, the highest power first."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from lazydag.array.array import Array
from lazydag.array.eager import eager
from lazydag.array.functions.assembling import joined
from lazydag.array.functions.beyond.lanes import as_array
from lazydag.array.functions.beyond.register import stands_for
from lazydag.array.functions.creation import arange, zeros, zeros_like
from lazydag.array.functions.linear import eigvals
from lazydag.array.nodes.dtypes import inexact
from lazydag.array.nodes.library import call
from lazydag.errors import MatrixError, UsageError
from lazydag.ir.source import caller_location


def _polynomial(numpys: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Let a function stand for NumPy's, which gets what is a `numpy.poly1d`."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        by_numpy = eager(numpys, numpys.__name__)

        @wraps(function)
        def called(*args: Any, **kwargs: Any) -> Any:
            given = (*args, *kwargs.values())
            if any(isinstance(each, np.poly1d) for each in given):
                return by_numpy(*args, **kwargs)
            return function(*args, **kwargs)

        return stands_for(numpys)(called)

    return register


@_polynomial(np.polyval)
def polyval(p: Any, x: Any) -> Array:
    """Values of a polynomial, by Horner's rule.

    Parameters
    ----------
    p : array_like, shape (n,)
        The coefficients, the highest power first.
    x : array_like
        Where to evaluate it.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.polyval([3, 0, 1], [1, 5])
    Array([ 4, 76])
    """
    coefficients, places = as_array(p), as_array(x)
    found: Any = zeros_like(places)
    for i in range(len(coefficients)):
        found = found * places + coefficients[i]
    return Array(found.node)


@_polynomial(np.polyadd)
def polyadd(a1: Any, a2: Any) -> Array:
    """Sum of two polynomials.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.polyadd([1, 2], [9, 5, 4])
    Array([9, 6, 6])
    """
    x, y = _aligned(a1, a2)
    return Array((x + y).node)


@_polynomial(np.polysub)
def polysub(a1: Any, a2: Any) -> Array:
    """Difference of two polynomials.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.polysub([2, 10, -2], [10, -4])
    Array([2, 0, 2])
    """
    x, y = _aligned(a1, a2)
    return Array((x - y).node)


def _aligned(a: Any, b: Any) -> Any:
    """Return both with as many coefficients."""
    rows = [_row(each) for each in (a, b)]
    length = max(row.shape[0] for row in rows)
    return [_widened(row, length) for row in rows]


def _widened(row: Array, length: int) -> Array:
    if row.shape[0] == length:
        return row
    front = zeros((length - row.shape[0], *row.shape[1:]), row.dtype)
    return joined([front.node, row.node], 0)


def _row(a: Any) -> Array:
    array = as_array(a)
    return array if array.ndim else array.reshape(1)


@_polynomial(np.polyder)
def polyder(p: Any, m: int = 1) -> Array:
    """Coefficients of the `m`-th derivative.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.polyder([1, 1, 1, 1])
    Array([3, 2, 1])
    """
    times, row = int(m), as_array(p)
    if times < 0:
        raise UsageError(
            "Order of derivative must be positive (see polyint)", caller_location()
        )
    for _ in range(times):
        row = Array((row[:-1] * _powers(len(row) - 1)).node)
    return row


@_polynomial(np.polyint)
def polyint(p: Any, m: int = 1, k: Any = None) -> Array:
    """Coefficients of the `m`-th integral.

    Parameters
    ----------
    p : array_like, shape (n,)
        The coefficients, the highest power first.
    m : int
        How many times to integrate.
    k : float or sequence of float, optional
        The constants, one for all or one for each time; 0 by default.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.polyint([3, 2, 1])
    Array([1., 1., 1., 0.])
    """
    times, row = int(m), as_array(p)
    if times < 0:
        raise UsageError(
            "Order of integral must be positive (see polyder)", caller_location()
        )
    constants = _row(0.0 if k is None else k)
    if constants.size < times and constants.size != 1:
        raise UsageError(
            "k must be a scalar or a rank-1 array of length 1 or >m.",
            caller_location(),
        )
    for i in range(times):
        at = i if constants.size > 1 else 0
        row = Array((row / _powers(len(row))).node)
        row = joined([row.node, constants[at : at + 1].node], 0)
    return row


def _powers(count: int) -> Any:
    return arange(count, 0, -1)


@stands_for(np.poly)
def poly(seq_of_zeros: Any) -> Array:
    """Coefficients of the polynomial with these zeros.

    Parameters
    ----------
    seq_of_zeros : array_like, shape (n,) or (n, n)
        The zeros, or a matrix whose eigenvalues they are. Complex ones are computed, to
        know whether they come in pairs and the coefficients are real.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.poly([1.0, 2.0])
    Array([ 1., -3.,  2.])
    """
    row = _row(seq_of_zeros)
    if row.ndim == 2 and row.shape[0] == row.shape[1] and row.size:
        row = eigvals(row)
    elif row.ndim != 1:
        raise MatrixError(
            "input must be 1d or non-empty square 2d array.", caller_location()
        )
    if not row.size:
        return as_array(1.0)
    if row.dtype.kind == "c":
        return Array(value=np.poly(row.values_for("array")))
    return Array(call("poly", row.astype(inexact(row.dtype), copy=False).node))


@stands_for(np.roots)
def roots(p: Any) -> Array:
    """Zeros of a polynomial.

    Coefficients are computed: how many zeros there are depends on them.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.roots([1.0, -3.0, 2.0]).round(12)
    Array([2., 1.])
    """
    return Array(value=np.roots(as_array(p).values_for("shape")))


@_polynomial(np.polymul)
def polymul(a1: Any, a2: Any) -> Array:
    """Product of two polynomials, without zeros in front, so that it is computed.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.polymul([1, 2, 3], [9, 5, 1])
    Array([ 9, 23, 38, 17,  3])
    """
    rows = (_row(each).values_for("shape") for each in (a1, a2))
    return Array(value=np.asarray(np.polymul(*rows)))


@_polynomial(np.polydiv)
def polydiv(u: Any, v: Any) -> tuple[Array, Array]:
    """Quotient and remainder of two polynomials, which are computed.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.polydiv([3.0, 5.0, 2.0], [2.0, 1.0])
    (Array([1.5 , 1.75]), Array([0.25]))
    """
    rows = (_row(each).values_for("shape") for each in (u, v))
    quotient, rest = np.polydiv(*rows)
    return Array(value=np.asarray(quotient)), Array(value=np.asarray(rest))
