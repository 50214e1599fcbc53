"""exp and its relatives, from one reduction ``x = k ln 2 + r``.

References
----------
.. [1] W. J. Cody and W. Waite, "Software Manual for the Elementary Functions", 1980.
.. [2] P. T. P. Tang, "Table-driven implementation of the expm1 function in IEEE
   floating-point arithmetic", ACM TOMS 18, 1992.
"""

from typing import Final

from lazydag.backends.scalar.expr import (
    Expr,
    absolute,
    const,
    copysign,
    fma,
    select,
)
from lazydag.backends.scalar.math.coefficients import EXP, LN2, LN2_PAIR, LOG2_E
from lazydag.backends.scalar.math.evaluate import (
    Pair,
    divide,
    estrin,
    fast_two_sum,
    two_sum,
)
from lazydag.backends.scalar.math.formats import format_of, keep_zero

RANGE: Final = {"f64": (-750.0, 710.0), "f32": (-105.0, 89.0)}
"""Where exp is neither 0 nor infinite, with a margin; its argument is clamped so."""
EXP2_RANGE: Final = {"f64": (-1080.0, 1025.0), "f32": (-152.0, 129.0)}
TANH_ONE: Final = {"f64": 20.0, "f32": 10.0}
"""Where tanh has become 1."""
NEGLIGIBLE: Final = 2.0**60
"""exp of more than this is so large that exp of the opposite does not count."""
ODD_SMALL: Final = {"f64": 2.0**-30, "f32": 2.0**-14}
"""Below it sinh x and tanh x are x; products of parts would underflow."""


def clamp(x: Expr, bounds: tuple[float, float]) -> Expr:
    """`x` within the bounds; NaN stays."""
    low, high = bounds
    x = select(x > high, high, x)
    return select(x < low, low, x)


def reduce(x: Expr) -> tuple[Expr, Pair]:
    """The integer k and the pair r with ``x = k ln 2 + r``, for a clamped x."""
    form, (high, low) = format_of(x), LN2[x.dtype]
    shifted = fma(x, LOG2_E[x.dtype][0], form.shifter)
    n = shifted - form.shifter
    head = fma(n, -high, x)
    r = fma(n, -low, head)
    return form.shifted_bits(shifted), Pair(r, fma(n, -low, head - r))


def exp_reduced(r: Expr, low: Expr | None = None) -> Expr:
    """``exp(r + low)`` for ``|r| <= ln(2)/2`` and ``|low|`` well below 2**-30."""
    square = r * r
    p = estrin(r, EXP[r.dtype])
    above = fma(square, p, r)
    if low is None:
        return above + 1.0
    return 1.0 + (r + fma(square, p, fma(low, above, low)))


def exp_clamped(x: Expr) -> Expr:
    """Exp of an argument within `RANGE`."""
    form, (high, low) = format_of(x), LN2[x.dtype]
    shifted = fma(x, LOG2_E[x.dtype][0], form.shifter)
    n = shifted - form.shifter
    r = fma(n, -low, fma(n, -high, x))
    return form.scale(exp_reduced(r), form.shifted_bits(shifted))


def exp_pair(x: Pair) -> Expr:
    """Exp of a pair whose `hi` is within `RANGE`; the error is that of rounding."""
    k, r = reduce(x.hi)
    return format_of(x.hi).scale(exp_reduced(r.hi, r.lo + x.lo), k)


def exp(x: Expr) -> Expr:
    """``e**x``."""
    return exp_clamped(clamp(x, RANGE[x.dtype]))


def exp2(x: Expr) -> Expr:
    """``2**x``, exact for integers."""
    form = format_of(x)
    x = clamp(x, EXP2_RANGE[x.dtype])
    shifted = x + form.shifter
    fraction = x - (shifted - form.shifter)
    high, low = LN2_PAIR[x.dtype]
    r = fraction * high
    rest = fma(fraction, low, fma(fraction, high, -r))
    return form.scale(exp_reduced(r, rest), form.shifted_bits(shifted))


def expm1_parts(x: Expr) -> tuple[Expr, Pair]:
    """Return k and the pair e with ``exp(x) = 2**k (1 + e)``, for a clamped x."""
    k, r = reduce(x)
    tail = fma(estrin(r.hi, EXP[x.dtype]), r.hi * r.hi, r.lo)
    return k, fast_two_sum(r.hi, tail)


def expm1_pair(x: Expr) -> Pair:
    """``exp(x) - 1`` as a pair, for ``-60 <= x`` such that ``2**k`` is finite."""
    k, e = expm1_parts(x)
    power = format_of(x).power_of_two(k)
    total = two_sum(power - 1.0, power * e.hi)
    rest = total.lo + power * e.lo
    # The 1 lost from 2**k - 1 where k exceeds the digits is below rounding.
    return fast_two_sum(total.hi, rest)


def expm1(x: Expr) -> Expr:
    """``e**x - 1`` without cancellation."""
    _, high = RANGE[x.dtype]
    digits = format_of(x).digits
    inside = clamp(x, (-2.0 * digits, (high - 2.0)))
    value = expm1_pair(inside).hi
    return keep_zero(x, select(x > high - 2.0, exp(x), value))


def tanh(x: Expr) -> Expr:
    """Hyperbolic tangent, ``t / (t + 2)`` with ``t = expm1(2x)``."""
    size = absolute(x)
    bounded = select(size > TANH_ONE[x.dtype], TANH_ONE[x.dtype], size)
    t = expm1_pair(bounded + bounded)
    total = two_sum(t.hi, const(2.0, x.dtype))
    bottom = Pair(total.hi, total.lo + t.lo)
    quotient = divide(t, bottom)
    value = quotient.hi + quotient.lo
    return copysign(select(size < ODD_SMALL[x.dtype], size, value), x)


def sinh(x: Expr) -> Expr:
    """Hyperbolic sine, ``u + u / (2u + 1)`` with ``u = expm1(|x|) / 2``."""
    size = absolute(x)
    power, e = _eighth(size)
    total = two_sum(power - 0.125, power * e.hi)
    u = fast_two_sum(total.hi, fma(power, e.lo, total.lo))  # expm1 / 8
    bounded = select(u.hi > NEGLIGIBLE, NEGLIGIBLE, u.hi)
    bottom = two_sum(8.0 * bounded, const(1.0, x.dtype))
    quotient = divide(
        Pair(bounded, u.lo), Pair(bottom.hi, fma(u.lo, const(8.0, x.dtype), bottom.lo))
    )
    whole = two_sum(u.hi, quotient.hi)
    value = 4.0 * (whole.hi + (whole.lo + (u.lo + quotient.lo)))
    return copysign(select(size < ODD_SMALL[x.dtype], size, value), x)


def cosh(x: Expr) -> Expr:
    """Hyperbolic cosine, ``v + 1 / (4v)`` with ``v = exp(|x|) / 2``."""
    power, e = _eighth(absolute(x))
    total = fast_two_sum(power, power * e.hi)
    v = Pair(total.hi, fma(power, e.lo, total.lo))  # exp / 8
    bounded = select(v.hi > NEGLIGIBLE, NEGLIGIBLE, v.hi)
    top = Pair(const(1 / 64, x.dtype), const(0.0, x.dtype))
    inverse = divide(top, Pair(bounded, v.lo))
    whole = two_sum(v.hi, inverse.hi)
    return 4.0 * (whole.hi + (whole.lo + (v.lo + inverse.lo)))


def _eighth(size: Expr) -> tuple[Expr, Pair]:
    """``2**k / 8`` and e with ``exp(size) = 2**k (1 + e)``; finite where cosh is."""
    high = RANGE[size.dtype][1] + 1.0
    k, e = expm1_parts(select(size > high, high, size))
    return format_of(size).power_of_two(k - 3), e
