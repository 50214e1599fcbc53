"""The exponential of matrices, by scaling and squaring."""

from __future__ import annotations

from math import factorial, log2
from typing import Any, Final

import numpy as np

from lazydag.array.array import Array
from lazydag.array.control.loops import fori_loop
from lazydag.array.functions import elementwise as e
from lazydag.array.functions.creation import eye
from lazydag.array.functions.linear import matrices, solve
from lazydag.array.functions.norms import matrix_norm

_DEGREE: Final = 13
_LARGEST: Final = 4.25
"""Up to this norm, about, the approximant of degree 13 is exact to rounding."""


def _coefficient(power: int) -> float:
    """Return that of a power in the approximant's numerator, which begins with 1."""
    m = _DEGREE
    of_one = factorial(power) * factorial(m - power) * factorial(2 * m)
    return factorial(2 * m - power) * factorial(m) / of_one


_PADE: Final = tuple(map(_coefficient, range(_DEGREE + 1)))
# The first term of the approximant's error, relative to the exponential.
_ERROR: Final = factorial(_DEGREE) ** 2 / (
    factorial(2 * _DEGREE) * factorial(2 * _DEGREE + 1)
)


def expm(x: Any, /) -> Array:
    """Exponentials of square matrices.

    Parameters
    ----------
    x : array_like, shape (..., n, n)
        Square matrices.

    Returns
    -------
    Array, shape (..., n, n)
        ``I + x + x @ x / 2 + ...``

    Notes
    -----
    The Padé approximant of degree 13 of the matrix over a power of two, which is then
    squared again and again: six products, the solution of a system, and a product for
    each power. The power follows from norms of powers of the matrix, which often are
    far less than powers of its norm. All of that is one lazy graph.

    References
    ----------
    A. H. Al-Mohy, N. J. Higham, *A new scaling and squaring algorithm for the matrix
    exponential*, SIAM Journal on Matrix Analysis and Applications 31 (2009), 970-989.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.linalg.expm([[0.0, 1.0], [0.0, 0.0]])
    Array([[1., 1.],
           [0., 1.]])
    """
    a: Any = Array(matrices(x, square=True))
    if not a.size:
        return Array(a.node)
    a2 = a @ a
    a4 = a2 @ a2
    a6 = a4 @ a2
    count = _squarings(a, a4, a6)
    scale: Any = e.exp2(-count)[..., None, None]
    square = scale * scale
    powers = [a2 * square, a4 * (square * square), a6 * (square * square * square)]
    found = _approximant(a * scale, powers)
    return _squared(found, count)


def _squarings(a: Any, a4: Any, a6: Any) -> Any:
    """Return how often to halve each matrix, as floating-point numbers."""
    norm: Any = matrix_norm(a, ord=1)
    fourth, sixth = (matrix_norm(power, ord=1) for power in (a4, a6))
    grows = e.maximum(e.sqrt(e.sqrt(fourth)), e.cbrt(e.sqrt(sixth)))
    halvings = e.maximum(e.ceil(e.log2(e.minimum(grows, norm) / _LARGEST)), 0.0)
    count = e.where(e.isfinite(halvings), halvings, 0.0)
    return count + _more(e.absolute(a) * e.exp2(-count)[..., None, None])


def _more(sizes: Any) -> Any:
    """Return how often to halve besides, so that rounding outweighs the error.

    The error's first term has the power 27, whose norm is known from products with a
    vector where no element is negative.
    """
    power, terms = 2 * _DEGREE + 1, 2 * _DEGREE
    sums = sizes.sum(-2)[..., None, :]
    norm = sums.max((-2, -1))
    sums = fori_loop(1, power, lambda _, row: row @ sizes, sums)
    unit = float(np.finfo(sizes.dtype).eps) / 2
    grows = e.log2(sums.max((-2, -1)) / norm) + log2(_ERROR / unit)
    more = e.maximum(e.ceil(grows / terms), 0.0)
    return e.where(e.isfinite(more), more, 0.0)


def _approximant(a: Any, powers: list[Any]) -> Any:
    """Return the approximant of matrices, given their even powers up to the sixth."""
    a2, a4, a6 = powers
    one = eye(a.shape[-1], dtype=a.dtype)
    b = _PADE
    odd = a6 @ (b[13] * a6 + b[11] * a4 + b[9] * a2)
    odd = a @ (odd + b[7] * a6 + b[5] * a4 + b[3] * a2 + b[1] * one)
    even = a6 @ (b[12] * a6 + b[10] * a4 + b[8] * a2)
    even = even + b[6] * a6 + b[4] * a4 + b[2] * a2 + b[0] * one
    return solve(even - odd, even + odd)


def _squared(found: Any, count: Any) -> Array:
    """Return powers of two of matrices, each with an exponent of its own."""
    if not count.shape:
        result: Array = fori_loop(0, count.astype(int), lambda _, y: y @ y, found)
        return result

    def step(i: Any, y: Any) -> Any:
        return e.where(i < count[..., None, None], y @ y, y)

    stack: Array = fori_loop(0, count.max().astype(int), step, found)
    return stack
