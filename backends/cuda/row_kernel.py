"""Prints kernels that reduce along rows: an item is one block of consecutive elements.

All threads compute the block's values into shared memory. Then as many as the order of
reductions has lanes add up theirs, and combine their results as trees. The order is
that of `lazydag.backends.cpu.row_reducers`, and so are the bits. Short rows are reduced
side by side: an item is several of them, each with a share of the threads. So are
blocks of long ones, where threads would have little on its way from memory otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Final

from lazydag.backends.cpu.code import Code
from lazydag.backends.cpu.folds import MOMENTS, corrected, deviations
from lazydag.backends.cpu.program import Program
from lazydag.backends.cuda.forms import GridForm
from lazydag.backends.cuda.grid import (
    MAX_SHARED_NBYTES,
    THREADS,
    GridKernel,
    Phases,
)
from lazydag.backends.cuda.lanes import Lanes, lane_count, seat
from lazydag.backends.cuda.row_values import Here, RowValues, row_layout
from lazydag.backends.cuda.words import WordLayout
from lazydag.backends.scalar.expr import Expr, arg, convert
from lazydag.backends.scalar.types import TYPES, DType

WARP: Final = 32
"""Threads that go along together."""


def print_row(form: GridForm, program: Program) -> GridKernel:
    """Return the kernel of a reduction along rows."""
    layout = row_layout(form, len(program.inputs) + len(program.values))
    kernel = _RowKernel(form, program, layout)
    kernel.emit()
    return kernel.phases.finished(layout)


@dataclass(slots=True)
class _RowKernel:
    form: GridForm
    program: Program
    layout: WordLayout
    phases: Phases = field(default_factory=Phases)
    values: RowValues = field(init=False)

    def __post_init__(self) -> None:
        self.values = RowValues(self.form, self.program, self.layout, self.phases)

    def emit(self) -> None:
        """Print all phases."""
        pairs = zip(self.program.values, self.program.reductions, strict=True)
        reduced = dict.fromkeys(value for value, kind in pairs if kind)
        batches = self._batches(list(reduced))
        for batch in batches:
            self._batch(batch, is_last=batch is batches[-1])

    def _batches(self, reduced: Sequence[Expr]) -> list[list[Expr]]:
        """Return values that find room in shared memory together."""
        found: list[list[Expr]] = [[]]
        left = MAX_SHARED_NBYTES
        for value in reduced:
            nbytes = self._shared_nbytes(value)
            if nbytes > left:
                found.append([])
                left = MAX_SHARED_NBYTES
            found[-1].append(value)
            left -= nbytes
        return found

    def _shared_nbytes(self, value: Expr) -> int:
        """Return the memory that a value and the lanes of its results take."""
        program = self.program
        folds = sum(program.values[k] is value for k in program.folds)
        lanes = folds + 3 * (value in program.moments)
        elements = self.values.held + lanes * self.form.rows * lane_count(value.dtype)
        return elements * TYPES[value.dtype].nbytes + 16 * (1 + lanes)

    def _batch(self, batch: Sequence[Expr], *, is_last: bool) -> None:
        """Print the phases of some values.

        What is not reduced may lie where it was read, so it is stored with the last.
        """
        program = self.program
        self.phases.share_anew()
        self.values.share(batch)
        self.values.compute(keeps=is_last)
        folds = [
            (k, program.values[k], program.reductions[k])
            for k in program.folds
            if program.values[k] in self.values.places
        ]
        rows = self.form.rows
        sums = [Lanes(self.phases, value.dtype, kind, rows) for _, value, kind in folds]
        self._fold([(x, value) for x, (_, value, _) in zip(sums, folds, strict=True)])
        self._store([(x, k) for x, (k, _, _) in zip(sums, folds, strict=True)])
        for value, found in program.moments.items():
            if value in self.values.places:
                self._moments(value, found)

    # ------------------------------------------------------------ reductions

    def _fold(self, folds: Sequence[tuple[Lanes, Expr]]) -> None:
        """Print the phases that add up values, all of them side by side."""
        if not folds:
            return
        code = self.phases.begin()
        here = self.values.here(code)
        for sums, value in folds:
            with sums.own(code, here.seat):
                total = self._added(code, here, sums, value)
                sums.store(code, here.seat, total)
        self.phases.end(code)
        self._combine([sums for sums, _ in folds])

    def _added(self, code: Code, here: Here, sums: Lanes, value: Expr) -> str:
        """Print a lane's elements' sum, one after the other."""
        with sums.accumulator(code) as place:
            for at in self._lane(code, here, sums):
                where = self.values.kept(code, here.seat, at, value)
                x = code.printer.load(where, value.dtype)
                sums.add(code, place, x)
        return sums.loaded(code, place)

    def _lane(self, code: Code, here: Here, sums: Lanes) -> Iterator[str]:
        """Print a loop over the elements of a lane."""
        left = code.i64("sub", here.length, here.seat.thread)
        with code.loop(left, sums.count) as more:
            yield code.i64("add", here.seat.thread, more)

    def _combine(self, sums: Sequence[Lanes]) -> None:
        """Print how a vector is left of each."""
        code = self.phases.begin()
        own = seat(code, self.form.rows)
        for each in sums:
            each.merge(code, own)
        self.phases.end(code)

    def _store(self, results: Sequence[tuple[Lanes, int]]) -> None:
        if not results:
            return
        code = self.phases.begin()
        here = self.values.here(code)
        for number, (sums, output) in enumerate(results):
            with self._one(code, here, number):
                value = sums.total(code, here.seat)
                code.printer.store(value, self._target(code, here, output), sums.dtype)
        self.phases.end(code)

    def _one(
        self, code: Code, here: Here, number: int = 0
    ) -> AbstractContextManager[None]:
        """Print what one thread of a row does that is there: for each number another.

        They are in different warps, as far as there are so many.
        """
        thread = WARP * number % (THREADS // self.form.rows)
        is_it = code.emit(f"icmp eq i64 {here.seat.thread}, {thread}")
        return code.when(code.emit(f"and i1 {is_it}, {here.is_there}"))

    def _target(self, code: Code, here: Here, output: int) -> str:
        """Return where an output's result of this block goes."""
        operand = len(self.program.inputs) + output
        last = self.form.loops + self.form.reduced - 1
        stride = code.word("%words", self.layout.stride(operand, last))
        return code.at(here.bases[operand], code.i64("mul", here.block, stride))

    # ------------------------------------------------------------ moments

    def _moments(self, value: Expr, outputs: dict[str, int]) -> None:
        """Print two passes: the sum; deviations from the mean, and their squares."""
        total, first, second = (
            Lanes(self.phases, value.dtype, "sum", self.form.rows) for _ in range(3)
        )
        self._fold([(total, value)])
        self._sum_up(total)
        pair = (first, second)
        code = self.phases.begin()
        here = self.values.here(code)
        with total.own(code, here.seat):
            self._deviate(code, here, value, total, pair)
        self.phases.end(code)
        self._combine(pair)
        code = self.phases.begin()
        here = self.values.here(code)
        with self._one(code, here):
            self._settle(code, here, outputs, (total, first, second))
        self.phases.end(code)

    def _sum_up(self, total: Lanes) -> None:
        """Print how all threads get to know a sum: it will be in the first lane."""
        code = self.phases.begin()
        here = self.values.here(code)
        with self._one(code, here):
            total.store(code, here.seat, total.total(code, here.seat))
        self.phases.end(code)

    def _deviate(
        self,
        code: Code,
        here: Here,
        value: Expr,
        total: Lanes,
        pair: Sequence[Lanes],
    ) -> None:
        out, dtype, own = code.printer, value.dtype, here.seat
        count = self._counted(code, here.length, dtype)
        named = {0: total.load(code, own, "0"), 1: count}
        (mean,) = out.body([arg(0, dtype) / arg(1, dtype)], named)
        with pair[0].accumulator(code) as first, pair[1].accumulator(code) as second:
            for at in self._lane(code, here, total):
                where = self.values.kept(code, own, at, value)
                x = out.load(where, dtype)
                terms = out.body(deviations(dtype), {0: x, 1: mean})
                for each, place, term in zip(pair, (first, second), terms, strict=True):
                    each.add(code, place, term)
        for each, place in zip(pair, (first, second), strict=True):
            each.store(code, own, each.loaded(code, place))

    def _settle(
        self,
        code: Code,
        here: Here,
        outputs: dict[str, int],
        sums: tuple[Lanes, Lanes, Lanes],
    ) -> None:
        out, dtype = code.printer, sums[0].dtype
        total = sums[0].load(code, here.seat, "0")
        first, second = (each.total(code, here.seat) for each in sums[1:])
        count = self._counted(code, here.length, dtype)
        m2 = corrected(arg(0, dtype), arg(1, dtype), arg(2, dtype))
        (squares,) = out.body([m2], {0: first, 1: second, 2: count})
        for kind, name in zip(MOMENTS, (total, first, squares), strict=True):
            if kind in outputs:
                out.store(name, self._target(code, here, outputs[kind]), dtype)

    def _counted(self, code: Code, length: str, dtype: DType) -> str:
        (count,) = code.printer.body([convert(arg(0, "i64"), dtype)], {0: length})
        return count
