"""The error function.

Notes
-----
``x + x P(x**2)`` up to 1; beyond, ``1 - exp(-g(x))`` with a polynomial g for
``-log(erfc)``, whose error counts less the nearer erf is to 1.
"""

from typing import Final

from lazydag.backends.scalar.expr import Expr, absolute, copysign, fma, select
from lazydag.backends.scalar.math.coefficients import ERF_LARGE, ERF_SMALL
from lazydag.backends.scalar.math.evaluate import estrin
from lazydag.backends.scalar.math.exponential import exp_clamped
from lazydag.backends.scalar.math.formats import keep_zero

ERF_ONE: Final = {"f64": 6.0, "f32": 4.0}
"""Where erf has become 1."""


def erf(x: Expr) -> Expr:
    """Error function."""
    size, end = absolute(x), ERF_ONE[x.dtype]
    square = x * x
    small = fma(x, estrin(square, ERF_SMALL[x.dtype]), x)
    bounded = select(size > end, end, size)
    exponent = estrin(bounded - 1.0, ERF_LARGE[x.dtype])
    large = copysign(1.0 - exp_clamped(-exponent), x)
    return keep_zero(x, select(size < 1.0, small, large))
