"""Logarithms, from ``x = 2**k m`` and ``log m = 2 atanh(s)``, ``s = f / (2 + f)``.

References
----------
.. [1] P. T. P. Tang, "Table-driven implementation of the logarithm function in IEEE
   floating-point arithmetic", ACM TOMS 16, 1990.
.. [2] J.-M. Muller, "Elementary Functions: Algorithms and Implementation", 3rd ed.,
   2016, chapters 3 and 11.
"""

import math
from typing import Final, NamedTuple

from lazydag.backends.scalar.expr import (
    Expr,
    absolute,
    bitcast,
    const,
    copysign,
    eq,
    fma,
    select,
    sqrt,
)
from lazydag.backends.scalar.math.coefficients import LN2, LOG, LOG2_E, LOG10_2, LOG10_E
from lazydag.backends.scalar.math.evaluate import (
    Pair,
    add,
    divide,
    estrin,
    fast_two_sum,
    multiply,
    pair_of,
    two_product,
    two_sum,
)
from lazydag.backends.scalar.math.formats import (
    const_int,
    format_of,
    keep_zero,
)

SQRT_HALF_BITS: Final = {"f64": 0x3FE6A09E667F3BCD, "f32": 0x3F3504F3}


class Split(NamedTuple):
    """``x = 2**k (1 + f)`` with ``sqrt(1/2) <= 1 + f < sqrt(2)``."""

    k: Expr
    f: Expr
    factor: Expr  # 2**-k, what x was multiplied with, for normal x


def split(x: Expr) -> Split:
    """Split a positive number, denormals included; k is a float.

    The factor is right for ``x < 2**bias``.
    """
    form = format_of(x)
    is_tiny = x < form.least_normal
    lift = form.digits + 2
    normal = select(is_tiny, x * 2.0**lift, x)
    bits = form.bits(normal)
    k = (bits - const_int(SQRT_HALF_BITS[x.dtype], form)) >> form.digits
    m = bitcast(bits - (k << form.digits), x.dtype)
    exponent = form.from_int(k) - select(is_tiny, float(lift), form.const(0.0))
    bounded = select(k < form.bias, k, form.bias - 1)
    return Split(exponent, m - 1.0, form.power_of_two(-bounded))


class Mantissa(NamedTuple):
    """``log(1 + f) = f - (half - tail)``: a large part and two small ones."""

    f: Expr
    half: Expr
    tail: Expr

    def plus(self, low: Expr) -> Expr:
        """The sum of the three and `low`."""
        return self.f - (self.half - (self.tail + low))


def log_mantissa(f: Expr) -> Mantissa:
    """``log(1 + f)`` for ``|f| <= sqrt(2) - 1``, in parts."""
    s = f / (f + 2.0)
    z = s * s
    half = 0.5 * f * f
    return Mantissa(f, half, s * fma(z, estrin(z, LOG[f.dtype]), half))


def log(x: Expr) -> Expr:
    """Natural logarithm."""
    parts = split(x)
    high, low = LN2[x.dtype]
    return special(x, fma(parts.k, high, log_mantissa(parts.f).plus(parts.k * low)))


def special(x: Expr, value: Expr) -> Expr:
    """The logarithms' values at 0, infinity, NaN and below 0."""
    value = select(eq(x, 0.0), -math.inf, value)
    value = select(x < math.inf, value, x)
    return select(x < 0.0, math.nan, value)


def mantissa_pair(f: Expr) -> Pair:
    """``log(1 + f)`` as a pair with some digits more than the format."""
    parts = log_mantissa(f)
    square = two_product(f, 0.5 * f)
    total = fast_two_sum(f, -square.hi)
    s = f / (f + 2.0)
    z = s * s
    tail = s * fma(z, estrin(z, LOG[f.dtype]), parts.half)
    return fast_two_sum(total.hi, total.lo + (tail - square.lo))


def log2(x: Expr) -> Expr:
    """Logarithm to base 2, exact for powers of 2."""
    parts = split(x)
    scaled = multiply(mantissa_pair(parts.f), pair_of(LOG2_E[x.dtype], x))
    total = two_sum(parts.k, scaled.hi)
    return special(x, total.hi + (total.lo + scaled.lo))


def log10(x: Expr) -> Expr:
    """Logarithm to base 10."""
    parts = split(x)
    scaled = multiply(mantissa_pair(parts.f), pair_of(LOG10_E[x.dtype], x))
    high, low = LOG10_2[x.dtype]
    total = two_sum(parts.k * high, scaled.hi)
    return special(x, total.hi + (total.lo + fma(parts.k, low, scaled.lo)))


def log1p_pair(x: Pair) -> Expr:
    """``log(1 + x)`` for ``x > -1``, finite."""
    one = const(1.0, x.hi.dtype)
    total = two_sum(one, x.hi)
    rest = total.lo + x.lo
    parts = split(total.hi)
    is_near = eq(parts.k, 0.0)
    f = select(is_near, x.hi, parts.f)
    low = select(is_near, x.lo, rest * parts.factor) / (1.0 + f)
    high2, low2 = LN2[x.hi.dtype]
    return fma(parts.k, high2, log_mantissa(f).plus(fma(parts.k, low2, low)))


def log1p(x: Expr) -> Expr:
    """``log(1 + x)`` without cancellation."""
    value = log1p_pair(Pair(x, format_of(x).const(0.0)))
    value = select(eq(x, -1.0), -math.inf, value)
    value = select(x < math.inf, value, x)
    return keep_zero(x, select(x < -1.0, math.nan, value))


def asinh(x: Expr) -> Expr:
    """``log1p(x + x**2 / (1 + sqrt(1 + x**2)))`` of ``|x|``."""
    form, size = format_of(x), absolute(x)
    huge = 2.0 ** (form.digits // 2 + 4)
    inner = select(size > huge, huge, size)
    square = two_product(inner, inner)
    one = Pair(form.const(1.0), form.const(0.0))
    root = sqrt_pair(add(one, square))
    w = add(Pair(inner, form.const(0.0)), divide(square, add(one, root)))
    value = select(size > huge, _log_twice(size), log1p_pair(w))
    tiny = size < 2.0 ** -(form.digits // 2 + 2)
    return copysign(select(tiny, size, value), x)


def acosh(x: Expr) -> Expr:
    """``log1p(t + sqrt(2t + t**2))``, ``t = x - 1``."""
    form = format_of(x)
    huge = 2.0 ** (form.digits // 2 + 4)
    inner = select(x > huge, huge, x)
    t = two_sum(inner, form.const(-1.0))
    root = sqrt_pair(multiply(t, add(t, Pair(form.const(2.0), form.const(0.0)))))
    value = log1p_pair(add(t, root))
    value = select(x > huge, _log_twice(x), value)
    value = select(eq(x, 1.0), 0.0, value)
    return select(x < 1.0, math.nan, value)


def atanh(x: Expr) -> Expr:
    """``log1p(2x / (1 - x)) / 2`` of ``|x|``."""
    form, size = format_of(x), absolute(x)
    zero = form.const(0.0)
    bottom = fast_two_sum(form.const(1.0), -size)
    value = 0.5 * log1p_pair(divide(Pair(size + size, zero), bottom))
    value = select(eq(size, 1.0), math.inf, value)
    value = select(size > 1.0, math.nan, value)
    tiny = size < 2.0 ** -(form.digits // 2 + 2)
    return copysign(select(tiny, size, value), x)


def _log_twice(x: Expr) -> Expr:
    """``log(2x)`` where 2x may overflow."""
    parts = split(x)
    high, low = LN2[x.dtype]
    k = parts.k + 1.0
    value = fma(k, high, log_mantissa(parts.f).plus(k * low))
    return select(x < math.inf, value, x)


def sqrt_pair(x: Pair) -> Pair:
    """Square root of a pair; 0 gives 0."""
    root = sqrt(x.hi)
    rest = fma(-root, root, x.hi) + x.lo
    safe = select(root > 0.0, root, 1.0)
    return Pair(root, 0.5 * rest / safe)
