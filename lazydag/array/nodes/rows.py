"""The table of elementwise functions.

Arguments of a row: ufunc, meaning, what it does, verb of messages, meanings on other
kinds.
"""

from __future__ import annotations

import numpy as np

from lazydag.array.nodes import compose as c
from lazydag.array.nodes import rare as r
from lazydag.array.nodes.row import Loop, Meaning, Row, comparison, row
from lazydag.ir.ops import OPS

__all__ = ["ROWS", "SECONDS", "Loop", "Meaning", "Row"]

_TABLE = (
    row(np.add, "add", "Add x1 and x2.", "add {}", boolean="lor"),
    row(np.subtract, "sub", "Subtract x2 from x1.", "subtract {}"),
    row(np.multiply, "mul", "Multiply x1 by x2.", "multiply {}", boolean="land"),
    row(np.divide, "div", "Divide x1 by x2; integers give floats.", "divide {}"),
    row(
        np.floor_divide,
        c.floor_divide,
        "Divide and round down.",
        "divide {}",
        integer="floordiv",
    ),
    row(
        np.remainder,
        "mod",
        "Remainder of the division that rounds down; it has the sign of x2.",
        "take the remainder of {}",
    ),
    row(np.power, "pow", "Raise x1 to the power x2.", "raise to a power {}"),
    row(np.negative, "neg", "Change the sign.", "negate {}"),
    row(
        np.positive,
        c.identity,
        "Return the values.",
        boolean=c.identity,
        integer=c.identity,
    ),
    row(np.absolute, "abs", "Absolute value.", boolean=c.identity),
    row(np.sign, "sign", "-1, 0 or 1; NaN stays NaN."),
    row(np.square, c.square, "x * x."),
    row(np.reciprocal, c.reciprocal, "1 / x.", integer=c.integer_reciprocal),
    row(np.minimum, "minimum", "The lesser; NaN if either is.", boolean="land"),
    row(np.maximum, "maximum", "The greater; NaN if either is.", boolean="lor"),
    row(np.fmin, "fmin", "The lesser; the other if one is NaN.", boolean="land"),
    row(np.fmax, "fmax", "The greater; the other if one is NaN.", boolean="lor"),
    row(np.copysign, "copysign", "x1 with the sign of x2."),
    row(np.nextafter, "nextafter", "The next number after x1 towards x2."),
    row(
        np.conjugate,
        c.identity,
        "Complex conjugate; real numbers stay.",
        name="conj",
        integer=c.identity,
        on_complex="conj",
    ),
    row(np.hypot, "hypot", "Length of the vector (x1, x2), without overflow."),
    row(np.arctan2, "atan2", "Angle of the point (x2, x1) in radians."),
    row(np.logaddexp, c.logaddexp, "log(exp(x1) + exp(x2)), without overflow."),
    comparison(np.equal, "eq", "=="),
    comparison(np.not_equal, "ne", "!="),
    comparison(np.less, "lt", "<"),
    comparison(np.less_equal, "le", "<="),
    comparison(np.greater, "gt", ">"),
    comparison(np.greater_equal, "ge", ">="),
    row(np.logical_and, "land", "Whether both are true (not zero)."),
    row(np.logical_or, "lor", "Whether at least one is true (not zero)."),
    row(np.logical_xor, "lxor", "Whether exactly one is true (not zero)."),
    row(np.logical_not, "lnot", "Whether x is false (zero)."),
    row(np.bitwise_and, "band", "And, bit by bit.", boolean="land"),
    row(np.bitwise_or, "bor", "Or, bit by bit.", boolean="lor"),
    row(np.bitwise_xor, "bxor", "Exclusive or, bit by bit.", boolean="lxor"),
    row(
        np.invert,
        "bnot",
        "Not, bit by bit.",
        name="bitwise_invert",
        verb="invert {}",
        boolean="lnot",
    ),
    row(
        np.left_shift,
        "shl",
        "Shift the bits of x1 left by x2.",
        name="bitwise_left_shift",
        verb="shift {}",
    ),
    row(
        np.right_shift,
        "shr",
        "Shift the bits of x1 right by x2; the sign stays.",
        name="bitwise_right_shift",
        verb="shift {}",
    ),
    row(np.isnan, "isnan", "Whether x is NaN.", boolean=c.never, integer=c.never),
    row(np.isinf, "isinf", "Whether x is infinite.", boolean=c.never, integer=c.never),
    row(
        np.isfinite,
        "isfinite",
        "Whether x is neither NaN nor infinite.",
        boolean=c.always,
        integer=c.always,
    ),
    row(np.signbit, "signbit", "Whether the sign bit is set, as in -0.0."),
    row(np.sqrt, "sqrt", "Square root, rounded correctly."),
    row(np.cbrt, "cbrt", "Cube root."),
    row(np.exp, "exp", "e to the power x."),
    row(np.exp2, "exp2", "2 to the power x."),
    row(np.expm1, "expm1", "exp(x) - 1, accurate near 0."),
    row(np.log, "log", "Natural logarithm."),
    row(np.log2, "log2", "Logarithm to base 2."),
    row(np.log10, "log10", "Logarithm to base 10."),
    row(np.log1p, "log1p", "log(1 + x), accurate near 0."),
    row(np.sin, "sin", "Sine of an angle in radians."),
    row(np.cos, "cos", "Cosine of an angle in radians."),
    row(np.tan, "tan", "Tangent of an angle in radians."),
    row(np.arcsin, "asin", "Angle in radians whose sine is x."),
    row(np.arccos, "acos", "Angle in radians whose cosine is x."),
    row(np.arctan, "atan", "Angle in radians whose tangent is x."),
    row(np.sinh, "sinh", "Hyperbolic sine."),
    row(np.cosh, "cosh", "Hyperbolic cosine."),
    row(np.tanh, "tanh", "Hyperbolic tangent."),
    row(np.arcsinh, "asinh", "Inverse hyperbolic sine."),
    row(np.arccosh, "acosh", "Inverse hyperbolic cosine."),
    row(np.arctanh, "atanh", "Inverse hyperbolic tangent."),
    row(np.floor, "floor", "Round down.", boolean=c.identity, integer=c.identity),
    row(np.ceil, "ceil", "Round up.", boolean=c.identity, integer=c.identity),
    row(
        np.trunc, "trunc", "Round towards zero.", boolean=c.identity, integer=c.identity
    ),
    row(np.rint, "rint", "Round to the nearest integer, halves to even."),
    row(np.degrees, c.degrees, "Radians to degrees."),
    row(np.radians, c.radians, "Degrees to radians."),
    row(np.rad2deg, c.degrees, "Radians to degrees."),
    row(np.deg2rad, c.radians, "Degrees to radians."),
    row(np.fabs, "abs", "Absolute value in floating point."),
    row(
        np.fmod,
        r.fmod,
        "Remainder of the division that rounds towards zero; it has the sign of x1.",
        "take the remainder of {}",
        integer=r.integer_fmod,
    ),
    row(np.float_power, "pow", "Raise x1 to the power x2, in 64 bits at least."),
    row(np.heaviside, r.heaviside, "0 for negative x1, 1 for positive; x2 for zero."),
    row(np.logaddexp2, r.logaddexp2, "log2(2**x1 + 2**x2), without overflow."),
    row(np.spacing, r.spacing, "Distance to the next number away from zero."),
    row(np.ldexp, r.by_numpy("ldexp"), "x1 * 2**x2."),
    row(np.gcd, r.by_numpy("gcd"), "Greatest common divisor."),
    row(np.lcm, r.by_numpy("lcm"), "Least common multiple."),
    row(
        np.bitwise_count,
        r.by_numpy("bitwise_count"),
        "Number of bits that are set, of the absolute value.",
    ),
    row(np.isnat, c.never, "Whether x is not a time; numbers are refused."),
    row(np.divmod, c.floor_divide, "Quotient, rounded down.", integer="floordiv"),
    row(np.modf, r.fraction, "Part after the point, with the sign of x."),
    row(np.frexp, r.by_numpy("frexp"), "Mantissa: x by a power of two."),
)

#: Every row, by the name of its NumPy ufunc.
ROWS: dict[str, Row] = {each.ufunc.__name__: each for each in _TABLE}

#: What ufuncs with two results give after what their row does.
SECONDS: dict[str, Meaning] = {
    "divmod": OPS["mod"],
    "modf": OPS["trunc"],
    "frexp": r.by_numpy("frexp", output=1),
}
