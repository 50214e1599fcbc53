"""What the elementary functions must know about the two floating-point formats."""

from dataclasses import dataclass
from typing import Final

from lazydag.backends.scalar.expr import Expr, bitcast, const, eq, select
from lazydag.backends.scalar.types import DType


@dataclass(frozen=True, slots=True)
class Format:
    """A binary format and the constants that depend on it.

    Attributes
    ----------
    dtype, integer, unsigned
        The format and the integers of its width.
    digits
        Stored bits of the significand.
    bias
        Of the exponent.
    shifter
        1.5 * 2**digits: adding it rounds to an integer, which then stands in the low
        bits of the sum.
    least_normal
        The smallest normal number.
    """

    dtype: DType
    integer: DType
    unsigned: DType
    digits: int
    bias: int
    shifter: float
    least_normal: float

    def const(self, value: float) -> Expr:
        """A constant of the format."""
        return const(value, self.dtype)

    def bits(self, x: Expr) -> Expr:
        """The bits of `x` as a signed integer."""
        return bitcast(x, self.integer)

    def shifted_bits(self, shifted: Expr) -> Expr:
        """The integer in a sum with `shifter`, exact modulo 2**digits."""
        return self.bits(shifted) - const_int(self.shifter_bits, self)

    @property
    def shifter_bits(self) -> int:
        """Bits of `shifter`."""
        return (self.bias + self.digits) << self.digits | 1 << (self.digits - 1)

    @property
    def sign_shift(self) -> int:
        """How far bit 1 is from the sign."""
        return 62 if self.dtype == "f64" else 30

    def from_int(self, k: Expr) -> Expr:
        """A small integer as a float; no processor needs a conversion for it."""
        shifted = bitcast(k + const_int(self.shifter_bits, self), self.dtype)
        return shifted - self.shifter

    def power_of_two(self, k: Expr) -> Expr:
        """2**k for an exponent in the normal range."""
        return bitcast((k + self.bias) << self.digits, self.dtype)

    def scale(self, x: Expr, k: Expr) -> Expr:
        """``x * 2**k`` for k from twice the least to twice the greatest exponent."""
        half = k >> 1
        return x * self.power_of_two(half) * self.power_of_two(k - half)


def const_int(value: int, form: Format) -> Expr:
    """An integer constant of the format's width."""
    return const(value, form.integer)


F64: Final = Format("f64", "i64", "u64", 52, 1023, 1.5 * 2.0**52, 2.0**-1022)
F32: Final = Format("f32", "i32", "u32", 23, 127, 1.5 * 2.0**23, 2.0**-126)
FORMATS: Final[dict[str, Format]] = {"f64": F64, "f32": F32}


def format_of(x: Expr) -> Format:
    """The format of a float expression."""
    return FORMATS[x.dtype]


def keep_zero(x: Expr, value: Expr) -> Expr:
    """`value`, but a zero for a zero: odd functions keep the sign of 0.0."""
    return select(eq(x, 0.0), x, value)
