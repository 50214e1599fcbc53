"""The table of elementwise functions.

A row says which NumPy ufunc has the rule for dtypes, and which op has the meaning.
Everything about such a function follows from its row: promotion, messages, docstring.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from lazydag.array.nodes import compose as c
from lazydag.ir.ops import OPS, Op
from lazydag.ir.types import DType

Meaning: TypeAlias = Op | c.Compose


@dataclass(frozen=True, slots=True)
class Loop:
    """What happens for operands of some dtypes: these casts, then this meaning."""

    ins: tuple[DType, ...]
    meaning: Meaning


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """An elementwise function.

    Parameters
    ----------
    name : str
        Public name.
    ufunc : numpy.ufunc
        Whose loops give the dtypes.
    meaning : Op or callable
        What is computed, on floats and on integers.
    does : str
        One line for the docstring.
    verb : str
        For messages: "cannot {verb}", with a place for the operands.
    boolean : Op, callable or None
        Meaning on bools, where that differs.
    integer : Op, callable or None
        Meaning on integers, where that differs.
    on_complex : Op, callable or None
        Meaning on complex numbers, where that differs.
    mixed : callable or None
        Meaning on operands of different dtypes, where NumPy has such a loop.
    """

    name: str
    ufunc: np.ufunc
    meaning: Meaning
    does: str
    verb: str
    boolean: Meaning | None = None
    integer: Meaning | None = None
    on_complex: Meaning | None = None
    mixed: Meaning | None = None
    loops: dict[Any, Loop] = field(default_factory=dict)
    direct: dict[DType, Op] = field(default_factory=dict)

    @property
    def compares(self) -> bool:
        """Whether it is a comparison, which also takes ints of any size."""
        return self.mixed is not None

    @property
    def asks_truth(self) -> bool:
        """Whether only the truth of the operands counts: they become bools."""
        return self.ufunc.__name__.startswith("logical_")

    def meaning_for(self, ins: tuple[DType, ...]) -> Meaning:
        """Return the meaning for a loop with operands of these dtypes."""
        if self.mixed is not None and ins[0] is not ins[1]:
            return self.mixed
        if ins[0].kind == "b":
            return self.boolean or self.integer or self.meaning
        if ins[0].kind in "iu":
            return self.integer or self.meaning
        if ins[0].kind == "c":
            return self.on_complex or self.meaning
        return self.meaning


def _row(  # noqa: PLR0913
    ufunc: np.ufunc,
    meaning: Meaning | str,
    does: str,
    verb: str = "",
    *,
    name: str = "",
    boolean: Meaning | str | None = None,
    integer: Meaning | str | None = None,
    on_complex: Meaning | str | None = None,
    mixed: Meaning | None = None,
) -> Row:
    name = name or ufunc.__name__
    verb = verb or f"apply {name} to {{}}"
    special = {
        "boolean": _op(boolean),
        "integer": _op(integer),
        "on_complex": _op(on_complex),
        "mixed": mixed,
    }
    return Row(name, ufunc, _op(meaning), does, verb, **special)


def _op(meaning: Any) -> Any:
    return OPS[meaning] if isinstance(meaning, str) else meaning


def _comparison(ufunc: np.ufunc, op: str, symbol: str) -> Row:
    mixed = c.comparison(OPS[op], if_left_is_less=op in ("lt", "le", "ne"))
    return _row(ufunc, op, f"Whether x1 {symbol} x2.", "compare {}", mixed=mixed)


# ufunc, meaning, what it does, verb of messages, meanings on other kinds
_TABLE = (
    _row(np.add, "add", "Add x1 and x2.", "add {}", boolean="lor"),
    _row(np.subtract, "sub", "Subtract x2 from x1.", "subtract {}"),
    _row(np.multiply, "mul", "Multiply x1 by x2.", "multiply {}", boolean="land"),
    _row(np.divide, "div", "Divide x1 by x2; integers give floats.", "divide {}"),
    _row(
        np.floor_divide,
        c.floor_divide,
        "Divide and round down.",
        "divide {}",
        integer="floordiv",
    ),
    _row(
        np.remainder,
        "mod",
        "Remainder of the division that rounds down; it has the sign of x2.",
        "take the remainder of {}",
    ),
    _row(np.power, "pow", "Raise x1 to the power x2.", "raise to a power {}"),
    _row(np.negative, "neg", "Change the sign.", "negate {}"),
    _row(
        np.positive,
        c.identity,
        "Return the values.",
        boolean=c.identity,
        integer=c.identity,
    ),
    _row(np.absolute, "abs", "Absolute value.", boolean=c.identity),
    _row(np.sign, "sign", "-1, 0 or 1; NaN stays NaN."),
    _row(np.square, c.square, "x * x."),
    _row(np.reciprocal, c.reciprocal, "1 / x.", integer=c.integer_reciprocal),
    _row(np.minimum, "minimum", "The lesser; NaN if either is.", boolean="land"),
    _row(np.maximum, "maximum", "The greater; NaN if either is.", boolean="lor"),
    _row(np.fmin, "fmin", "The lesser; the other if one is NaN.", boolean="land"),
    _row(np.fmax, "fmax", "The greater; the other if one is NaN.", boolean="lor"),
    _row(np.copysign, "copysign", "x1 with the sign of x2."),
    _row(np.nextafter, "nextafter", "The next number after x1 towards x2."),
    _row(
        np.conjugate,
        c.identity,
        "Complex conjugate; real numbers stay.",
        name="conj",
        integer=c.identity,
        on_complex="conj",
    ),
    _row(np.hypot, "hypot", "Length of the vector (x1, x2), without overflow."),
    _row(np.arctan2, "atan2", "Angle of the point (x2, x1) in radians."),
    _row(np.logaddexp, c.logaddexp, "log(exp(x1) + exp(x2)), without overflow."),
    _comparison(np.equal, "eq", "=="),
    _comparison(np.not_equal, "ne", "!="),
    _comparison(np.less, "lt", "<"),
    _comparison(np.less_equal, "le", "<="),
    _comparison(np.greater, "gt", ">"),
    _comparison(np.greater_equal, "ge", ">="),
    _row(np.logical_and, "land", "Whether both are true (not zero)."),
    _row(np.logical_or, "lor", "Whether at least one is true (not zero)."),
    _row(np.logical_xor, "lxor", "Whether exactly one is true (not zero)."),
    _row(np.logical_not, "lnot", "Whether x is false (zero)."),
    _row(np.bitwise_and, "band", "And, bit by bit.", boolean="land"),
    _row(np.bitwise_or, "bor", "Or, bit by bit.", boolean="lor"),
    _row(np.bitwise_xor, "bxor", "Exclusive or, bit by bit.", boolean="lxor"),
    _row(
        np.invert,
        "bnot",
        "Not, bit by bit.",
        name="bitwise_invert",
        verb="invert {}",
        boolean="lnot",
    ),
    _row(
        np.left_shift,
        "shl",
        "Shift the bits of x1 left by x2.",
        name="bitwise_left_shift",
        verb="shift {}",
    ),
    _row(
        np.right_shift,
        "shr",
        "Shift the bits of x1 right by x2; the sign stays.",
        name="bitwise_right_shift",
        verb="shift {}",
    ),
    _row(np.isnan, "isnan", "Whether x is NaN.", boolean=c.never, integer=c.never),
    _row(np.isinf, "isinf", "Whether x is infinite.", boolean=c.never, integer=c.never),
    _row(
        np.isfinite,
        "isfinite",
        "Whether x is neither NaN nor infinite.",
        boolean=c.always,
        integer=c.always,
    ),
    _row(np.signbit, "signbit", "Whether the sign bit is set, as in -0.0."),
    _row(np.sqrt, "sqrt", "Square root, rounded correctly."),
    _row(np.cbrt, "cbrt", "Cube root."),
    _row(np.exp, "exp", "e to the power x."),
    _row(np.exp2, "exp2", "2 to the power x."),
    _row(np.expm1, "expm1", "exp(x) - 1, accurate near 0."),
    _row(np.log, "log", "Natural logarithm."),
    _row(np.log2, "log2", "Logarithm to base 2."),
    _row(np.log10, "log10", "Logarithm to base 10."),
    _row(np.log1p, "log1p", "log(1 + x), accurate near 0."),
    _row(np.sin, "sin", "Sine of an angle in radians."),
    _row(np.cos, "cos", "Cosine of an angle in radians."),
    _row(np.tan, "tan", "Tangent of an angle in radians."),
    _row(np.arcsin, "asin", "Angle in radians whose sine is x."),
    _row(np.arccos, "acos", "Angle in radians whose cosine is x."),
    _row(np.arctan, "atan", "Angle in radians whose tangent is x."),
    _row(np.sinh, "sinh", "Hyperbolic sine."),
    _row(np.cosh, "cosh", "Hyperbolic cosine."),
    _row(np.tanh, "tanh", "Hyperbolic tangent."),
    _row(np.arcsinh, "asinh", "Inverse hyperbolic sine."),
    _row(np.arccosh, "acosh", "Inverse hyperbolic cosine."),
    _row(np.arctanh, "atanh", "Inverse hyperbolic tangent."),
    _row(np.floor, "floor", "Round down.", boolean=c.identity, integer=c.identity),
    _row(np.ceil, "ceil", "Round up.", boolean=c.identity, integer=c.identity),
    _row(
        np.trunc, "trunc", "Round towards zero.", boolean=c.identity, integer=c.identity
    ),
    _row(np.rint, "rint", "Round to the nearest integer, halves to even."),
    _row(np.degrees, c.degrees, "Radians to degrees."),
    _row(np.radians, c.radians, "Degrees to radians."),
)

#: Every row, by the name of its NumPy ufunc.
ROWS: dict[str, Row] = {row.ufunc.__name__: row for row in _TABLE}
