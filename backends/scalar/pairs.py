"""Complex numbers in kernels: pairs of their real and imaginary parts.

Sums and quotients have NumPy's bits; the quotient is Smith's. So have products, where
NumPy computes them by vectors: in each part one of the two products is fused with the
sum.
"""

import math
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from lazydag.backends.scalar import guard
from lazydag.backends.scalar.expr import (
    Expr,
    absolute,
    const,
    const_bits,
    convert,
    eq,
    fma,
    make,
    select,
    sqrt,
)
from lazydag.backends.scalar.types import DType


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """One complex value."""

    real: Expr
    imag: Expr


Value: TypeAlias = Expr | Pair

PARTS: Final[dict[str, DType]] = {"c64": "f32", "c128": "f64"}
"""Types of the parts of complex types, by name."""


def parts(value: Value) -> tuple[Expr, ...]:
    """Return the numbers that a value is made of."""
    return (value.real, value.imag) if isinstance(value, Pair) else (value,)


def constant(data: bytes, dtype: DType) -> Pair:
    """The constant of two numbers, one behind the other."""
    half = len(data) // 2
    real, imag = (int.from_bytes(x, "little") for x in (data[:half], data[half:]))
    return Pair(const_bits(real, dtype), const_bits(imag, dtype))


def cast_to_complex(x: Value, dtype: DType) -> Pair:
    """A complex number of other parts, or one of a real part only."""
    if isinstance(x, Pair):
        return Pair(convert(x.real, dtype), convert(x.imag, dtype))
    return Pair(guard.cast(x, dtype), const(0.0, dtype))


def cast_to_real(x: Pair, dtype: DType) -> Expr:
    """The real part; for truth, whether there is any part."""
    if dtype == "bool":
        return make("ne", x.real, 0.0) | make("ne", x.imag, 0.0)
    return guard.cast(x.real, dtype)


def _by_part(op: Callable[..., Expr]) -> Callable[..., Pair]:
    def rule(*operands: Pair) -> Pair:
        return Pair(op(*(x.real for x in operands)), op(*(x.imag for x in operands)))

    return rule


def _of_both(test: Callable[..., Expr], joint: str) -> Callable[..., Expr]:
    def rule(*operands: Pair) -> Expr:
        found = (test(*(x.real for x in operands)), test(*(x.imag for x in operands)))
        return make(joint, *found)

    return rule


def _mul(a: Pair, b: Pair) -> Pair:
    real = fma(a.real, b.real, -(a.imag * b.imag))
    return Pair(real, fma(a.real, b.imag, a.imag * b.real))


def _div(a: Pair, b: Pair) -> Pair:
    """R. L. Smith, Algorithm 116: complex division, CACM 5 (1962), as NumPy has it."""
    is_real = absolute(b.real) >= absolute(b.imag)
    small, large = select(is_real, b.imag, b.real), select(is_real, b.real, b.imag)
    ratio = small / large
    scale = 1.0 / (large + small * ratio)
    x, y = select(is_real, a.real, a.imag), select(is_real, a.imag, a.real)
    turned = x * ratio
    imag = select(is_real, y - turned, turned - y)
    is_zero = eq(b.real, 0.0) & eq(b.imag, 0.0)
    zero = absolute(b.real)
    return Pair(
        select(is_zero, a.real / zero, (x + y * ratio) * scale),
        select(is_zero, a.imag / zero, imag * scale),
    )


def _abs(x: Pair) -> Expr:
    """Magnitude, within 1.3 units in the last place: one root, and no call."""
    a, b = absolute(x.real), absolute(x.imag)
    if a.dtype == "f32":
        wide, other = convert(a, "f64"), convert(b, "f64")
        value = convert(sqrt(fma(wide, wide, other * other)), "f32")
    else:
        value = _root_of_squares(a, b)
    is_infinite = eq(a, math.inf) | eq(b, math.inf)
    return select(is_infinite, math.inf, value)


def _root_of_squares(a: Expr, b: Expr) -> Expr:
    """Scaled by powers of two, so that no square leaves the range of numbers."""
    is_large = (a > 2.0**500) | (b > 2.0**500)
    is_small = (a < 2.0**-450) & (b < 2.0**-450)
    factor = select(is_large, 2.0**-600, select(is_small, const(2.0**600, "f64"), 1.0))
    back = select(is_large, 2.0**600, select(is_small, const(2.0**-600, "f64"), 1.0))
    x, y = a * factor, b * factor
    return sqrt(fma(x, x, y * y)) * back


def is_beyond(name: str, x: Pair, limit: float) -> Expr | None:
    """Compare the magnitude with a number, by the sum of squares: without a root.

    The root grows with the sum, so that there is a least sum for which the comparison
    comes out otherwise; it is looked for here. None if squares may leave the range of
    numbers.

    Parameters
    ----------
    name
        ``"lt"``, ``"le"``, ``"gt"`` or ``"ge"``.
    """
    if not _LEAST < limit < 1.0 / _LEAST:
        return None
    a, b = convert(x.real, "f64"), convert(x.imag, "f64")
    square = fma(a, a, b * b)
    dtype = x.real.dtype
    if name in ("lt", "le"):
        return square < _least_square(name, limit, dtype)
    is_infinite = eq(absolute(a), math.inf) | eq(absolute(b), math.inf)
    opposite = "le" if name == "gt" else "lt"
    return (square >= _least_square(opposite, limit, dtype)) | is_infinite


_LEAST: Final = 2.0**-400


def _least_square(name: str, limit: float, dtype: DType) -> float:
    """Return the least sum of squares whose root is not less than, or at, `limit`."""
    low, high = (_bits(s) for s in (0.0, 4.0 * limit * limit))
    while high - low > 1:
        middle = (low + high) // 2
        root = _rounded(math.sqrt(_number(middle)), dtype)
        if root < limit or (name == "le" and root == limit):
            low = middle
        else:
            high = middle
    return _number(high)


def _bits(number: float) -> int:
    found: int = struct.unpack("<q", struct.pack("<d", number))[0]
    return found


def _number(bits: int) -> float:
    found: float = struct.unpack("<d", struct.pack("<q", bits))[0]
    return found


def _rounded(number: float, dtype: DType) -> float:
    code = "<f" if dtype == "f32" else "<d"
    found: float = struct.unpack(code, struct.pack(code, number))[0]
    return found


def _where(condition: Expr, a: Pair, b: Pair) -> Pair:
    return Pair(select(condition, a.real, b.real), select(condition, a.imag, b.imag))


def _named(op: str) -> Callable[..., Expr]:
    def rule(*operands: Expr) -> Expr:
        return make(op, *operands)

    return rule


RULES: Final[dict[str, Callable[..., Any]]] = {
    "add": _by_part(_named("add")),
    "sub": _by_part(_named("sub")),
    "mul": _mul,
    "div": _div,
    "neg": _by_part(_named("neg")),
    "abs": _abs,
    "conj": lambda x: Pair(x.real, -x.imag),
    "real": lambda x: x.real,
    "imag": lambda x: x.imag,
    "complex": Pair,
    "eq": _of_both(_named("eq"), "and"),
    "ne": _of_both(_named("ne"), "or"),
    "isnan": _of_both(guard.is_nan, "or"),
    "isinf": _of_both(guard.is_inf, "or"),
    "isfinite": _of_both(guard.is_finite, "and"),
    "where": _where,
}
"""What each op makes of operands of which one is complex, or makes one of."""
