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


def log1p_pair(x: Pair, doublings: Expr | None = None) -> Expr:
    """``log(1 + x)`` for ``x > -1``, finite; plus so many times log 2."""
    total = two_sum(const(1.0, x.hi.dtype), x.hi)
    parts = split(total.hi)
    is_near = eq(parts.k, 0.0)
    f = select(is_near, x.hi, parts.f)
    low = select(is_near, x.lo, (total.lo + x.lo) * parts.factor) * _inverse(f)
    k = parts.k if doublings is None else parts.k + doublings
    high, rest = LN2[x.hi.dtype]
    return fma(k, high, log_mantissa(f).plus(fma(k, rest, low)))


def _inverse(f: Expr) -> Expr:
    """``1 / (1 + f)`` to 10 digits of 2: enough for the derivative of the logarithm.

    It is ``(1 - s) / (1 + s)`` with the logarithm's own s.
    """
    s = f / (f + 2.0)
    less = 1.0 - s
    return less * less * fma(s, s, 1.0)


def log1p(x: Expr) -> Expr:
    """``log(1 + x)`` without cancellation."""
    value = log1p_pair(Pair(x, format_of(x).const(0.0)))
    value = select(eq(x, -1.0), -math.inf, value)
    value = select(x < math.inf, value, x)
    return keep_zero(x, select(x < -1.0, math.nan, value))


def asinh(x: Expr) -> Expr:
    """``log1p(x + x**2 / (1 + sqrt(1 + x**2)))`` of ``|x|``."""
    form, size = format_of(x), absolute(x)
    is_huge, inner, doublings = _without_huge(size)
    one = form.const(1.0)
    square = two_product(inner, inner)
    total = two_sum(one, square.hi)
    root = sqrt_pair(Pair(total.hi, total.lo + square.lo))
    bottom = fast_two_sum(root.hi, one)
    rest = divide(square, Pair(bottom.hi, bottom.lo + root.lo))
    w = fast_two_sum(inner, rest.hi)
    w = Pair(select(is_huge, size, w.hi), select(is_huge, 0.0, w.lo + rest.lo))
    value = log1p_pair(w, doublings)
    is_plain = (size >= 2.0 ** -(form.digits // 2 + 2)) & (size < math.inf)
    return copysign(select(is_plain, value, size), x)


def acosh(x: Expr) -> Expr:
    """``log1p(x - 1 + sqrt(x**2 - 1))``."""
    is_huge, inner, doublings = _without_huge(x)
    minus_one = format_of(x).const(-1.0)
    square = two_product(inner, inner)
    total = two_sum(square.hi, minus_one)
    root = sqrt_pair(Pair(total.hi, total.lo + square.lo))
    above = two_sum(inner, minus_one)
    w = fast_two_sum(root.hi, above.hi)
    low = w.lo + (root.lo + above.lo)
    w = Pair(select(is_huge, x, w.hi), select(is_huge, 0.0, low))
    value = select(eq(x, 1.0), 0.0, log1p_pair(w, doublings))
    value = select(x < math.inf, value, x)
    return select(x < 1.0, math.nan, value)


def _without_huge(x: Expr) -> tuple[Expr, Expr, Expr]:
    """Whether the result is log(2x) to all digits, x or 1 if so, and 1 if so."""
    form = format_of(x)
    is_huge = x > 2.0 ** (form.digits + 4)
    return is_huge, select(is_huge, 1.0, x), select(is_huge, form.const(1.0), 0.0)


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


def sqrt_pair(x: Pair) -> Pair:
    """Square root of a pair; 0 gives 0."""
    root = sqrt(x.hi)
    rest = fma(-root, root, x.hi) + x.lo
    safe = select(root > 0.0, root, 1.0)
    return Pair(root, 0.5 * rest / safe)
