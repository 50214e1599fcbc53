"""Functions that work element by element."""

from __future__ import annotations

from typing import Any

import numpy as np

from lazydag.array.array import Array, apply, node_of, operand, optional_operand
from lazydag.array.functions.made import binary, unary
from lazydag.array.nodes import clip as limits
from lazydag.array.nodes.broadcast import broadcast_shape
from lazydag.array.nodes.dtypes import BOOL, common
from lazydag.array.nodes.parts import whole
from lazydag.array.nodes.record import materialise, promotion_type, shape_of
from lazydag.array.nodes.rows import ROWS
from lazydag.array.outputs import given
from lazydag.errors import DTypeError, UnsupportedError
from lazydag.ir.node import make
from lazydag.ir.ops import OPS
from lazydag.ir.source import caller_location

add = binary("add")
subtract = binary("subtract")
multiply = binary("multiply")
divide = binary("divide")
true_divide = divide
floor_divide = binary("floor_divide")
remainder = binary("remainder")
mod = remainder
power = binary("power")
pow = power
negative = unary("negative")
positive = unary("positive")
absolute = unary("absolute")
abs = absolute
conj = unary("conjugate")
conjugate = conj
sign = unary("sign")
square = unary("square")
reciprocal = unary("reciprocal")

minimum = binary("minimum")
maximum = binary("maximum")
fmin = binary("fmin")
fmax = binary("fmax")
copysign = binary("copysign")
nextafter = binary("nextafter")
hypot = binary("hypot")
arctan2 = binary("arctan2")
atan2 = arctan2
logaddexp = binary("logaddexp")

equal = binary("equal")
not_equal = binary("not_equal")
less = binary("less")
less_equal = binary("less_equal")
greater = binary("greater")
greater_equal = binary("greater_equal")
logical_and = binary("logical_and")
logical_or = binary("logical_or")
logical_xor = binary("logical_xor")
logical_not = unary("logical_not")
bitwise_and = binary("bitwise_and")
bitwise_or = binary("bitwise_or")
bitwise_xor = binary("bitwise_xor")
bitwise_invert = unary("invert")
invert = bitwise_invert
bitwise_not = bitwise_invert
bitwise_left_shift = binary("left_shift")
left_shift = bitwise_left_shift
bitwise_right_shift = binary("right_shift")
right_shift = bitwise_right_shift

isnan = unary("isnan")
isinf = unary("isinf")
isfinite = unary("isfinite")
signbit = unary("signbit")

sqrt = unary("sqrt")
cbrt = unary("cbrt")
exp = unary("exp")
exp2 = unary("exp2")
expm1 = unary("expm1")
log = unary("log")
log2 = unary("log2")
log10 = unary("log10")
log1p = unary("log1p")
sin = unary("sin")
cos = unary("cos")
tan = unary("tan")
arcsin = unary("arcsin")
asin = arcsin
arccos = unary("arccos")
acos = arccos
arctan = unary("arctan")
atan = arctan
sinh = unary("sinh")
cosh = unary("cosh")
tanh = unary("tanh")
arcsinh = unary("arcsinh")
asinh = arcsinh
arccosh = unary("arccosh")
acosh = arccosh
arctanh = unary("arctanh")
atanh = arctanh

floor = unary("floor")
ceil = unary("ceil")
trunc = unary("trunc")
rint = unary("rint")
degrees = unary("degrees")
rad2deg = degrees
radians = unary("radians")
deg2rad = radians


def round(x: Any, /, decimals: int = 0, out: Any = None) -> Array:
    """Round to a number of decimals, halves to even.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.round([0.5, 1.5, 2.25])
    Array([0., 2., 2.])
    """
    found: Array = given(out, Array(limits.rounded(node_of(x), decimals)), "round")
    return found


def clip(x: Any, /, min: Any = None, max: Any = None, out: Any = None) -> Array:
    """Limit the elements to the range from `min` to `max`; None is no limit.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.clip([-1.0, 0.5, 3.0], 0.0, 1.0)
    Array([0. , 0.5, 1. ])
    """
    low, high = optional_operand(min), optional_operand(max)
    found: Array = given(out, Array(limits.clip(node_of(x), low, high)), "clip")
    return found


def where(condition: Any, x1: Any = None, x2: Any = None, /) -> Array:
    """Choose elements of `x1` where `condition` is true, else of `x2`.

    Parameters
    ----------
    condition : array_like
        What is not zero is true.
    x1, x2 : array_like
        Shapes that broadcast with the condition's; dtypes are promoted.

    Raises
    ------
    UnsupportedError
        With the condition alone: use `nonzero`.

    Examples
    --------
    >>> import lazydag as ld
    >>> x = ld.asarray([1.0, -2.0, 3.0])
    >>> ld.where(x > 0, x, 0.0)
    Array([1., 0., 3.])
    """
    source = caller_location()
    if x1 is None or x2 is None:
        raise UnsupportedError(
            "where with a condition alone is not supported",
            source,
            "Pass both alternatives, or use nonzero(condition).",
        )
    operands = operand(condition), operand(x1), operand(x2)
    shape = broadcast_shape("choose by {}", operands, [shape_of(o) for o in operands])
    dtype = common(tuple(promotion_type(o) for o in operands[1:]))
    mask, *branches = (
        materialise(o, d, shape, source)
        for o, d in zip(operands, (BOOL, dtype, dtype), strict=True)
    )
    return Array(make(OPS["where"], mask, *branches, source=source))


def isposinf(x: Any, /) -> Array:
    """Whether x is infinite and positive."""
    return _is_infinity(x, np.inf)


def isneginf(x: Any, /) -> Array:
    """Whether x is infinite and negative."""
    return _is_infinity(x, -np.inf)


def _is_infinity(x: Any, infinity: float) -> Array:
    node = node_of(x)
    if node.type.dtype.kind == "c":
        raise DTypeError(
            f"{node.type} has complex numbers, whose infinities have no sign",
            caller_location(),
            "Ask about x.real and x.imag.",
        )
    return apply(ROWS["equal"], x, infinity)


def isclose(
    x1: Any, x2: Any, /, rtol: Any = 1e-5, atol: Any = 1e-8, equal_nan: bool = False
) -> Array:
    """Whether ``abs(x1 - x2) <= atol + rtol * abs(x2)``, element by element.

    Parameters
    ----------
    x1, x2 : array_like
        Shapes that broadcast.
    rtol, atol : float
        Relative and absolute tolerance.
    equal_nan : bool
        Whether NaN equals NaN.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.isclose([1.0, 1.0], [1.0 + 1e-9, 1.1])
    Array([ True, False])
    """
    x, y = _number_or_array(x1), _number_or_array(x2)
    if isinstance(y, Array) and y.dtype.kind not in "fc":
        y = y.astype(common((y.dtype, float)))
    within = absolute(x - y) <= atol + rtol * absolute(y)
    found = logical_or(logical_and(within, isfinite(y)), equal(x, y))
    if not equal_nan:
        return found
    return logical_or(found, logical_and(isnan(x), isnan(y)))


def _number_or_array(x: Any) -> Any:
    """Return a Python number as a float, which has no width, else an array."""
    return float(x) if type(x) in (int, float) else Array(node_of(x))


def nan_to_num(
    x: Any,
    /,
    copy: bool = True,
    nan: Any = 0.0,
    posinf: Any = None,
    neginf: Any = None,
) -> Array:
    """Replace NaN by `nan`, and infinities by the greatest and least numbers.

    Parameters
    ----------
    x : array_like
        Any shape.
    copy : bool
        Without meaning: the result is always a new array.
    nan, posinf, neginf : array_like
        What to put in place; for infinities the dtype's extremes by default.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.nan_to_num([1.0, ld.nan], nan=-1.0)
    Array([ 1., -1.])
    """
    del copy
    array = Array(node_of(x))
    if array.dtype.kind == "c":
        halves = (array.real, array.imag)
        each = [
            nan_to_num(part, nan=nan, posinf=posinf, neginf=neginf) for part in halves
        ]
        return Array(whole(*[part.node for part in each]))
    if array.dtype.kind != "f":
        return array.copy()
    limit = np.finfo(array.dtype)
    high = limit.max if posinf is None else posinf
    low = limit.min if neginf is None else neginf
    found = where(array == np.inf, _as(array, high), array)
    found = where(array == -np.inf, _as(array, low), found)
    return where(isnan(array), _as(array, nan), found)


def _as(array: Array, value: Any) -> Array:
    return Array(node_of(value)).astype(array.dtype, copy=False)


def divmod(x1: Any, x2: Any, /) -> tuple[Array, Array]:
    """Return the quotient, rounded down, and the remainder."""
    return floor_divide(x1, x2), remainder(x1, x2)
