"""Polynomials, and arithmetic on unevaluated sums of two floats.

References
----------
.. [1] T. J. Dekker, "A floating-point technique for extending the available
   precision", Numerische Mathematik 18, 1971.
.. [2] J.-M. Muller et al., "Handbook of Floating-Point Arithmetic", 2nd ed., 2018.
"""

from collections.abc import Sequence
from typing import NamedTuple

from lazydag.backends.scalar.expr import Expr, const, fma


def estrin(x: Expr, coefficients: Sequence[float]) -> Expr:
    """The polynomial with these coefficients, lowest first, by Estrin's scheme.

    Short chains keep the processor busy where Horner's rule would wait.
    """
    terms = [const(c, x.dtype) for c in coefficients]
    power = x
    while len(terms) > 1:
        pairs = range(0, len(terms) - 1, 2)
        merged = [fma(terms[i + 1], power, terms[i]) for i in pairs]
        terms = merged + terms[2 * len(merged) :]
        power = power * power
    return terms[0]


class Pair(NamedTuple):
    """The exact sum of two floats, `lo` at most half an ULP of `hi`."""

    hi: Expr
    lo: Expr


def two_sum(a: Expr, b: Expr) -> Pair:
    """``a + b`` without error."""
    total = a + b
    other = total - a
    return Pair(total, (a - (total - other)) + (b - other))


def fast_two_sum(a: Expr, b: Expr) -> Pair:
    """``a + b`` without error if ``|a| >= |b|`` or a is 0."""
    total = a + b
    return Pair(total, b - (total - a))


def two_product(a: Expr, b: Expr) -> Pair:
    """``a * b`` without error, short of underflow."""
    product = a * b
    return Pair(product, fma(a, b, -product))


def multiply(a: Pair, b: Pair) -> Pair:
    """Product to about twice the precision."""
    product = two_product(a.hi, b.hi)
    return fast_two_sum(product.hi, product.lo + fma(a.hi, b.lo, a.lo * b.hi))


def add(a: Pair, b: Pair) -> Pair:
    """Sum to about twice the precision if there is no cancellation."""
    total = two_sum(a.hi, b.hi)
    return fast_two_sum(total.hi, total.lo + (a.lo + b.lo))


def divide(a: Pair, b: Pair) -> Pair:
    """Quotient to about twice the precision, from one division."""
    inverse = 1.0 / b.hi
    quotient = a.hi * inverse
    rest = fma(-quotient, b.hi, a.hi) + (a.lo - quotient * b.lo)
    return Pair(quotient, rest * inverse)


def pair_of(value: tuple[float, float], like: Expr) -> Pair:
    """A constant given by its two parts."""
    return Pair(const(value[0], like.dtype), const(value[1], like.dtype))
