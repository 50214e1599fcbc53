"""asin, acos, atan, atan2.

References
----------
.. [1] J.-M. Muller, "Elementary Functions: Algorithms and Implementation", 3rd ed.,
   2016, chapter 11.
"""

import math
from typing import Final

from lazydag.backends.scalar.expr import (
    Expr,
    absolute,
    copysign,
    eq,
    fma,
    select,
    sqrt,
    unordered,
)
from lazydag.backends.scalar.math.coefficients import ASIN, ATAN, HALF_PI
from lazydag.backends.scalar.math.evaluate import (
    Pair,
    divide,
    estrin,
    fast_two_sum,
    two_product,
)
from lazydag.backends.scalar.math.formats import format_of

TAN_EIGHTH_PI: Final = 0.41421356237309503
SCALES: Final = {
    "f64": (2.0**500, 2.0**-100, 2.0**200),
    "f32": (2.0**50, 2.0**-10, 2.0**40),
}
"""For atan2: beyond the first, both coordinates are multiplied by the second, else by
the third. Reciprocals and remainders then stay among the normal numbers."""


def _arc(x: Expr) -> tuple[Expr, Pair, Expr]:
    """Whether ``|x| <= 1/2``, and ``asin(root) = root + tail`` for the small root.

    The root is |x| itself, or ``sqrt((1 - |x|) / 2)`` as a pair.
    """
    size = absolute(x)
    is_small = size <= 0.5
    z = select(is_small, size * size, fma(size, -0.5, 0.5))
    root = sqrt(z)
    safe = select(root > 0.0, root, 1.0)
    low = select(is_small, 0.0, fma(-root, root, z) * (0.5 / safe))
    root = select(is_small, size, root)
    return is_small, Pair(root, low), root * (z * estrin(z, ASIN[x.dtype]))


def asin(x: Expr) -> Expr:
    """Arc sine; NaN outside -1 to 1."""
    high, low, _ = HALF_PI[x.dtype]
    is_small, root, tail = _arc(x)
    total = fast_two_sum(format_of(x).const(high), -2.0 * root.hi)
    rest = total.lo + fma(root.lo + tail, format_of(x).const(-2.0), low)
    return copysign(select(is_small, root.hi + tail, total.hi + rest), x)


def acos(x: Expr) -> Expr:
    """Arc cosine; NaN outside -1 to 1."""
    high, low, _ = HALF_PI[x.dtype]
    form = format_of(x)
    is_small, root, tail = _arc(x)
    is_negative = x < 0.0
    # pi/2 - asin x, or 2 asin(root), or pi - 2 asin(root)
    turns = select(is_small, form.const(1.0), select(is_negative, form.const(2.0), 0.0))
    scale = select(is_small, form.const(1.0), 2.0)
    scale = select(is_small ^ is_negative, -scale, scale)
    total = fast_two_sum(turns * high, scale * root.hi)
    return total.hi + (total.lo + fma(scale, tail + root.lo, turns * low))


def atan(x: Expr) -> Expr:
    """Arc tangent."""
    return _angle(x, format_of(x).const(1.0))


def atan2(y: Expr, x: Expr) -> Expr:
    """Angle of the point (x, y), in -pi to pi; C's table of special values."""
    threshold, down, up = SCALES[x.dtype]
    is_large = (absolute(x) > threshold) | (absolute(y) > threshold)
    factor = select(is_large, format_of(x).const(down), up)
    value = _angle(y * factor, x * factor)
    return select(unordered(y, x), y + x, value)


def _angle(y: Expr, x: Expr) -> Expr:
    """atan2 of two numbers whose quotients neither overflow nor lose digits."""
    form = format_of(x)
    is_steep = absolute(y) > absolute(x)
    less, more = _ordered(absolute(y), absolute(x), is_steep)
    is_wide = less > TAN_EIGHTH_PI * more
    t = _ratio(less, more, is_wide)
    # The angle is a multiple of pi/4 plus or minus atan(t).
    turns, sign = select(is_wide, form.const(1.0), 0.0), form.const(1.0)
    turns = select(is_steep, 2.0 - turns, turns)
    sign = select(is_steep, -sign, sign)
    is_left = form.bits(x) < 0
    turns, sign = select(is_left, 4.0 - turns, turns), select(is_left, -sign, sign)
    z = t.hi * t.hi
    tail = fma(t.hi * z, estrin(z, ATAN[x.dtype]), t.lo)
    return copysign(_sum_of_angles(turns, sign * t.hi, sign * tail), y)


def _ordered(y: Expr, x: Expr, is_steep: Expr) -> tuple[Expr, Expr]:
    """The lesser and the greater, with zeros and infinities replaced by 0 and 1."""
    form = format_of(x)
    less, more = select(is_steep, x, y), select(is_steep, y, x)
    is_infinite = eq(more, math.inf)
    both = select(eq(less, math.inf), form.const(1.0), 0.0)
    less = select(is_infinite, both, less)
    return less, select(is_infinite | eq(more, 0.0), 1.0, more)


def _ratio(less: Expr, more: Expr, is_wide: Expr) -> Pair:
    """``less / more``, or where that is wide ``(less - more) / (less + more)``."""
    zero = format_of(less).const(0.0)
    difference, total = fast_two_sum(-more, less), fast_two_sum(more, less)
    top = Pair(
        select(is_wide, difference.hi, less), select(is_wide, difference.lo, zero)
    )
    bottom = Pair(select(is_wide, total.hi, more), select(is_wide, total.lo, zero))
    return divide(top, bottom)


def _sum_of_angles(turns: Expr, angle: Expr, tail: Expr) -> Expr:
    """``turns pi/4 + angle + tail`` with one rounding that counts."""
    high, low, _ = HALF_PI[turns.dtype]
    base = two_product(turns, format_of(turns).const(high / 2))
    total = fast_two_sum(base.hi, angle)
    return total.hi + (total.lo + (tail + fma(turns, low / 2, base.lo)))
