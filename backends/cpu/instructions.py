"""How each op of a scalar expression is spelt in LLVM IR."""

from collections.abc import Callable
from functools import cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from lazydag.backends.scalar.expr import Expr, Function
from lazydag.backends.scalar.philox import drawn_by
from lazydag.backends.scalar.types import TYPES

if TYPE_CHECKING:
    from lazydag.backends.cpu.vector import VectorPrinter

INTEGER: Final = {
    "add": "add",
    "sub": "sub",
    "mul": "mul",
    "and": "and",
    "or": "or",
    "xor": "xor",
    "shl": "shl",
}
SIGNED: Final = INTEGER | {"div": "sdiv", "rem": "srem", "shr": "ashr"}
UNSIGNED: Final = INTEGER | {"div": "udiv", "rem": "urem", "shr": "lshr"}
FLOAT: Final = {"add": "fadd", "sub": "fsub", "mul": "fmul", "div": "fdiv"}
BINARY: Final = {
    "b": INTEGER,
    "i": SIGNED,
    "u": UNSIGNED,
    "f": FLOAT | {"rem": "frem"},
}
INTEGER_COMPARISONS: Final = {"eq": "eq", "ne": "ne"}
COMPARISONS: Final = {
    "b": INTEGER_COMPARISONS | {"lt": "ult", "le": "ule", "gt": "ugt", "ge": "uge"},
    "i": INTEGER_COMPARISONS | {"lt": "slt", "le": "sle", "gt": "sgt", "ge": "sge"},
    "u": INTEGER_COMPARISONS | {"lt": "ult", "le": "ule", "gt": "ugt", "ge": "uge"},
    "f": {
        "eq": "oeq",
        "ne": "une",
        "lt": "olt",
        "le": "ole",
        "gt": "ogt",
        "ge": "oge",
        "unordered": "uno",
    },
}
INTRINSICS: Final = {
    "fma": "fma",
    "sqrt": "sqrt",
    "floor": "floor",
    "ceil": "ceil",
    "trunc": "trunc",
    "rint": "rint",
    "abs": "fabs",
    "copysign": "copysign",
}


@cache
def instruction(op: str, dtype: str) -> str | None:
    """The one instruction on two operands of a type that an op is, if it is one."""
    kind = TYPES[dtype].kind
    if (code := BINARY[kind].get(op)) is not None:
        return code
    if (code := COMPARISONS[kind].get(op)) is not None:
        return f"{'fcmp' if kind == 'f' else 'icmp'} {code}"
    return None


def literal(bits: int, dtype: str) -> str:
    """LLVM's spelling of a scalar constant, exact for every bit pattern."""
    if dtype == "bool":
        return "true" if bits else "false"
    if dtype == "f64":
        return f"0x{bits:016X}"
    if dtype == "f32":
        return f"0x{_widened(bits):016X}"
    return str(bits)


def _widened(bits: int) -> int:
    """Bits of the double equal to an f32; LLVM spells floats that way.

    Done on bits where a conversion would quieten a NaN.
    """
    sign, exponent, mantissa = bits >> 31, bits >> 23 & 0xFF, bits & 0x7FFFFF
    if exponent == 0 and mantissa:  # denormal: normalise
        shift = 24 - mantissa.bit_length()
        exponent, mantissa = 1 - shift, (mantissa << shift) & 0x7FFFFF
    elif exponent == 0:
        return sign << 63
    wide = 2047 if exponent == 255 else exponent + 896
    return sign << 63 | wide << 52 | mantissa << 29


def _const(out: "VectorPrinter", node: Expr, _: list[str]) -> str:
    assert isinstance(node.imm, int)
    value = literal(node.imm, node.dtype)
    return value if out.width == 1 else f"splat ({TYPES[node.dtype].llvm} {value})"


def _neg(out: "VectorPrinter", node: Expr, names: list[str]) -> str:
    kind = out.type(node.dtype)
    if TYPES[node.dtype].kind == "f":
        return out.emit(f"fneg {kind} {names[0]}")
    zero = "0" if out.width == 1 else "zeroinitializer"
    return out.emit(f"sub {kind} {zero}, {names[0]}")


def _not(out: "VectorPrinter", node: Expr, names: list[str]) -> str:
    ones = "-1" if out.width == 1 else f"splat ({TYPES[node.dtype].llvm} -1)"
    return out.emit(f"xor {out.type(node.dtype)} {names[0]}, {ones}")


def _abs(out: "VectorPrinter", node: Expr, names: list[str]) -> str:
    kind = TYPES[node.dtype].kind
    if kind == "u":
        return names[0]
    if kind == "f":
        return out.intrinsic("fabs", node.dtype, names)
    negative = _neg(out, node, names)
    vector = out.type(node.dtype)
    is_less = out.emit(f"icmp slt {vector} {names[0]}, {negative}")
    mask = out.type("bool")
    pair = f"{vector} {negative}, {vector} {names[0]}"
    return out.emit(f"select {mask} {is_less}, {pair}")


def _select(out: "VectorPrinter", node: Expr, names: list[str]) -> str:
    vector = out.type(node.dtype)
    pair = f"{vector} {names[1]}, {vector} {names[2]}"
    return out.emit(f"select {out.type('bool')} {names[0]}, {pair}")


def _bitcast(out: "VectorPrinter", node: Expr, names: list[str]) -> str:
    source, target = out.type(node.args[0].dtype), out.type(node.dtype)
    if source == target:
        return names[0]
    return out.emit(f"bitcast {source} {names[0]} to {target}")


def _convert(out: "VectorPrinter", node: Expr, names: list[str]) -> str:
    source, target = out.type(node.args[0].dtype), out.type(node.dtype)
    if source == target:
        return names[0]
    code = _conversion(node.args[0].dtype, node.dtype)
    return out.emit(f"{code} {source} {names[0]} to {target}")


def _conversion(source: str, target: str) -> str:
    old, new = TYPES[source], TYPES[target]
    if old.kind == "f" and new.kind == "f":
        return "fpext" if old.bits < new.bits else "fptrunc"
    if old.kind == "f":
        return "fptosi" if new.kind == "i" else "fptoui"
    if new.kind == "f":
        return "sitofp" if old.kind == "i" else "uitofp"
    if new.bits < old.bits:
        return "trunc"
    return "sext" if old.kind == "i" else "zext"


def _umulh(out: "VectorPrinter", node: Expr, names: list[str]) -> str:
    bits, kind = TYPES[node.dtype].bits, out.type(node.dtype)
    scalar = f"i{2 * bits}"
    wide = out.wide(scalar)
    a, b = (out.emit(f"zext {kind} {name} to {wide}") for name in names)
    product = out.emit(f"mul {wide} {a}, {b}")
    count = f"{bits}" if out.width == 1 else f"splat ({scalar} {bits})"
    high = out.emit(f"lshr {wide} {product}, {count}")
    return out.emit(f"trunc {wide} {high} to {kind}")


def _table(out: "VectorPrinter", node: Expr, names: list[str]) -> str:
    """One load a lane: measured faster than gather instructions."""
    symbol = _table_symbol(out, node)
    index, kind = node.args[0].dtype, out.type(node.dtype)
    if out.width == 1:
        return _entry(out, node, symbol, names[0])
    vector = "poison"
    for lane in range(out.width):
        at = out.emit(f"extractelement {out.type(index)} {names[0]}, i64 {lane}")
        one = f"{TYPES[node.dtype].llvm} {_entry(out, node, symbol, at)}"
        vector = out.emit(f"insertelement {kind} {vector}, {one}, i64 {lane}")
    return vector


def _entry(out: "VectorPrinter", node: Expr, symbol: str, index: str) -> str:
    scalar, row = TYPES[node.dtype].llvm, TYPES[node.args[0].dtype]
    where = f"ptr @{symbol}, {row.llvm} {index}"
    pointer = out.emit(f"getelementptr inbounds {scalar}, {where}")
    return out.emit(f"load {scalar}, ptr {pointer}, align {TYPES[node.dtype].nbytes}")


def _table_symbol(out: "VectorPrinter", node: Expr) -> str:
    assert isinstance(node.imm, tuple)
    scalar = TYPES[node.dtype].llvm
    entries = ", ".join(f"{scalar} {literal(bits, node.dtype)}" for bits in node.imm)
    symbol = "table_" + blake2b(entries.encode(), digest_size=8).hexdigest()
    content = f"[{len(node.imm)} x {scalar}] [{entries}], align 64"
    out.declare(symbol, f"@{symbol} = private unnamed_addr constant {content}")
    return symbol


def status_word(symbol: str) -> str:
    """Return the name of the caller's word that a function sets to 1 if it fails."""
    return f"%status.{symbol}"


def _call(out: "VectorPrinter", node: Expr, names: list[str]) -> str:
    assert isinstance(node.imm, Function)
    symbol = out.need(node.imm)
    operands = [(out.type(p), n) for p, n in zip(node.imm.params, names, strict=True)]
    if node.imm.failure:
        operands.append(("ptr", status_word(symbol)))
    if node.imm.memo_nbytes:
        operands.append(("ptr", out.memo(drawn_by(node), node.imm.memo_nbytes)))
    return out.call(symbol, out.type(node.dtype), operands)


SPECIAL: Final[dict[str, Callable[["VectorPrinter", Expr, list[str]], str]]] = {
    "const": _const,
    "neg": _neg,
    "not": _not,
    "abs": _abs,
    "select": _select,
    "bitcast": _bitcast,
    "convert": _convert,
    "umulh": _umulh,
    "table": _table,
    "call": _call,
}
"""Ops that are more than one instruction on operands of one type."""
