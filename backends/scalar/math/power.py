"""pow, hypot, cbrt.

References
----------
.. [1] J.-M. Muller, "Elementary Functions: Algorithms and Implementation", 3rd ed.,
   2016, chapter 13: log and exp to more digits, multiplied in between.
.. [2] ISO/IEC 9899:2018, annex F.10.4: special values.
"""

import math

from lazydag.backends.scalar.expr import (
    Expr,
    absolute,
    const,
    convert,
    copysign,
    eq,
    fma,
    ne,
    rint,
    select,
    sqrt,
    unordered,
)
from lazydag.backends.scalar.math.coefficients import (
    LN2,
    LOG_TAIL,
    TWO_THIRDS,
)
from lazydag.backends.scalar.math.evaluate import (
    Pair,
    add,
    estrin,
    fast_two_sum,
    two_product,
)
from lazydag.backends.scalar.math.exponential import (
    RANGE,
    clamp,
    exp,
    exp_clamped,
    exp_pair,
)
from lazydag.backends.scalar.math.formats import format_of, keep_zero
from lazydag.backends.scalar.math.logarithm import log, split, sqrt_pair


def power(x: Expr, y: Expr) -> Expr:
    """``x**y`` with all of C's special values."""
    if x.dtype == "f32":
        return power_by(x, y, convert(_power_f32(x, y), "f32"))
    return power_by(x, y, _power_f64(x, y))


def _power_f32(x: Expr, y: Expr) -> Expr:
    """``|x|**y`` by way of f64, whose digits suffice as they are."""
    logarithm = log(convert(absolute(x), "f64"))
    return exp(convert(y, "f64") * logarithm)


def _power_f64(x: Expr, y: Expr) -> Expr:
    """``|x|**y`` for positive finite numbers."""
    logarithm = log_pair(absolute(x))
    product = y * logarithm.hi
    low = fma(y, logarithm.hi, -product) + y * logarithm.lo
    is_finite = absolute(product) < 2.0 * RANGE["f64"][1]
    return exp_pair(Pair(clamp(product, RANGE["f64"]), select(is_finite, low, 0.0)))


def log_pair(x: Expr) -> Pair:
    """Return the logarithm of a positive finite f64 as a pair, to about 2**-65.

    ``log m = 2 s + s z (2/3 + z P(z))`` with ``z = s**2``. P is evaluated in one float,
    and the low parts of products are dropped where they are below the bound.
    """
    parts = split(x)
    s = _atanh_argument(parts.f)
    z = two_product(s.hi, s.hi)
    z = Pair(z.hi, fma(s.hi + s.hi, s.lo, z.lo))
    high, low = TWO_THIRDS[x.dtype]
    series = fast_two_sum(const(high, x.dtype), z.hi * estrin(z.hi, LOG_TAIL[x.dtype]))
    cubic = _product(s, _product(z, Pair(series.hi, series.lo + low)))
    mantissa = fast_two_sum(s.hi + s.hi, cubic.hi)
    rest = mantissa.lo + fma(const(2.0, x.dtype), s.lo, cubic.lo)
    first, second = LN2[x.dtype]
    total = fast_two_sum(parts.k * first, mantissa.hi)
    return fast_two_sum(total.hi, total.lo + fma(parts.k, second, rest))


def _atanh_argument(f: Expr) -> Pair:
    """``f / (2 + f)`` as a pair."""
    bottom = fast_two_sum(const(2.0, f.dtype), f)
    inverse = 1.0 / bottom.hi
    quotient = f * inverse
    rest = fma(-quotient, bottom.lo, fma(-quotient, bottom.hi, f))
    return Pair(quotient, rest * inverse)


def _product(a: Pair, b: Pair) -> Pair:
    """Product of pairs, left as it comes: `lo` may exceed half an ULP of `hi`."""
    product = two_product(a.hi, b.hi)
    return Pair(product.hi, fma(a.hi, b.lo, fma(a.lo, b.hi, product.lo)))


def power_by(x: Expr, y: Expr, magnitude: Expr) -> Expr:
    """``x**y`` from ``|x|**y``, with the special values."""
    form, size = format_of(x), absolute(x)
    is_integer = eq(rint(y), y)
    half = y * 0.5
    is_odd = is_integer & ne(rint(half), half)
    is_edge = eq(size, 0.0) | eq(size, math.inf) | eq(absolute(y), math.inf)
    grows = ((size > 1.0) & (y > 0.0)) | ((size < 1.0) & (y < 0.0))
    edge = select(grows, form.const(math.inf), 0.0)
    value = select(is_edge, select(eq(size, 1.0), 1.0, edge), magnitude)
    is_negative = form.bits(x) < 0
    value = select(is_negative & is_odd, -value, value)
    has_none = (x < 0.0) & ~is_integer & (size < math.inf)
    value = select(has_none | unordered(x, y), math.nan, value)
    return select(eq(y, 0.0) | eq(x, 1.0), 1.0, value)


def hypot(x: Expr, y: Expr) -> Expr:
    """``sqrt(x**2 + y**2)``; infinite if either is, whatever the other."""
    if x.dtype == "f32":
        a, b = convert(x, "f64"), convert(y, "f64")
        value = convert(sqrt(fma(a, a, b * b)), "f32")
    else:
        value = _hypot_f64(absolute(x), absolute(y))
    is_infinite = eq(absolute(x), math.inf) | eq(absolute(y), math.inf)
    return select(is_infinite, math.inf, value)


def _hypot_f64(x: Expr, y: Expr) -> Expr:
    """Two squares and a root in pairs, scaled out of harm's way."""
    is_large = (x > 2.0**500) | (y > 2.0**500)
    is_small = (x < 2.0**-450) & (y < 2.0**-450)
    one = const(1.0, "f64")
    factor = select(is_large, 2.0**-600, select(is_small, 2.0**600, one))
    back = select(is_large, 2.0**600, select(is_small, 2.0**-600, one))
    a, b = x * factor, y * factor
    root = sqrt_pair(add(two_product(a, a), two_product(b, b)))
    return (root.hi + root.lo) * back


def cbrt(x: Expr) -> Expr:
    """Cube root: a Newton step, with an exact remainder, from ``exp(log(x) / 3)``."""
    steps = 100 if x.dtype == "f64" else 12
    limit = 2.0 ** (8 * steps)
    size, one = absolute(x), format_of(x).const(1.0)
    is_large, is_small = size > limit, size < 1.0 / limit
    factor = 8.0**steps
    scaled = size * select(is_large, 1.0 / factor, select(is_small, factor, one))
    back = select(is_large, 2.0**steps, select(is_small, 2.0**-steps, one))
    root = exp_clamped(clamp(log(scaled) * (1.0 / 3.0), RANGE[x.dtype]))
    square = two_product(root, root)
    cube = two_product(square.hi, root)
    rest = (scaled - cube.hi) - fma(square.lo, root, cube.lo)
    value = (root + rest / (3.0 * square.hi)) * back
    is_plain = (size > 0.0) & (size < math.inf)
    return keep_zero(x, copysign(select(is_plain, value, size), x))
