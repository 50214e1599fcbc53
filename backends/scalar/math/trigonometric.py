"""sin, cos, tan, from ``x = n pi/2 + r`` with r as a pair.

References
----------
.. [1] W. J. Cody and W. Waite, "Software Manual for the Elementary Functions", 1980.
.. [2] M. Payne and R. Hanek, "Radian reduction for trigonometric functions", SIGNUM
   Newsletter 18, 1983.
.. [3] J.-M. Muller, "Elementary Functions: Algorithms and Implementation", 3rd ed.,
   2016, chapter 11.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from lazydag.backends.scalar.expr import (
    Expr,
    absolute,
    bitcast,
    const,
    convert,
    fma,
    make,
    ne,
    select,
    table,
    umulh,
)
from lazydag.backends.scalar.math.coefficients import (
    COS,
    HALF_PI,
    SIN,
    TWO_OVER_PI,
    TWO_OVER_PI_WORDS,
)
from lazydag.backends.scalar.math.evaluate import (
    Pair,
    divide,
    estrin,
    fast_two_sum,
    two_product,
    two_sum,
)
from lazydag.backends.scalar.math.formats import (
    F64,
    format_of,
    keep_zero,
)
from lazydag.backends.scalar.math.function import Slow

FAST_LIMIT: Final = {"f64": 2.0**45, "f32": 2.0**17}
"""Up to here the fast reduction is exact; see `reduce`."""
LIMIT_EXPONENT: Final = 1023 + 45
"""Biased exponent of the f64 limit: the least that `reduce_exactly` handles."""
PADDING: Final = 16
"""Zeros before the digits in `TWO_OVER_PI_WORDS`."""


class Reduced(NamedTuple):
    """``x = quadrant pi/2 + r``, the quadrant modulo 4, ``|r|`` at most about pi/4."""

    quadrant: Expr
    r: Pair


def reduce(x: Expr) -> Reduced:
    """Reduction in three parts of pi/2, for ``|x| <= FAST_LIMIT``.

    The first product is subtracted exactly: it is a multiple of the first part's last
    digit, as x is, and less than 1 remains.
    """
    form, (first, second, third) = format_of(x), HALF_PI[x.dtype]
    shifted = fma(x, TWO_OVER_PI[x.dtype][0], form.shifter)
    n = shifted - form.shifter
    head = fma(n, -first, x)
    product = two_product(n, const(second, x.dtype))
    r = two_sum(head, -product.hi)
    return Reduced(form.bits(shifted), Pair(r.hi, fma(n, -third, r.lo - product.lo)))


def reduce_exactly(x: Expr) -> Reduced:
    """Reduction by the digits of 2/pi that matter, for f64 above `FAST_LIMIT`.

    ``x = m 2**e`` with a 53-bit integer m. Digits of 2/pi of weight 2**(2-e) and more
    give multiples of 4; the 192 that follow give ``x 2/pi`` modulo 4 to 2**-137.
    """
    bits = bitcast(absolute(x), "u64")
    exponent = bits >> 52
    exponent = select(exponent < LIMIT_EXPONENT, LIMIT_EXPONENT, exponent)
    m = (bits & ((1 << 52) - 1)) | (1 << 52)
    high, middle, low = _window(exponent + (PADDING - 1077))
    carry_in = umulh(m, low)
    fraction = m * middle + carry_in
    carry = select(fraction < carry_in, const(1, "u64"), const(0, "u64"))
    top = m * high + umulh(m, middle) + carry
    quadrant = (top + (1 << 61)) >> 62
    r = _fraction(bitcast(top - (quadrant << 62), "i64"), fraction)
    return _with_sign(x, Reduced(bitcast(quadrant, "i64"), r))


def _window(start: Expr) -> tuple[Expr, Expr, Expr]:
    """192 digits of 2/pi from digit number `start`, as three words."""
    index, shift = start >> 6, start & 63
    words = [table(TWO_OVER_PI_WORDS, index + i, "u64") for i in range(4)]
    back = const(63, "u64") - shift
    first, second, third = (
        make("shl", words[i], shift) | (words[i + 1] >> 1) >> back for i in range(3)
    )
    return first, second, third


def _fraction(top: Expr, rest: Expr) -> Pair:
    """``pi/2 (top 2**-62 + rest 2**-126)`` as a pair."""
    head = convert(top, "f64")
    missing = convert(top - convert(head, "i64"), "f64") * 2.0**-62
    turn = two_sum(
        head * 2.0**-62, fma(convert(rest, "f64"), F64.const(2.0**-126), missing)
    )
    first, second, _ = HALF_PI["f64"]
    product = two_product(turn.hi, F64.const(first))
    low = fma(turn.hi, second, fma(turn.lo, first, product.lo))
    return fast_two_sum(product.hi, low)


def _with_sign(x: Expr, reduced: Reduced) -> Reduced:
    """The reduction of x from that of ``|x|``; NaN and infinity give NaN."""
    is_negative = x < 0.0
    quadrant, r = reduced
    hi = select(is_negative, -r.hi, r.hi) + (x - x)
    lo = select(is_negative, -r.lo, r.lo)
    return Reduced(select(is_negative, -quadrant, quadrant), Pair(hi, lo))


def sine_parts(r: Pair) -> Pair:
    """Sine of a pair within pi/4: a large part and a small one."""
    z = r.hi * r.hi
    return Pair(r.hi, fma(r.hi * z, estrin(z, SIN[z.dtype]), r.lo))


def cosine_parts(r: Pair) -> Pair:
    """Cosine of a pair within pi/4: a large part and a small one."""
    z = r.hi * r.hi
    half = 0.5 * z
    head = 1.0 - half
    rest = fma(z * z, estrin(z, COS[z.dtype]), -(r.hi * r.lo))
    return Pair(head, ((1.0 - head) - half) + rest)


def sine(reduced: Reduced, turns: int = 0) -> Expr:
    """Sine of x plus so many quarter turns."""
    sin, cos = sine_parts(reduced.r), cosine_parts(reduced.r)
    quadrant = reduced.quadrant + turns
    is_odd = ne(quadrant & 1, 0)
    value = select(is_odd, cos.hi + cos.lo, sin.hi + sin.lo)
    form = format_of(value)
    sign = (quadrant & 2) << form.sign_shift
    return bitcast(form.bits(value) ^ sign, value.dtype)


def tangent(reduced: Reduced) -> Expr:
    """Tangent, a quotient of two pairs."""
    sin, cos = sine_parts(reduced.r), cosine_parts(reduced.r)
    sin, cos = fast_two_sum(*sin), fast_two_sum(*cos)
    is_odd = ne(reduced.quadrant & 1, 0)
    top = Pair(*(select(is_odd, -c, s) for s, c in zip(sin, cos, strict=True)))
    bottom = Pair(*(select(is_odd, s, c) for s, c in zip(sin, cos, strict=True)))
    quotient = divide(top, bottom)
    return quotient.hi + quotient.lo


def sin(x: Expr) -> Expr:
    """Sine."""
    return keep_zero(x, sine(reduce(x)))


def cos(x: Expr) -> Expr:
    """Cosine."""
    return sine(reduce(x), 1)


def tan(x: Expr) -> Expr:
    """Tangent."""
    return keep_zero(x, tangent(reduce(x)))


def _is_large(x: Expr) -> Expr:
    return absolute(x) > FAST_LIMIT[x.dtype]


def _slow(value: Callable[[Reduced], Expr]) -> Slow:
    """The exact path of a function; f32 goes through f64."""

    def compute(x: Expr) -> Expr:
        wide = convert(x, "f64")
        if x.dtype == "f64":
            return value(reduce_exactly(wide))
        is_large = _is_large(wide)
        exact, fast = reduce_exactly(wide), reduce(wide)
        quadrant = select(is_large, exact.quadrant, fast.quadrant)
        hi = select(is_large, exact.r.hi, fast.r.hi)
        lo = select(is_large, exact.r.lo, fast.r.lo)
        return convert(value(Reduced(quadrant, Pair(hi, lo))), "f32")

    return Slow(_is_large, compute)


SLOW_SIN: Final = _slow(sine)
SLOW_COS: Final = _slow(lambda reduced: sine(reduced, 1))
SLOW_TAN: Final = _slow(tangent)
