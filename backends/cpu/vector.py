"""Prints scalar expressions as straight-line LLVM IR over vectors.

`VectorPrinter(8)` turns every `f64` value into ``<8 x double>``. The text has no
fast-math flags, so its bits do not depend on width, processor or optimisation level.
A width of 1 prints plain scalars. Bools are ``i1`` in registers, bytes in memory.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final

from lazydag.backends.scalar.expr import Expr, Function
from lazydag.backends.scalar.order import cse, topological
from lazydag.backends.scalar.types import TYPES, DType

ATTRIBUTES: Final = (
    'nounwind "prefer-vector-width"="512" "min-legal-vector-width"="512"'
)
"""Attributes that every function of ours needs: vectors cross calls in registers, and
both sides must agree on the width of those."""

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


@dataclass(frozen=True, slots=True)
class Call:
    """A function of a library at one width: what the text needs linked."""

    function: Function
    width: int

    @property
    def symbol(self) -> str:
        """The symbol the text refers to."""
        return self.function.symbol(self.width)


@dataclass(slots=True)
class VectorPrinter:
    """Accumulates the lines of one function's straight-line code.

    One printer serves a whole module: its names never repeat, and `declarations`
    collects what must stand beside the functions.

    Attributes
    ----------
    width
        Lanes of every vector.
    lines
        Instructions printed so far; take them with `take`.
    calls
        Library functions the text calls.
    """

    width: int
    lines: list[str] = field(default_factory=list)
    calls: set[Call] = field(default_factory=set)
    _declared: dict[str, str] = field(default_factory=dict)
    _count: int = 0

    @property
    def declarations(self) -> str:
        """``declare`` lines and constant tables, for the end of the module."""
        return "\n".join(self._declared.values())

    def take(self) -> str:
        """The instructions printed since the last call."""
        text, self.lines = "\n".join(self.lines), []
        return text

    def type(self, dtype: str) -> str:
        """LLVM's register type of a vector of `dtype`."""
        return self._wide(TYPES[dtype].llvm)

    def emit(self, instruction: str) -> str:
        """Print an instruction and return the new name of its value."""
        self._count += 1
        name = f"%v{self._count}"
        self.lines.append(f"  {name} = {instruction}")
        return name

    def load(self, pointer: str, dtype: DType, align: int | None = None) -> str:
        """Load `width` neighbouring elements; bytes become bools."""
        align = align or TYPES[dtype].nbytes
        if dtype != "bool":
            return self.emit(f"load {self.type(dtype)}, ptr {pointer}, align {align}")
        byte = self.type("u8")
        raw = self.emit(f"load {byte}, ptr {pointer}, align {align}")
        return self.emit(f"icmp ne {byte} {raw}, zeroinitializer")

    def store(
        self,
        value: str,
        pointer: str,
        dtype: DType,
        align: int | None = None,
        suffix: str = "",
    ) -> None:
        """Store a vector; `suffix` takes metadata such as ``, !nontemporal !0``."""
        align, kind = align or TYPES[dtype].nbytes, self.type(dtype)
        if dtype == "bool":
            value = self.emit(f"zext {kind} {value} to {self.type('u8')}")
            kind = self.type("u8")
        where = f"ptr {pointer}, align {align}{suffix}"
        self.lines.append(f"  store {kind} {value}, {where}")

    def splat(self, value: str, dtype: DType) -> str:
        """A scalar SSA value in every lane."""
        if self.width == 1:
            return value
        vector, scalar = self.type(dtype), TYPES[dtype].llvm
        one = self.emit(f"insertelement {vector} poison, {scalar} {value}, i64 0")
        mask = f"<{self.width} x i32> zeroinitializer"
        return self.emit(f"shufflevector {vector} {one}, {vector} poison, {mask}")

    def any(self, mask: str) -> str:
        """Whether a vector of bools has a true lane, as an i1."""
        if self.width == 1:
            return mask
        name = f"llvm.vector.reduce.or.v{self.width}i1"
        kind = self.type("bool")
        return self.call(name, "i1", [(kind, mask)])

    def body(self, roots: Sequence[Expr], args: Mapping[int, str]) -> list[str]:
        """Print the expressions; `args` names the vectors of the arguments.

        Returns
        -------
        list of str
            The names of the roots' values, constants included.
        """
        names: dict[Expr, str] = {}
        roots = cse(roots)
        for node in topological(roots):
            names[node] = self._value(node, [names[a] for a in node.args], args)
        return [names[root] for root in roots]

    def _value(self, node: Expr, names: list[str], args: Mapping[int, str]) -> str:
        if node.op == "arg":
            assert isinstance(node.imm, int)
            return args[node.imm]
        if node.op in SPECIAL:
            return SPECIAL[node.op](self, node, names)
        dtype = node.args[0].dtype
        row = TYPES[dtype]
        kind = self._wide(row.llvm)
        if (code := BINARY[row.kind].get(node.op)) is not None:
            return self.emit(f"{code} {kind} {names[0]}, {names[1]}")
        if (code := COMPARISONS[row.kind].get(node.op)) is not None:
            compare = "fcmp" if row.kind == "f" else "icmp"
            return self.emit(f"{compare} {code} {kind} {names[0]}, {names[1]}")
        return self.intrinsic(INTRINSICS[node.op], dtype, names)

    def intrinsic(self, name: str, dtype: str, names: Sequence[str]) -> str:
        """Call ``llvm.name`` on vectors of one type."""
        kind = self.type(dtype)
        row = TYPES[dtype]
        scalar = f"f{row.bits}" if row.kind == "f" else f"i{row.bits}"
        suffix = scalar if self.width == 1 else f"v{self.width}{scalar}"
        return self.call(f"llvm.{name}.{suffix}", kind, [(kind, n) for n in names])

    def call(self, symbol: str, result: str, operands: list[tuple[str, str]]) -> str:
        """Declare `symbol` and call it with (type, name) pairs."""
        kinds = ", ".join(kind for kind, _ in operands)
        self._declared[symbol] = f"declare {result} @{symbol}({kinds})"
        actual = ", ".join(f"{kind} {name}" for kind, name in operands)
        return self.emit(f"call {result} @{symbol}({actual})")

    def declare(self, symbol: str, text: str) -> None:
        """Add a global to the module, once."""
        self._declared[symbol] = text

    def _wide(self, scalar: str) -> str:
        return scalar if self.width == 1 else f"<{self.width} x {scalar}>"


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


def _const(out: VectorPrinter, node: Expr, _: list[str]) -> str:
    assert isinstance(node.imm, int)
    value = literal(node.imm, node.dtype)
    return value if out.width == 1 else f"splat ({TYPES[node.dtype].llvm} {value})"


def _neg(out: VectorPrinter, node: Expr, names: list[str]) -> str:
    kind = out.type(node.dtype)
    if TYPES[node.dtype].kind == "f":
        return out.emit(f"fneg {kind} {names[0]}")
    zero = "0" if out.width == 1 else "zeroinitializer"
    return out.emit(f"sub {kind} {zero}, {names[0]}")


def _not(out: VectorPrinter, node: Expr, names: list[str]) -> str:
    ones = "-1" if out.width == 1 else f"splat ({TYPES[node.dtype].llvm} -1)"
    return out.emit(f"xor {out.type(node.dtype)} {names[0]}, {ones}")


def _abs(out: VectorPrinter, node: Expr, names: list[str]) -> str:
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


def _select(out: VectorPrinter, node: Expr, names: list[str]) -> str:
    vector = out.type(node.dtype)
    pair = f"{vector} {names[1]}, {vector} {names[2]}"
    return out.emit(f"select {out.type('bool')} {names[0]}, {pair}")


def _bitcast(out: VectorPrinter, node: Expr, names: list[str]) -> str:
    source, target = out.type(node.args[0].dtype), out.type(node.dtype)
    if source == target:
        return names[0]
    return out.emit(f"bitcast {source} {names[0]} to {target}")


def _convert(out: VectorPrinter, node: Expr, names: list[str]) -> str:
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


def _umulh(out: VectorPrinter, node: Expr, names: list[str]) -> str:
    bits, kind = TYPES[node.dtype].bits, out.type(node.dtype)
    scalar = f"i{2 * bits}"
    wide = scalar if out.width == 1 else f"<{out.width} x {scalar}>"
    a, b = (out.emit(f"zext {kind} {name} to {wide}") for name in names)
    product = out.emit(f"mul {wide} {a}, {b}")
    count = f"{bits}" if out.width == 1 else f"splat ({scalar} {bits})"
    high = out.emit(f"lshr {wide} {product}, {count}")
    return out.emit(f"trunc {wide} {high} to {kind}")


def _table(out: VectorPrinter, node: Expr, names: list[str]) -> str:
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


def _entry(out: VectorPrinter, node: Expr, symbol: str, index: str) -> str:
    scalar, row = TYPES[node.dtype].llvm, TYPES[node.args[0].dtype]
    where = f"ptr @{symbol}, {row.llvm} {index}"
    pointer = out.emit(f"getelementptr inbounds {scalar}, {where}")
    return out.emit(f"load {scalar}, ptr {pointer}, align {TYPES[node.dtype].nbytes}")


def _table_symbol(out: VectorPrinter, node: Expr) -> str:
    assert isinstance(node.imm, tuple)
    scalar = TYPES[node.dtype].llvm
    entries = ", ".join(f"{scalar} {literal(bits, node.dtype)}" for bits in node.imm)
    symbol = "table_" + blake2b(entries.encode(), digest_size=8).hexdigest()
    content = f"[{len(node.imm)} x {scalar}] [{entries}], align 64"
    out.declare(symbol, f"@{symbol} = private unnamed_addr constant {content}")
    return symbol


def _call(out: VectorPrinter, node: Expr, names: list[str]) -> str:
    assert isinstance(node.imm, Function)
    needed = Call(node.imm, out.width)
    out.calls.add(needed)
    operands = [(out.type(p), n) for p, n in zip(node.imm.params, names, strict=True)]
    return out.call(needed.symbol, out.type(node.dtype), operands)


SPECIAL: Final[dict[str, Callable[[VectorPrinter, Expr, list[str]], str]]] = {
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
