"""Prints kernels that reduce along rows: an item is one block of consecutive elements.

All threads compute the block's values into shared memory. Then as many as the order of
reductions has lanes add up theirs, and combine their results as trees. The order is
that of `lazydag.backends.cpu.row_reducers`, and so are the bits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from lazydag.backends.cpu.code import Code
from lazydag.backends.cpu.folds import MOMENTS, corrected, deviations
from lazydag.backends.cpu.program import Program
from lazydag.backends.cuda.forms import GridForm
from lazydag.backends.cuda.grid import THREADS, GridKernel, Phases
from lazydag.backends.cuda.lanes import Lanes, lane_steps
from lazydag.backends.cuda.operands import Operands
from lazydag.backends.cuda.words import ITEMS, WordLayout
from lazydag.backends.scalar.expr import Expr, arg, convert
from lazydag.backends.scalar.types import DType
from lazydag.ir.reduction import ROW_BLOCK

BLOCKS: Final = "blocks"
COUNT: Final = "count"


def row_layout(form: GridForm, operands: int) -> WordLayout:
    """Return the words that a reduction is launched with."""
    return WordLayout((ITEMS, BLOCKS, COUNT), form.loops + form.reduced, operands)


def print_row(form: GridForm, program: Program) -> GridKernel:
    """Return the kernel of a reduction along rows."""
    layout = row_layout(form, len(program.inputs) + len(program.values))
    kernel = _RowKernel(form, program, layout)
    kernel.emit()
    return kernel.phases.finished(layout)


@dataclass(frozen=True, slots=True)
class _Here:
    """What a phase knows of its item."""

    operands: Operands
    bases: list[str]
    start: str
    length: str
    block: str


@dataclass(slots=True)
class _RowKernel:
    form: GridForm
    program: Program
    layout: WordLayout
    phases: Phases = field(default_factory=Phases)
    values: dict[Expr, int] = field(default_factory=dict)

    def emit(self) -> None:
        """Print all phases."""
        program = self.program
        pairs = zip(program.values, program.reductions, strict=True)
        for value in dict.fromkeys(value for value, kind in pairs if kind):
            self.values[value] = self.phases.share(value.dtype, ROW_BLOCK)
        self._compute()
        folds = [(k, program.values[k], program.reductions[k]) for k in program.folds]
        sums = [Lanes(self.phases, value.dtype, kind) for _, value, kind in folds]
        self._fold([(x, value) for x, (_, value, _) in zip(sums, folds, strict=True)])
        self._store([(x, k) for x, (k, _, _) in zip(sums, folds, strict=True)])
        for value, found in program.moments.items():
            self._moments(value, found)

    # ------------------------------------------------------------ values

    def _compute(self) -> None:
        """Print the phase that computes the values of a block."""
        code = self.phases.begin()
        here = self._here(code)
        with code.loop(str(ROW_BLOCK // THREADS)) as number:
            at = code.i64("add", "%thread", code.i64("mul", number, THREADS))
            with code.when(code.emit(f"icmp slt i64 {at}, {here.length}")):
                self._element(code, here, at)
        self.phases.end(code)

    def _element(self, code: Code, here: _Here, at: str) -> None:
        out, program = code.printer, self.program
        dims = range(self.form.loops, self.form.loops + self.form.reduced)
        number = code.i64("add", here.start, at)
        index = here.operands.indices(number, dims)
        places = here.operands.moved(here.bases, dims, index)
        loads = {k: out.load(places[k], t) for k, t in enumerate(program.inputs)}
        names = out.body(program.values, loads)
        for k, (value, name) in enumerate(zip(program.values, names, strict=True)):
            if not program.reductions[k]:
                out.store(name, places[len(program.inputs) + k], value.dtype)
        stored = dict(zip(program.values, names, strict=True))
        for value, first in self.values.items():
            out.store(stored[value], self._shared(code, first, at, value), value.dtype)

    def _shared(self, code: Code, first: int, at: str, value: Expr) -> str:
        return code.element(code.at("%shared", first), at, value.dtype)

    def _here(self, code: Code) -> _Here:
        """Print what is known of the item: its block, and where its rows are."""
        operands = Operands(code, self.layout, self.form.is_narrow)
        outer, block = operands.divided("%item", operands.number(BLOCKS))
        start = code.i64("mul", block, ROW_BLOCK)
        left = code.i64("sub", operands.number(COUNT), start)
        dims = range(self.form.loops)
        index = operands.indices(outer, dims)
        bases = operands.moved(operands.bases(), dims, index)
        return _Here(operands, bases, start, code.minimum(left, ROW_BLOCK), block)

    # ------------------------------------------------------------ reductions

    def _fold(self, folds: Sequence[tuple[Lanes, Expr]]) -> None:
        """Print the phases that add up values, all of them side by side."""
        if not folds:
            return
        code = self.phases.begin()
        length = self._here(code).length
        for sums, value in folds:
            with sums.own(code):
                total = self._added(code, sums, value, length)
                sums.store(code, "%thread", total)
        self.phases.end(code)
        self._combine([sums for sums, _ in folds])

    def _added(self, code: Code, sums: Lanes, value: Expr, length: str) -> str:
        """Print a lane's elements' sum, one after the other."""
        with sums.accumulator(code) as place:
            for at in self._lane(code, sums, length):
                where = self._shared(code, self.values[value], at, value)
                x = code.printer.load(where, value.dtype)
                sums.add(code, place, x)
        return sums.loaded(code, place)

    def _lane(self, code: Code, sums: Lanes, length: str) -> Iterator[str]:
        """Print a loop over the elements of a lane."""
        left = code.i64("sub", length, "%thread")
        with code.loop(left, sums.count) as more:
            yield code.i64("add", "%thread", more)

    def _combine(self, sums: Sequence[Lanes]) -> None:
        """Print the trees over lanes, a phase for each step."""
        steps = [lane_steps(each.dtype) for each in sums]
        for number in range(max(map(len, steps))):
            code = self.phases.begin()
            for each, found in zip(sums, steps, strict=True):
                if number < len(found):
                    each.step(code, found[number])
            self.phases.end(code)

    def _store(self, results: Sequence[tuple[Lanes, int]]) -> None:
        if not results:
            return
        code = self.phases.begin()
        here = self._here(code)
        with code.when(code.emit("icmp eq i64 %thread, 0")):
            for sums, output in results:
                value = sums.load(code, "0")
                code.printer.store(value, self._target(code, here, output), sums.dtype)
        self.phases.end(code)

    def _target(self, code: Code, here: _Here, output: int) -> str:
        """Return where an output's result of this block goes."""
        operand = len(self.program.inputs) + output
        last = self.form.loops + self.form.reduced - 1
        stride = code.word("%words", self.layout.stride(operand, last))
        return code.at(here.bases[operand], code.i64("mul", here.block, stride))

    # ------------------------------------------------------------ moments

    def _moments(self, value: Expr, outputs: dict[str, int]) -> None:
        """Print two passes: the sum; deviations from the mean, and their squares."""
        total = Lanes(self.phases, value.dtype, "sum")
        self._fold([(total, value)])
        first, second = (Lanes(self.phases, value.dtype, "sum") for _ in range(2))
        pair = (first, second)
        code = self.phases.begin()
        length = self._here(code).length
        with total.own(code):
            self._deviate(code, value, total, pair, length)
        self.phases.end(code)
        self._combine(pair)
        code = self.phases.begin()
        here = self._here(code)
        with code.when(code.emit("icmp eq i64 %thread, 0")):
            self._settle(code, here, outputs, (total, first, second))
        self.phases.end(code)

    def _deviate(
        self, code: Code, value: Expr, total: Lanes, pair: Sequence[Lanes], length: str
    ) -> None:
        out, dtype = code.printer, value.dtype
        named = {0: total.load(code, "0"), 1: self._counted(code, length, dtype)}
        (mean,) = out.body([arg(0, dtype) / arg(1, dtype)], named)
        with pair[0].accumulator(code) as first, pair[1].accumulator(code) as second:
            for at in self._lane(code, total, length):
                x = out.load(self._shared(code, self.values[value], at, value), dtype)
                terms = out.body(deviations(dtype), {0: x, 1: mean})
                for each, place, term in zip(pair, (first, second), terms, strict=True):
                    each.add(code, place, term)
        for each, place in zip(pair, (first, second), strict=True):
            each.store(code, "%thread", each.loaded(code, place))

    def _settle(
        self,
        code: Code,
        here: _Here,
        outputs: dict[str, int],
        sums: tuple[Lanes, Lanes, Lanes],
    ) -> None:
        out, dtype = code.printer, sums[0].dtype
        total, first, second = (each.load(code, "0") for each in sums)
        count = self._counted(code, here.length, dtype)
        m2 = corrected(arg(0, dtype), arg(1, dtype), arg(2, dtype))
        (squares,) = out.body([m2], {0: first, 1: second, 2: count})
        for kind, name in zip(MOMENTS, (total, first, squares), strict=True):
            if kind in outputs:
                out.store(name, self._target(code, here, outputs[kind]), dtype)

    def _counted(self, code: Code, length: str, dtype: DType) -> str:
        (count,) = code.printer.body([convert(arg(0, "i64"), dtype)], {0: length})
        return count
