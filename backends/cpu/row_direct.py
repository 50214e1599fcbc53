"""Prints the reduction of a block of a row without a buffer between.

Cheap values go from registers right to the accumulators: reading memory is then all
that takes time. The order is that of `row_reducers`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from lazydag.backends.cpu.code import Code
from lazydag.backends.cpu.folds import (
    ACCUMULATORS,
    RULE_OF,
    combine,
    constant,
    horizontal,
    identity,
    lanes,
    tree,
)
from lazydag.backends.cpu.program import Form, Program
from lazydag.backends.cpu.row_state import BROADCAST, CONTIGUOUS, SCRATCH, Row
from lazydag.backends.cpu.rows import RowLoop
from lazydag.backends.scalar.types import DType

MAX_OPS: Final = 8
MAX_VALUES: Final = 3
"""Operations and reductions up to which a step's values stay in registers."""


def is_direct(form: Form, program: Program) -> bool:
    """Whether a kernel's values can be computed and reduced without a buffer."""
    return (
        program.is_inline
        and 0 < program.size <= MAX_OPS
        and set(form.inputs) <= {CONTIGUOUS, BROADCAST}
        and set(program.reductions) <= set(RULE_OF)
        and len(program.values) <= MAX_VALUES
        and all(lanes(v.dtype) == program.width for v in program.values)
    )


@dataclass(slots=True)
class DirectBlock:
    """Prints the loop over a block's elements.

    Attributes
    ----------
    sums
        For each reduction the address of its accumulators: on the stack, which without
        optimisation passes is where values live between two steps anyway.
    """

    code: Code
    form: Form
    program: Program
    sums: list[str] = field(init=False)
    buffers: list[str] = field(init=False)
    rest: RowLoop = field(init=False)

    def __post_init__(self) -> None:
        code, program = self.code, self.program
        self.sums, self.buffers = (
            [code.buffer(v.dtype, self.step) for v in program.values] for _ in range(2)
        )
        inputs = list(zip(program.inputs, self.form.inputs, strict=True))
        outputs = [(v.dtype, SCRATCH) for v in program.values]
        self.rest = RowLoop(code, inputs, outputs)

    @property
    def step(self) -> int:
        """Elements that all accumulators take at a time."""
        return ACCUMULATORS * self.program.width

    def emit(self, inputs: Sequence[Row], length: str, targets: Sequence[str]) -> None:
        """Print the reduction of `length` elements; results go to `targets`."""
        code = self.code
        for kind, dtype, sums in self._reductions():
            none = constant(code.printer, identity(kind, dtype))
            code.fill(sums, none, dtype, self.step)
        whole = code.i64("and", length, -self.step)
        rest = code.i64("sub", length, whole)
        with code.loop(whole, self.step) as index:
            self._add(inputs, index)
        with code.when(code.emit(f"icmp sgt i64 {rest}, 0")):
            self._add_rest(inputs, whole, rest)
        for target, (kind, dtype, sums) in zip(
            targets, self._reductions(), strict=True
        ):
            code.store_one(self._total(kind, dtype, sums), target, dtype)

    def _reductions(self) -> list[tuple[str, DType, str]]:
        """Return each reduction's kind and type, and its accumulators' address."""
        program = self.program
        dtypes = [v.dtype for v in program.values]
        return list(zip(program.reductions, dtypes, self.sums, strict=True))

    def _add(self, inputs: Sequence[Row], index: str) -> None:
        """Print a step's values, into the accumulators."""
        out, program = self.code.printer, self.program
        here = [self._moved(x, index) for x in inputs]
        for k in range(ACCUMULATORS):
            values = out.body(program.values, self._loads(here, k))
            for x, (kind, dtype, sums) in zip(values, self._reductions(), strict=True):
                self._combine(kind, dtype, sums, k, x)

    def _add_rest(self, inputs: Sequence[Row], first: str, count: str) -> None:
        """Print what is left over: from buffers, with identities beyond the end."""
        program = self.program
        here = [self._moved(x, first) for x in inputs]
        stored = [
            Row(v.dtype, SCRATCH, buffer)
            for v, buffer in zip(program.values, self.buffers, strict=True)
        ]
        self.rest.emit(count, here, stored, program.values)
        for k in range(ACCUMULATORS):
            mask = self._mask(k, count)
            for x, (kind, dtype, sums) in zip(stored, self._reductions(), strict=True):
                self._combine(kind, dtype, sums, k, self._masked(mask, kind, x, k))

    def _moved(self, x: Row, index: str) -> Row:
        if x.kind == BROADCAST:
            return x
        return Row(x.dtype, x.kind, self.code.element(x.pointer, index, x.dtype))

    def _loads(self, inputs: Sequence[Row], k: int) -> dict[int, str]:
        return {
            i: self.code.load_splat(x.pointer, x.dtype)
            if x.kind == BROADCAST
            else self._vector(x.pointer, x.dtype, k)
            for i, x in enumerate(inputs)
        }

    def _vector(self, pointer: str, dtype: DType, k: int) -> str:
        """Load the k-th vector at an address."""
        where = self.code.element(pointer, k * self.program.width, dtype)
        return self.code.printer.load(where, dtype)

    def _combine(self, kind: str, dtype: DType, sums: str, k: int, value: str) -> None:
        code, out = self.code, self.code.printer
        new = combine(out, kind, dtype, self._vector(sums, dtype, k), value)
        out.store(new, code.element(sums, k * self.program.width, dtype), dtype)

    def _total(self, kind: str, dtype: DType, sums: str) -> str:
        out = self.code.printer
        parts = [self._vector(sums, dtype, k) for k in range(ACCUMULATORS)]
        return horizontal(out, kind, dtype, tree(out, kind, dtype, parts))

    def _mask(self, k: int, count: str) -> str:
        """Tell which lanes of the k-th vector are among the first `count`."""
        out, width = self.code.printer, self.program.width
        lanes = ", ".join(f"i64 {k * width + i}" for i in range(width))
        limit = out.splat(count, "i64")
        return out.emit(f"icmp slt {out.type('i64')} <{lanes}>, {limit}")

    def _masked(self, mask: str, kind: str, x: Row, k: int) -> str:
        out = self.code.printer
        wide, none = out.type(x.dtype), constant(out, identity(kind, x.dtype))
        value = self._vector(x.pointer, x.dtype, k)
        pair = f"{wide} {value}, {wide} {none}"
        return out.emit(f"select {out.type('bool')} {mask}, {pair}")
