"""Elementary functions, written once as expressions for f32 and f64.

In come one or two floats, out goes the value within the bound that `docs/numerics.md`
states, with C's special values, the same bits on every processor. `apply` builds the
call that a kernel contains; `FUNCTIONS` says how a function is computed, from which a
backend makes its library.
"""

from typing import Final

from lazydag.backends.scalar.expr import Expr, Function, call
from lazydag.backends.scalar.math import (
    error,
    exponential,
    inverse,
    logarithm,
    power,
    trigonometric,
)
from lazydag.backends.scalar.math.function import MathFunction, Slow

LIBRARY: Final = "lzm"
"""Prefix of the library's symbols."""

_ROWS: Final = (
    MathFunction("exp", 1, exponential.exp),
    MathFunction("exp2", 1, exponential.exp2),
    MathFunction("expm1", 1, exponential.expm1),
    MathFunction("log", 1, logarithm.log),
    MathFunction("log2", 1, logarithm.log2),
    MathFunction("log10", 1, logarithm.log10),
    MathFunction("log1p", 1, logarithm.log1p),
    MathFunction("sin", 1, trigonometric.sin, trigonometric.SLOW_SIN),
    MathFunction("cos", 1, trigonometric.cos, trigonometric.SLOW_COS),
    MathFunction("tan", 1, trigonometric.tan, trigonometric.SLOW_TAN),
    MathFunction("asin", 1, inverse.asin),
    MathFunction("acos", 1, inverse.acos),
    MathFunction("atan", 1, inverse.atan),
    MathFunction("atan2", 2, inverse.atan2),
    MathFunction("sinh", 1, exponential.sinh),
    MathFunction("cosh", 1, exponential.cosh),
    MathFunction("tanh", 1, exponential.tanh),
    MathFunction("asinh", 1, logarithm.asinh),
    MathFunction("acosh", 1, logarithm.acosh),
    MathFunction("atanh", 1, logarithm.atanh),
    MathFunction("erf", 1, error.erf),
    MathFunction("pow", 2, power.power),
    MathFunction("hypot", 2, power.hypot),
    MathFunction("cbrt", 1, power.cbrt),
)
FUNCTIONS: Final[dict[str, MathFunction]] = {row.name: row for row in _ROWS}


def apply(name: str, *args: Expr) -> Expr:
    """The value of an elementary function, as a call to the library.

    Raises
    ------
    TypeError
        Wrong number of arguments, or one that is not of the first one's type.
    KeyError
        No function of that name.
    """
    row, dtype = FUNCTIONS[name], args[0].dtype
    if dtype not in ("f32", "f64"):
        raise TypeError(f"{name} takes f32 or f64, not {dtype}")
    return call(Function(LIBRARY, name, (dtype,) * row.arity, dtype), *args)


__all__ = ["FUNCTIONS", "LIBRARY", "MathFunction", "Slow", "apply"]
