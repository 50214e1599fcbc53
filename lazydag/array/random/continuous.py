"""Distributions of real numbers that are functions of one or two fractions."""

from __future__ import annotations

from math import pi
from typing import TYPE_CHECKING, Any

import numpy as np

from lazydag.array.array import Array
from lazydag.array.functions.creation import zeros
from lazydag.array.functions.elementwise import (
    copysign,
    exp,
    expm1,
    log,
    log1p,
    minimum,
    pow,
    sqrt,
    tan,
    where,
)
from lazydag.array.random.ahead import few_values
from lazydag.array.random.fractions import (
    exponentials,
    fractions,
    normals,
    open_fractions,
)
from lazydag.array.random.parameters import (
    drawn_shape,
    float_dtype,
    into,
    parameters,
    shape_for,
)
from lazydag.array.values import frozen

if TYPE_CHECKING:
    from lazydag.array.random.generator import Generator


def random(
    self: Generator, size: Any = None, dtype: Any = np.float64, out: Any = None
) -> Any:
    """Draw fractions: numbers from 0 to 1, without 1, all as likely.

    Parameters
    ----------
    size : int or tuple of int, optional
        The shape; one number by default.
    dtype : dtype
        f64, multiples of 2**-53; or f32, multiples of 2**-24.
    out : array, optional
        To draw into.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.random.default_rng(1).random(3)
    Array([0.48536519, 0.66856972, 0.4254793 ])
    """
    kind = float_dtype("random", dtype)
    return into(out, fractions(self, drawn_shape(size, kind, out), kind))


def uniform(
    self: Generator, low: Any = 0.0, high: Any = 1.0, size: Any = None
) -> Array:
    """Draw numbers from `low` to `high`, all as likely.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.random.default_rng(1).uniform(-1.0, 1.0, size=2)
    Array([-0.02926963,  0.33713944])
    """
    low, high = parameters("uniform", low, high)
    return _placed(fractions(self, shape_for(size, low, high)), low, high - low)


def standard_normal(
    self: Generator, size: Any = None, dtype: Any = np.float64, out: Any = None
) -> Any:
    """Draw normally distributed numbers of mean 0 and deviation 1.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.random.default_rng(1).standard_normal(2, dtype=np.float32)
    Array([-0.7510321 ,  0.06925514], dtype=float32)
    """
    kind = float_dtype("standard_normal", dtype)
    return into(out, normals(self, drawn_shape(size, kind, out), kind))


def normal(
    self: Generator, loc: Any = 0.0, scale: Any = 1.0, size: Any = None
) -> Array:
    """Draw normally distributed numbers of mean `loc` and deviation `scale`.

    Notes
    -----
    By the method of Box and Muller: two numbers of the stream are made of the two words
    of one block, as the coordinates of a point.

    References
    ----------
    G. E. P. Box, M. E. Muller, *A note on the generation of random normal deviates*,
    Annals of Mathematical Statistics 29 (1958), 610-611.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> x = np.random.default_rng(1).normal(10.0, 2.0, size=100_000)
    >>> abs(float(x.mean()) - 10.0) < 0.05
    True
    """
    loc, scale = parameters("normal", loc, scale)
    return _placed(normals(self, shape_for(size, loc, scale)), loc, scale)


def lognormal(
    self: Generator, mean: Any = 0.0, sigma: Any = 1.0, size: Any = None
) -> Array:
    """Draw numbers whose logarithms are normal, of mean `mean`, deviation `sigma`."""
    mean, sigma = parameters("lognormal", mean, sigma)
    return exp(_placed(normals(self, shape_for(size, mean, sigma)), mean, sigma))


def standard_exponential(
    self: Generator,
    size: Any = None,
    dtype: Any = np.float64,
    method: str = "zig",
    out: Any = None,
) -> Any:
    """Draw exponentially distributed numbers of mean 1.

    `method` has no meaning: numbers are always made by the inverse of the distribution.
    """
    del method
    kind = float_dtype("standard_exponential", dtype)
    return into(out, exponentials(self, drawn_shape(size, kind, out), kind))


def exponential(self: Generator, scale: Any = 1.0, size: Any = None) -> Array:
    """Draw exponentially distributed numbers of mean `scale`.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> x = np.random.default_rng(1).exponential(3.0, size=100_000)
    >>> abs(float(x.mean()) - 3.0) < 0.05
    True
    """
    (scale,) = parameters("exponential", scale)
    return _placed(exponentials(self, shape_for(size, scale)), 0.0, scale)


def laplace(
    self: Generator, loc: Any = 0.0, scale: Any = 1.0, size: Any = None
) -> Array:
    """Draw numbers with exponentially falling density on both sides of `loc`."""
    loc, scale = parameters("laplace", loc, scale)
    share = open_fractions(self, shape_for(size, loc, scale))
    tail = log(2.0 * minimum(share, 1.0 - share))
    return _placed(copysign(tail, share - 0.5), loc, scale)


def logistic(
    self: Generator, loc: Any = 0.0, scale: Any = 1.0, size: Any = None
) -> Array:
    """Draw numbers whose distribution is the logistic function."""
    loc, scale = parameters("logistic", loc, scale)
    share = open_fractions(self, shape_for(size, loc, scale))
    return _placed(log(share) - log1p(-share), loc, scale)


def gumbel(
    self: Generator, loc: Any = 0.0, scale: Any = 1.0, size: Any = None
) -> Array:
    """Draw numbers as the greatest of many are distributed."""
    loc, scale = parameters("gumbel", loc, scale)
    share = open_fractions(self, shape_for(size, loc, scale))
    return _placed(-log(-log(share)), loc, scale)


def weibull(self: Generator, a: Any, size: Any = None) -> Array:
    """Draw numbers whose powers `a` are exponentially distributed."""
    (a,) = parameters("weibull", a)
    if isinstance(a, np.float64) and a == 0.0:
        return zeros(shape_for(size, a))
    return pow(exponentials(self, shape_for(size, a)), 1.0 / a)


def pareto(self: Generator, a: Any, size: Any = None) -> Array:
    """Draw numbers of Pareto's second kind, from 0 on, with shape `a`."""
    (a,) = parameters("pareto", a)
    return expm1(exponentials(self, shape_for(size, a)) / a)


def power(self: Generator, a: Any, size: Any = None) -> Array:
    """Draw numbers from 0 to 1 whose density is a power, ``a - 1``."""
    (a,) = parameters("power", a)
    return pow(fractions(self, shape_for(size, a)), 1.0 / a)


def rayleigh(self: Generator, scale: Any = 1.0, size: Any = None) -> Array:
    """Draw lengths of vectors with two normal coordinates of deviation `scale`."""
    (scale,) = parameters("rayleigh", scale)
    found: Array = sqrt(2.0 * exponentials(self, shape_for(size, scale))) * scale
    return found


def standard_cauchy(self: Generator, size: Any = None) -> Array:
    """Draw quotients of two normal numbers."""
    return tan((open_fractions(self, shape_for(size)) - 0.5) * pi)


def triangular(
    self: Generator, left: Any, mode: Any, right: Any, size: Any = None
) -> Array:
    """Draw numbers from `left` to `right`, most often near `mode`."""
    left, mode, right = parameters("triangular", left, mode, right)
    share = fractions(self, shape_for(size, left, mode, right))
    width = right - left
    before = left + sqrt(share * width * (mode - left))
    behind = right - sqrt((1.0 - share) * width * (right - mode))
    return where(share * width <= mode - left, before, behind)


def wald(self: Generator, mean: Any, scale: Any, size: Any = None) -> Array:
    """Draw inverse Gaussian numbers.

    References
    ----------
    J. R. Michael, W. R. Schucany, R. W. Haas, *Generating random variates using
    transformations with multiple roots*, The American Statistician 30 (1976), 88-90.
    """
    mean, scale = parameters("wald", mean, scale)
    shape = shape_for(size, mean, scale)
    square = normals(self, shape) ** 2
    share = fractions(self, shape)
    t = square * (mean / (2.0 * scale))
    # the roots of a quadratic equation are mean / ratio and mean * ratio
    ratio = 1.0 + t + sqrt(t * (t + 2.0))
    is_lesser = share * (1.0 + ratio) <= ratio
    return where(is_lesser, mean / ratio, mean * ratio)


def _placed(numbers: Array, loc: Any, scale: Any) -> Array:
    """Return ``numbers * scale + loc``, without what changes nothing."""
    known = few_values(numbers)
    if known is None or isinstance(loc, Array) or isinstance(scale, Array):
        found: Array = _moved(numbers, loc, scale)
        return found
    with np.errstate(all="ignore"):
        return Array(value=frozen(np.asarray(_moved(known, loc, scale))))


def _moved(numbers: Any, loc: Any, scale: Any) -> Any:
    if not _is(scale, 1.0):
        numbers = numbers * scale
    return numbers if _is(loc, 0.0) else numbers + loc


def _is(value: Any, number: float) -> bool:
    return not isinstance(value, Array) and bool(value == number)
