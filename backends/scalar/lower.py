"""From IR nodes to scalar expressions: what each elementwise op computes.

In come nodes over parameters, constants and elementwise ops; out comes one value per
wanted node: an `Expr`, or a `Pair` of them if it is complex. Its arguments are the
positions of the parameters, where a complex one counts twice. Every rule has the exact
meaning of the NumPy function in the op's row, on every dtype.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

from lazydag.backends.scalar import guard, pairs, philox
from lazydag.backends.scalar.expr import (
    Expr,
    Function,
    absolute,
    arg,
    bitcast,
    call,
    const,
    const_bits,
    copysign,
    eq,
    floor,
    make,
    ne,
    select,
    value_of,
)
from lazydag.backends.scalar.pairs import Pair, Value
from lazydag.backends.scalar.types import TYPES, DType
from lazydag.errors import DTypeError, UnsupportedError
from lazydag.ir.attrs import ConstAttrs
from lazydag.ir.graph import topological
from lazydag.ir.node import Node, is_fusable
from lazydag.ir.types import dtype_name

Rule: TypeAlias = Callable[..., Expr]
CallRule: TypeAlias = Callable[[Any, Sequence[Expr]], Expr]

# fmt: off
MATH: Final = (
    "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan",
    "asin", "acos", "atan", "atan2", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh",
    "hypot", "cbrt", "erf", "pow",
)
"""Ops that are functions of the math library."""

SAME_NAME: Final = (
    "copysign", "sqrt", "floor", "ceil", "trunc", "rint",
    "eq", "ne", "lt", "le", "gt", "ge",
)
"""Ops that expressions have under the same name."""
# fmt: on


def scalar_type(node: Node) -> DType:
    """Element type of a node, of its parts if it is complex.

    By the name that both the IR and expressions use.
    """
    name: Any = dtype_name(node.type.dtype)
    found: DType = pairs.PARTS.get(name, name)
    return found


def part_types(params: Sequence[Node]) -> list[DType]:
    """Types of the arguments that parameters become: of complex ones, both parts."""
    return [scalar_type(p) for p in params for _ in range(1 + p.type.is_complex)]


def lower_nodes(
    params: Sequence[Node], roots: Sequence[Node], user_call: CallRule | None = None
) -> list[Value]:
    """Return the values of `roots`, whose arguments are `params`, or parts of them.

    Parameters
    ----------
    params
        Parameters, in the order of the arguments.
    roots
        Values wanted: parameters, constants or elementwise nodes of them.
    user_call
        What to make of a ``call`` node, from its attributes and operands.

    Raises
    ------
    UnsupportedError
        If an op has no scalar form.

    Notes
    -----
    Linear in the number of nodes.
    """
    known = _arguments(params)
    for node in topological(roots):
        if node not in known:
            operands = [known[s] for s in node.srcs]
            known[node] = _magnitude_compared(node, known) or _lower(
                node, operands, user_call
            )
    return [known[root] for root in roots]


def _arguments(params: Sequence[Node]) -> dict[Node, Value]:
    numbered = iter(arg(i, dtype) for i, dtype in enumerate(part_types(params)))
    return {
        p: Pair(next(numbered), next(numbered)) if p.type.is_complex else next(numbered)
        for p in params
    }


def has_scalar_form(node: Node) -> bool:
    """Whether kernels can compute an elementwise node; integer powers may raise."""
    if node.op.name in RULES or node.op.name in pairs.RULES:
        return is_fusable(node)
    return node.op.name in ("param", "const", "broadcast", "cast", "call")


def _magnitude_compared(node: Node, known: dict[Node, Value]) -> Expr | None:
    """Return a comparison of a complex number's magnitude with a constant."""
    if node.op.name not in ("lt", "le", "gt", "ge"):
        return None
    size, limit = node.srcs
    if size.op.name != "abs" or not size.srcs[0].type.is_complex:
        return None
    x, bound = known[size.srcs[0]], known[limit]
    assert isinstance(x, Pair)
    assert isinstance(bound, Expr)
    value = value_of(bound)
    return None if value is None else pairs.is_beyond(node.op.name, x, value)


def _lower(node: Node, operands: list[Any], user_call: CallRule | None) -> Value:
    is_pair = node.type.is_complex or any(s.type.is_complex for s in node.srcs)
    rule = (pairs.RULES if is_pair else RULES).get(node.op.name)
    if rule is None or not has_scalar_form(node):
        return _lower_special(node, operands, user_call)
    try:
        value: Value = rule(*operands)
    except TypeError:
        types = ", ".join(x.dtype for op in operands for x in pairs.parts(op))
        raise DTypeError(
            f"{node.op.name} does not take ({types})", node.source
        ) from None
    return value


def _lower_special(
    node: Node, operands: list[Any], user_call: CallRule | None
) -> Value:
    """Return the expression of an op that is more than a rule on operands."""
    name = node.op.name
    dtype = scalar_type(node)
    if isinstance(node.attrs, ConstAttrs):
        if node.type.is_complex:
            return pairs.constant(node.attrs.data, dtype)
        return const_bits(int.from_bytes(node.attrs.data, "little"), dtype)
    if name == "broadcast":
        found: Value = operands[0]
        return found
    if name == "cast":
        return _cast(operands[0], dtype, is_complex=node.type.is_complex)
    if name == "call" and user_call is not None:
        return user_call(node.attrs, operands)
    raise UnsupportedError(f"{name} has no scalar form", node.source)


def _cast(x: Value, dtype: DType, *, is_complex: bool) -> Value:
    if is_complex:
        return pairs.cast_to_complex(x, dtype)
    return pairs.cast_to_real(x, dtype) if isinstance(x, Pair) else guard.cast(x, dtype)


def _kind(x: Expr) -> str:
    return TYPES[x.dtype].kind


def _add(a: Expr, b: Expr) -> Expr:
    return a | b if _kind(a) == "b" else a + b


def _mul(a: Expr, b: Expr) -> Expr:
    return a & b if _kind(a) == "b" else a * b


def _abs(x: Expr) -> Expr:
    return x if _kind(x) == "b" else absolute(x)


def _sign(x: Expr) -> Expr:
    if _kind(x) == "u":
        return select(eq(x, 0), const(0, x.dtype), 1)
    negative = select(x < 0, const(-1, x.dtype), 0)
    result = select(x > 0, 1, negative)
    return select(guard.is_nan(x), x, result) if _kind(x) == "f" else result


def minimum(a: Expr, b: Expr) -> Expr:
    """Return the lesser operand; a NaN if either is one, the second of two equals."""
    if _kind(a) == "b":
        return a & b
    return _unless_nan(a, select(a < b, a, b))


def maximum(a: Expr, b: Expr) -> Expr:
    """Return the greater operand; a NaN if either is one, the second of two equals."""
    if _kind(a) == "b":
        return a | b
    return _unless_nan(a, select(a > b, a, b))


def _unless_nan(a: Expr, chosen: Expr) -> Expr:
    """Return `chosen`, or `a` if that is a NaN: the choice is one instruction then."""
    return select(eq(a, a), chosen, a) if _kind(a) == "f" else chosen


def _fmin(a: Expr, b: Expr) -> Expr:
    if _kind(a) != "f":
        return minimum(a, b)
    return select((a < b) | guard.is_nan(b), a, b)


def _fmax(a: Expr, b: Expr) -> Expr:
    if _kind(a) != "f":
        return maximum(a, b)
    return select((a > b) | guard.is_nan(b), a, b)


def _floordiv(a: Expr, b: Expr) -> Expr:
    kind = _kind(a)
    if kind == "f":
        return _float_floordiv(a, b)
    quotient = guard.div(a, b)
    if kind == "u":
        return quotient
    floored = select(_is_inexact(a - quotient * b, b), quotient - 1, quotient)
    return select(eq(b, 0), 0, floored)


def _mod(a: Expr, b: Expr) -> Expr:
    kind = _kind(a)
    if kind == "f":
        return _float_mod(a, b)
    if kind == "u":
        return guard.rem(a, b)
    remainder = a - guard.div(a, b) * b
    floored = select(_is_inexact(remainder, b), remainder + b, remainder)
    return select(eq(b, 0), 0, floored)


def _is_inexact(remainder: Expr, divisor: Expr) -> Expr:
    """Whether the truncated quotient is one more than the floor."""
    differs = make("ne", remainder < 0, divisor < 0)
    return ne(remainder, 0) & differs


def _float_mod(a: Expr, b: Expr) -> Expr:
    """Python's remainder, in the steps of NumPy's ``npy_divmod``."""
    mod = make("rem", a, b)
    floored = select(_is_inexact(mod, b), mod + b, mod)
    result = select(ne(mod, 0.0), floored, copysign(const(0.0, a.dtype), b))
    return select(eq(b, 0.0), mod, result)


def _float_floordiv(a: Expr, b: Expr) -> Expr:
    """Python's floor of the quotient, in the steps of NumPy's ``npy_divmod``."""
    mod = make("rem", a, b)
    quotient = (a - mod) / b
    quotient = select(_is_inexact(mod, b), quotient - 1.0, quotient)
    below = floor(quotient)
    snapped = select(quotient - below > 0.5, below + 1.0, below)
    zero = copysign(const(0.0, a.dtype), a / b)
    return select(eq(b, 0.0), a / b, select(ne(quotient, 0.0), snapped, zero))


def _signbit(x: Expr) -> Expr:
    return bitcast(x, "i64" if x.dtype == "f64" else "i32") < 0


def _named(op: str) -> Rule:
    def rule(*operands: Expr) -> Expr:
        return make(op, *operands)

    return rule


def _math(name: str) -> Rule:
    def rule(*operands: Expr) -> Expr:
        dtype = operands[0].dtype
        params: tuple[DType, ...] = (dtype,) * len(operands)
        return call(Function("lzm", name, params, dtype), *operands)

    return rule


RULES: Final[dict[str, Rule]] = {
    "add": _add,
    "sub": _named("sub"),
    "mul": _mul,
    "div": _named("div"),
    "floordiv": _floordiv,
    "mod": _mod,
    "neg": _named("neg"),
    "abs": _abs,
    "sign": _sign,
    "minimum": minimum,
    "maximum": maximum,
    "fmin": _fmin,
    "fmax": _fmax,
    "isnan": guard.is_nan,
    "isinf": guard.is_inf,
    "isfinite": guard.is_finite,
    "signbit": _signbit,
    "land": _named("and"),
    "lor": _named("or"),
    "lxor": _named("xor"),
    "lnot": _named("not"),
    "band": _named("and"),
    "bor": _named("or"),
    "bxor": _named("xor"),
    "bnot": _named("not"),
    "shl": guard.shl,
    "shr": guard.shr,
    "where": select,
    "philox": philox.word,
    **{name: _named(name) for name in SAME_NAME},
    **{name: _math(name) for name in MATH},
}
"""What each op makes of its operands, by the op's name."""
