"""Typed scalar expressions: what one element of a fused kernel computes.

An `Expr` is a node of a directed acyclic graph. Equality is identity; `cse` makes
equal structures identical. Operators accept Python numbers, which become constants
of the other operand's type::

    x = arg(0, "f64")
    y = fma(x, x, 1.0) / sqrt(x)

Everything here means the same on every processor. Where C or LLVM leave a result
undefined (integer division by zero, wide shifts, float to integer out of range) the
constructors in `guard` complete the definition as NumPy has it.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from lazydag.backends.scalar.types import TYPES, DType


@dataclass(frozen=True, slots=True)
class Function:
    """A function outside the expression, called on whole vectors.

    Attributes
    ----------
    library
        Prefix of its symbols, and the key by which the compiler finds its text:
        ``lzm`` is the math library.
    name
        Name within the library.
    params, result
        Types of arguments and of the value.
    failure
        What it means if the function fails, for messages; empty if it never does.
    memo_nbytes
        Memory that the function keeps from call to call in a kernel; its first word is
        0 when the kernel begins.
    """

    library: str
    name: str
    params: tuple[DType, ...]
    result: DType
    failure: str = ""
    memo_nbytes: int = 0

    def symbol(self, width: int) -> str:
        """Name of the version for vectors of `width` lanes."""
        return f"{self.library}_{self.name}_{self.result}x{width}"


Immediate: TypeAlias = int | tuple[int, ...] | Function | None
Operand: TypeAlias = "Expr | float | int"


@dataclass(frozen=True, slots=True, eq=False)
class Expr:
    """One scalar value.

    Attributes
    ----------
    op
        A key of `OPS`.
    args
        Operands.
    dtype
        Type of the value.
    imm
        Bits of a ``const``, index of an ``arg``, bits of the entries of a ``table``,
        the callee of a ``call``; otherwise None.
    """

    op: str
    args: tuple["Expr", ...]
    dtype: DType
    imm: Immediate = None

    def __repr__(self) -> str:
        """Shallow, so that printing a deep graph does not print all of it."""
        imm = "" if self.imm is None else f" {self.imm}"
        return f"<{self.dtype} {self.op}{imm}/{len(self.args)}>"

    def __add__(self, other: Operand) -> "Expr":
        return make("add", self, other)

    def __radd__(self, other: Operand) -> "Expr":
        return make("add", other, self)

    def __sub__(self, other: Operand) -> "Expr":
        return make("sub", self, other)

    def __rsub__(self, other: Operand) -> "Expr":
        return make("sub", other, self)

    def __mul__(self, other: Operand) -> "Expr":
        return make("mul", self, other)

    def __rmul__(self, other: Operand) -> "Expr":
        return make("mul", other, self)

    def __truediv__(self, other: Operand) -> "Expr":
        return make("div", self, other)

    def __rtruediv__(self, other: Operand) -> "Expr":
        return make("div", other, self)

    def __and__(self, other: Operand) -> "Expr":
        return make("and", self, other)

    def __or__(self, other: Operand) -> "Expr":
        return make("or", self, other)

    def __xor__(self, other: Operand) -> "Expr":
        return make("xor", self, other)

    def __lshift__(self, other: Operand) -> "Expr":
        return make("shl", self, other)

    def __rshift__(self, other: Operand) -> "Expr":
        return make("shr", self, other)

    def __neg__(self) -> "Expr":
        return make("neg", self)

    def __invert__(self) -> "Expr":
        return make("not", self)

    def __lt__(self, other: Operand) -> "Expr":
        return make("lt", self, other)

    def __le__(self, other: Operand) -> "Expr":
        return make("le", self, other)

    def __gt__(self, other: Operand) -> "Expr":
        return make("gt", self, other)

    def __ge__(self, other: Operand) -> "Expr":
        return make("ge", self, other)


_allocate = object.__new__
_set_op, _set_args, _set_dtype, _set_imm = (
    vars(Expr)[name].__set__ for name in ("op", "args", "dtype", "imm")
)


def new(op: str, args: tuple[Expr, ...], dtype: DType, imm: Immediate = None) -> Expr:
    """Return ``Expr(op, args, dtype, imm)``, in a third of the time.

    As the class would make it, but frozen fields are set by name there.
    """
    expr: Expr = _allocate(Expr)
    _set_op(expr, op)
    _set_args(expr, args)
    _set_dtype(expr, dtype)
    _set_imm(expr, imm)
    return expr


@dataclass(frozen=True, slots=True)
class Op:
    """A row of the op table: operands, the kinds they may have, what comes out.

    `result` is the type of the value, None for that of the operands.
    """

    arity: int
    kinds: str
    result: DType | None = None


OPS: Final[dict[str, Op]] = {
    # Integers wrap. Integer div and rem truncate; a zero divisor, min / -1 and a
    # shift outside 0..bits-1 are undefined here: build those with `guard`.
    "add": Op(2, "iuf"),
    "sub": Op(2, "iuf"),
    "mul": Op(2, "iuf"),
    "div": Op(2, "iuf"),
    "rem": Op(2, "iuf"),
    "neg": Op(1, "iuf"),
    "abs": Op(1, "iuf"),
    "umulh": Op(2, "u"),
    "and": Op(2, "biu"),
    "or": Op(2, "biu"),
    "xor": Op(2, "biu"),
    "not": Op(1, "biu"),
    "shl": Op(2, "iu"),
    "shr": Op(2, "iu"),
    # Comparisons with NaN are false, except `ne`.
    "eq": Op(2, "biuf", "bool"),
    "ne": Op(2, "biuf", "bool"),
    "lt": Op(2, "biuf", "bool"),
    "le": Op(2, "biuf", "bool"),
    "gt": Op(2, "biuf", "bool"),
    "ge": Op(2, "biuf", "bool"),
    "unordered": Op(2, "f", "bool"),
    "fma": Op(3, "f"),
    "sqrt": Op(1, "f"),
    "floor": Op(1, "f"),
    "ceil": Op(1, "f"),
    "trunc": Op(1, "f"),
    "rint": Op(1, "f"),
    "copysign": Op(2, "f"),
}
"""Ops whose operands all have one type. The others have constructors of their own:
const, arg, select, convert, bitcast, table, call."""


def encode(value: float, dtype: DType) -> int:
    """Bits of `value` in `dtype`; integers wrap, floats round.

    >>> hex(encode(-0.0, "f64")), encode(-1, "u8")
    ('0x8000000000000000', 255)
    """
    if dtype == "f64":
        return int(struct.unpack("<Q", struct.pack("<d", value))[0])
    if dtype == "f32":
        return _f32_bits(value)
    if dtype == "bool":
        return int(bool(value))
    if value != int(value):
        raise TypeError(f"the constant {value!r} is not an integer, {dtype} wants one")
    return int(value) & ((1 << TYPES[dtype].bits) - 1)


def _f32_bits(value: float) -> int:
    try:
        return int(struct.unpack("<I", struct.pack("<f", value))[0])
    except OverflowError:  # beyond f32, which struct refuses and C rounds to inf
        return 0x7F800000 if value > 0 else 0xFF800000


def const(value: float, dtype: DType) -> Expr:
    """A constant, kept by its bits: 0.0 and -0.0 stay apart."""
    return new("const", (), dtype, encode(value, dtype))


def const_bits(bits: int, dtype: DType) -> Expr:
    """The constant with exactly these bits, NaN payloads included."""
    return new("const", (), dtype, bits & ((1 << TYPES[dtype].bits) - 1))


def arg(index: int, dtype: DType) -> Expr:
    """The kernel's input number `index`."""
    return new("arg", (), dtype, index)


def make(op: str, *operands: Operand) -> Expr:
    """Apply `op`; numbers become constants of the type of the first `Expr`.

    Raises
    ------
    TypeError
        Wrong number of operands, types that differ, or a type the op does not have.
    """
    row = OPS[op]
    args = _lift(operands)
    dtype = args[0].dtype
    if len(args) != row.arity or TYPES[dtype].kind not in row.kinds:
        raise TypeError(f"{op} does not take ({_types(args)})")
    for other in args:
        if other.dtype != dtype:
            raise TypeError(f"{op} needs operands of one type, not ({_types(args)})")
    return new(op, args, row.result or dtype)


def _lift(operands: tuple[Operand, ...]) -> tuple[Expr, ...]:
    if all(x.__class__ is Expr for x in operands):
        return operands  # type: ignore[return-value]
    dtype = None
    for x in operands:
        if isinstance(x, Expr):
            dtype = x.dtype
            break
    if dtype is None:
        raise TypeError(f"no operand of {operands!r} is an expression")
    return tuple(x if isinstance(x, Expr) else const(x, dtype) for x in operands)


def _types(args: tuple[Expr, ...]) -> str:
    return ", ".join(x.dtype for x in args)


def _named(op: str) -> Callable[..., Expr]:
    def build(*operands: Operand) -> Expr:
        return make(op, *operands)

    build.__name__ = build.__qualname__ = op
    build.__doc__ = f"Apply ``{op}``; see `OPS`."
    return build


eq, ne, unordered = _named("eq"), _named("ne"), _named("unordered")
fma, sqrt, copysign = _named("fma"), _named("sqrt"), _named("copysign")
floor, ceil, trunc, rint = map(_named, ("floor", "ceil", "trunc", "rint"))
absolute, umulh = _named("abs"), _named("umulh")


def select(condition: Expr, yes: Operand, no: Operand) -> Expr:
    """`yes` where `condition`, else `no`; both are computed."""
    pair = _lift((yes, no))
    if condition.dtype != "bool" or pair[0].dtype != pair[1].dtype:
        found = _types((condition, *pair))
        raise TypeError(f"select needs (bool, T, T), not ({found})")
    return new("select", (condition, *pair), pair[0].dtype)


def convert(x: Expr, dtype: DType) -> Expr:
    """Change of type by value; a float out of an integer's range is undefined.

    Integers wrap, floats round to nearest even, anything to bool is ``x != 0``.
    `guard.cast` is the version without undefined cases.
    """
    if x.dtype == dtype:
        return x
    if dtype == "bool":
        return make("ne", x, 0)
    return new("convert", (x,), dtype)


def bitcast(x: Expr, dtype: DType) -> Expr:
    """The same bits read as another type of the same width."""
    if x.dtype == dtype:
        return x
    if TYPES[x.dtype].bits != TYPES[dtype].bits:
        raise TypeError(f"bitcast from {x.dtype} to {dtype} changes the width")
    return new("bitcast", (x,), dtype)


def table(values: tuple[float | int, ...], index: Expr, dtype: DType) -> Expr:
    """``values[index]``; the index must be in range in every lane."""
    if TYPES[index.dtype].kind not in "iu":
        raise TypeError(f"a table's index must be an integer, not {index.dtype}")
    return new("table", (index,), dtype, tuple(encode(v, dtype) for v in values))


def call(function: Function, *args: Expr) -> Expr:
    """The value of a library's function."""
    if tuple(x.dtype for x in args) != function.params:
        expected = ", ".join(function.params)
        raise TypeError(f"{function.name} takes ({expected}), not ({_types(args)})")
    return new("call", args, function.result, function)


def value_of(x: Expr) -> Any:
    """The Python number in a ``const``, None for any other expression."""
    if x.op != "const" or not isinstance(x.imm, int):
        return None
    row = TYPES[x.dtype]
    if row.kind == "f":
        codes = ("<Q", "<d") if row.bits == 64 else ("<I", "<f")
        return struct.unpack(codes[1], struct.pack(codes[0], x.imm))[0]
    return x.imm - (1 << row.bits) if x.imm > row.maximum else x.imm
