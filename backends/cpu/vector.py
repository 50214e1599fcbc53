"""Prints scalar expressions as straight-line LLVM IR over vectors.

`VectorPrinter(8)` turns every `f64` value into ``<8 x double>``. The text has no
fast-math flags, so its bits do not depend on width, processor or optimisation level.
A width of 1 prints plain scalars. Bools are ``i1`` in registers, bytes in memory.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from lazydag.backends.cpu.instructions import INTRINSICS, SPECIAL, instruction
from lazydag.backends.scalar.expr import Expr, Function
from lazydag.backends.scalar.order import merge
from lazydag.backends.scalar.types import TYPES, DType

ATTRIBUTES: Final = (
    'nounwind "prefer-vector-width"="512" "min-legal-vector-width"="512"'
)
"""Attributes that every function of ours needs: vectors cross calls in registers, and
both sides must agree on the width of those."""


MAX_MEMOS: Final = 32
"""Functions with more draws let some share what is kept: stacks are small."""


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
    memos
        Bytes of memory that those functions keep, by its name.
    """

    width: int
    lines: list[str] = field(default_factory=list)
    calls: set[Call] = field(default_factory=set)
    memos: dict[str, int] = field(default_factory=dict)
    _declared: dict[str, str] = field(default_factory=dict)
    _owners: dict[object, int] = field(default_factory=dict)
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
        scalar = TYPES[dtype].llvm
        return scalar if self.width == 1 else f"<{self.width} x {scalar}>"

    def emit(self, instruction: str) -> str:
        """Print an instruction and return the new name of its value.

        A number, in rising order, which LLVM reads twice as fast as a name.
        """
        self._count += 1
        name = f"%{self._count}"
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
        roots, order = merge(roots)
        for node in order:
            if node.op == "arg":
                assert isinstance(node.imm, int)
                names[node] = args[node.imm]
            else:
                names[node] = self._value(node, [names[a] for a in node.args])
        return [names[root] for root in roots]

    def _value(self, node: Expr, names: list[str]) -> str:
        if node.op in SPECIAL:
            return SPECIAL[node.op](self, node, names)
        dtype = node.args[0].dtype
        code = instruction(node.op, dtype)
        if code is None:
            return self.intrinsic(INTRINSICS[node.op], dtype, names)
        return self.emit(f"{code} {self.type(dtype)} {names[0]}, {names[1]}")

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

    def need(self, function: Function) -> str:
        """Record that the text calls a library's function; return its symbol."""
        needed = Call(function, self.width)
        self.calls.add(needed)
        return needed.symbol

    def memo(self, owner: object, nbytes: int) -> str:
        """Return the name of memory for the calls of one owner."""
        number = self._owners.setdefault(owner, len(self._owners)) % MAX_MEMOS
        name = f"%memo{number}"
        self.memos[name] = nbytes
        return name

    def declare(self, symbol: str, text: str) -> None:
        """Add a global to the module, once."""
        self._declared[symbol] = text

    def wide(self, scalar: str) -> str:
        """Return the vector of any LLVM scalar type."""
        return scalar if self.width == 1 else f"<{self.width} x {scalar}>"
