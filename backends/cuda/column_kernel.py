"""Prints kernels that reduce columns: a thread has one column of a block of rows.

Rows are combined in groups, as trees, in the order of
`lazydag.backends.cpu.column_reducers` and `column_moments`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from lazydag.backends.cpu.code import Code, memory_type
from lazydag.backends.cpu.column_moments import middle
from lazydag.backends.cpu.column_reducers import GROUP
from lazydag.backends.cpu.folds import (
    MOMENTS,
    combine,
    constant,
    corrected,
    deviations,
    identity,
    tree,
)
from lazydag.backends.cpu.program import Program
from lazydag.backends.cuda.forms import GridForm
from lazydag.backends.cuda.grid import THREADS, GridKernel, Phases
from lazydag.backends.cuda.operands import Operands
from lazydag.backends.cuda.words import ITEMS, WordLayout
from lazydag.backends.scalar.expr import Expr, arg, convert
from lazydag.backends.scalar.types import DType
from lazydag.ir.reduction import COLUMN_BLOCK

BLOCKS: Final = "blocks"
COUNT: Final = "count"
TOTAL: Final = "total"


def column_layout(form: GridForm, operands: int) -> WordLayout:
    """Return the words that a reduction of columns is launched with."""
    dims = form.loops + form.reduced + 1
    return WordLayout((ITEMS, BLOCKS, COUNT, TOTAL), dims, operands)


def print_column(form: GridForm, program: Program) -> GridKernel:
    """Return the kernel of a reduction of columns."""
    layout = column_layout(form, len(program.inputs) + len(program.values))
    phases = Phases()
    code = phases.begin()
    _ColumnKernel(code, form, program, Operands(code, layout, form.is_narrow)).emit()
    phases.end(code)
    return phases.finished(layout)


@dataclass(slots=True)
class _Sum:
    """A variable of a thread that values are combined into."""

    code: Code
    kind: str
    dtype: DType
    place: str = field(init=False)

    def __post_init__(self) -> None:
        self.place = self.code.slot(memory_type(self.dtype))
        none = constant(self.code.printer, identity(self.kind, self.dtype))
        self.code.printer.store(none, self.place, self.dtype)

    def add(self, values: Sequence[str], present: Sequence[str]) -> None:
        """Print the combination with a group of values, those present, as a tree."""
        out, kind, dtype = self.code.printer, self.kind, self.dtype
        none, scalar = constant(out, identity(kind, dtype)), out.type(dtype)
        masked = [
            out.emit(f"select i1 {has}, {scalar} {x}, {scalar} {none}")
            for has, x in zip(present, values, strict=True)
        ]
        total = tree(out, kind, dtype, masked)
        out.store(combine(out, kind, dtype, self.load(), total), self.place, dtype)

    def load(self) -> str:
        """Print the load of the result."""
        return self.code.printer.load(self.place, self.dtype)


@dataclass(slots=True)
class _Moments:
    """What a thread keeps of a column for its moments."""

    code: Code
    dtype: DType
    anchor: str = field(init=False)
    sums: list[_Sum] = field(init=False)

    def __post_init__(self) -> None:
        self.anchor = self.code.slot(memory_type(self.dtype))
        self.sums = [_Sum(self.code, "sum", self.dtype) for _ in range(3)]

    def begin(self, values: Sequence[str], is_first: str) -> None:
        """Print the choice of an anchor among the first group's values."""
        out = self.code.printer
        with self.code.when(is_first):
            (found,) = out.body([middle(self.dtype)], dict(enumerate(values)))
            out.store(found, self.anchor, self.dtype)

    def add(self, values: Sequence[str], present: Sequence[str]) -> None:
        """Print the sums of values, of deviations from the anchor, and of squares."""
        out, dtype = self.code.printer, self.dtype
        anchor = out.load(self.anchor, dtype)
        pairs = [out.body(deviations(dtype), {0: x, 1: anchor}) for x in values]
        terms = (values, *zip(*pairs, strict=True))
        for each, term in zip(self.sums, terms, strict=True):
            each.add(term, present)

    def results(self, count: str) -> dict[str, str]:
        """Print the moments of so many values."""
        out, dtype = self.code.printer, self.dtype
        (n,) = out.body([convert(arg(0, "i64"), dtype)], {0: count})
        anchor, total, first, second, number = (arg(i, dtype) for i in range(5))
        residual = first + number * (anchor - total / number)
        wanted = [total, residual, corrected(first, second, number)]
        names = [out.load(self.anchor, dtype), *(each.load() for each in self.sums), n]
        values = out.body(wanted, dict(enumerate(names)))
        return dict(zip(MOMENTS, values, strict=True))


@dataclass(slots=True)
class _ColumnKernel:
    code: Code
    form: GridForm
    program: Program
    operands: Operands
    folds: dict[int, _Sum] = field(default_factory=dict)
    moments: dict[Expr, _Moments] = field(default_factory=dict)

    def emit(self) -> None:
        """Print the work of a thread."""
        code, program = self.code, self.program
        for k in program.folds:
            self.folds[k] = _Sum(code, program.reductions[k], program.values[k].dtype)
        for value in program.moments:
            self.moments[value] = _Moments(code, value.dtype)
        with self._column() as (bases, block):
            start = code.i64("mul", block, COLUMN_BLOCK)
            left = code.i64("sub", self.operands.number(COUNT), start)
            count = code.minimum(left, COLUMN_BLOCK)
            with code.loop(count, GROUP) as done:
                self._group(bases, start, done, count)
            self._store(bases, block, count)

    @contextmanager
    def _column(self) -> Iterator[tuple[list[str], str]]:
        """Print how a thread finds its column; yields the operands and its block.

        Threads go on with the next block of rows where a row ends.
        """
        code, operands, loops = self.code, self.operands, self.form.loops
        inner = loops + self.form.reduced
        number = code.i64("add", code.i64("mul", "%item", THREADS), "%thread")
        total = operands.number(TOTAL)
        with code.when(code.emit(f"icmp slt i64 {number}, {total}")):
            work, column = operands.divided(number, operands.extent(inner))
            outer, block = operands.divided(work, operands.number(BLOCKS))
            index = [*operands.indices(outer, range(loops)), column]
            dims = [*range(loops), inner]
            yield operands.moved(operands.bases(), dims, index), block

    def _group(self, bases: list[str], start: str, done: str, count: str) -> None:
        """Print the work on a group of rows; for those beyond the end on the first."""
        code, program = self.code, self.program
        rows, present = [], []
        for k in range(GROUP):
            at = code.i64("add", done, k)
            present.append(code.emit(f"icmp slt i64 {at}, {count}"))
            kept = code.emit(f"select i1 {present[k]}, i64 {at}, i64 {done}")
            rows.append(self._row(bases, code.i64("add", start, kept)))
        values = [
            code.printer.body(program.values, self._loads(places)) for places in rows
        ]
        self._keep(rows, values, present)
        columns = list(zip(*values, strict=True))
        for k, each in self.folds.items():
            each.add(columns[k], present)
        is_first = code.emit(f"icmp eq i64 {done}, 0")
        for value, moments in self.moments.items():
            found = columns[program.values.index(value)]
            moments.begin(found, is_first)
            moments.add(found, present)

    def _row(self, bases: list[str], number: str) -> list[str]:
        dims = range(self.form.loops, self.form.loops + self.form.reduced)
        return self.operands.moved(bases, dims, self.operands.indices(number, dims))

    def _loads(self, places: Sequence[str]) -> dict[int, str]:
        out = self.code.printer
        return {k: out.load(places[k], t) for k, t in enumerate(self.program.inputs)}

    def _keep(
        self,
        rows: Sequence[Sequence[str]],
        values: Sequence[Sequence[str]],
        present: Sequence[str],
    ) -> None:
        """Print the stores of what is not reduced."""
        program, split = self.program, len(self.program.inputs)
        maps = [k for k, kind in enumerate(program.reductions) if not kind]
        if not maps:
            return
        for places, names, has in zip(rows, values, present, strict=True):
            with self.code.when(has):
                for k in maps:
                    self.code.printer.store(
                        names[k], places[split + k], program.values[k].dtype
                    )

    def _store(self, bases: list[str], block: str, count: str) -> None:
        code, program = self.code, self.program
        for k, each in self.folds.items():
            code.printer.store(each.load(), self._target(bases, block, k), each.dtype)
        for value, outputs in program.moments.items():
            found = self.moments[value].results(count)
            for kind, output in outputs.items():
                where = self._target(bases, block, output)
                code.printer.store(found[kind], where, value.dtype)

    def _target(self, bases: list[str], block: str, output: int) -> str:
        """Return where an output's result of a block goes."""
        operand = len(self.program.inputs) + output
        last = self.form.loops + self.form.reduced - 1
        stride = self.code.word("%words", self.operands.layout.stride(operand, last))
        return self.code.at(bases[operand], self.code.i64("mul", block, stride))
