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
from lazydag.backends.cuda.lanes import Lanes, Seat, across, lane_count, seat
from lazydag.backends.cuda.operands import Operands
from lazydag.backends.cuda.words import ITEMS, WordLayout
from lazydag.backends.scalar.expr import Expr, arg, convert
from lazydag.backends.scalar.types import TYPES, DType
from lazydag.ir.reduction import ROW_BLOCK

BLOCKS: Final = "blocks"
COUNT: Final = "count"
ROWS: Final = "rows"
OUTER: Final = "outer"
CROSSED: Final = "x"
"""How operands lie that have neighbours in other rows. There, blocks of elements are
numbered by row first, and neighbouring threads load elements of different rows.
"""
WARP: Final = 32
"""Threads that go along together."""
AT_ONCE: Final = ROW_BLOCK // THREADS
"""Elements that a thread loads, at least, before it computes the first."""


def row_layout(form: GridForm, operands: int) -> WordLayout:
    """Return the words that a reduction is launched with."""
    return WordLayout(
        (ITEMS, BLOCKS, COUNT, ROWS, OUTER), form.loops + form.reduced, operands
    )


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
    seat: Seat
    is_there: str
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
        pairs = zip(self.program.values, self.program.reductions, strict=True)
        reduced = dict.fromkeys(value for value, kind in pairs if kind)
        batches = self._batches(list(reduced))
        for batch in batches:
            self._batch(batch, is_last=batch is batches[-1])

    @property
    def _held(self) -> int:
        """Elements of all rows that are in shared memory at a time."""
        return THREADS * self.form.width

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
        elements = self._held + lanes * self.form.rows * lane_count(value.dtype)
        return elements * TYPES[value.dtype].nbytes + 16 * (1 + lanes)

    def _batch(self, batch: Sequence[Expr], *, is_last: bool) -> None:
        """Print the phases of some values.

        What is not reduced may lie where it was read, so it is stored with the last.
        """
        program = self.program
        self.phases.share_anew()
        self.values = {v: self.phases.share(v.dtype, self._held) for v in batch}
        self._compute(keeps=is_last)
        folds = [
            (k, program.values[k], program.reductions[k])
            for k in program.folds
            if program.values[k] in self.values
        ]
        rows = self.form.rows
        sums = [Lanes(self.phases, value.dtype, kind, rows) for _, value, kind in folds]
        self._fold([(x, value) for x, (_, value, _) in zip(sums, folds, strict=True)])
        self._store([(x, k) for x, (k, _, _) in zip(sums, folds, strict=True)])
        for value, found in program.moments.items():
            if value in self.values:
                self._moments(value, found)

    # ------------------------------------------------------------ values

    def _compute(self, *, keeps: bool) -> None:
        """Print the phase that computes the values of a block."""
        code, threads = self.phases.begin(), THREADS // self.form.rows
        here = self._here(code, is_loading=True)
        with code.when(code.emit(f"icmp sgt i64 {here.length}, 0")):
            last = code.i64("sub", here.length, 1)
            each = []
            for k in range(self.form.width):
                at = code.i64("add", here.seat.thread, threads * k)
                # Behind the end the last element is computed again.
                each.append((at, self._places(here, code, code.minimum(at, last))))
            self._elements(code, here, each, keeps=keeps)
        self.phases.end(code)

    def _places(self, here: _Here, code: Code, at: str) -> list[str]:
        dims = range(self.form.loops, self.form.loops + self.form.reduced)
        number = code.i64("add", here.start, at)
        index = here.operands.indices(number, dims)
        return here.operands.moved(here.bases, dims, index)

    def _elements(
        self,
        code: Code,
        here: _Here,
        each: Sequence[tuple[str, list[str]]],
        *,
        keeps: bool,
    ) -> None:
        """Print the work on some elements: all loads first, then all stores."""
        out, program = code.printer, self.program
        loaded = [
            {k: out.load(places[k], t) for k, t in enumerate(program.inputs)}
            for _, places in each
        ]
        for (at, places), names in zip(each, loaded, strict=True):
            made = out.body(program.values, names)
            stored = dict(zip(program.values, made, strict=True))
            for value, first in self.values.items():
                where = self._shared(code, here.seat, first, at, value)
                out.store(stored[value], where, value.dtype)
            if keeps:
                self._keep(code, here, at, places, made)

    def _keep(
        self, code: Code, here: _Here, at: str, places: list[str], made: list[str]
    ) -> None:
        """Print the stores of what is not reduced."""
        out, program, split = code.printer, self.program, len(self.program.inputs)
        maps = [k for k, kind in enumerate(program.reductions) if not kind]
        if not maps:
            return
        with code.when(code.emit(f"icmp slt i64 {at}, {here.length}")):
            for k in maps:
                out.store(made[k], places[split + k], program.values[k].dtype)

    def _shared(self, code: Code, seat: Seat, first: int, at: str, value: Expr) -> str:
        if self.form.rows > 1:
            row = code.i64("mul", seat.row, self._held // self.form.rows)
            at = code.i64("add", row, at)
        return code.element(code.at("%shared", first), at, value.dtype)

    def _here(self, code: Code, *, is_loading: bool = False) -> _Here:
        """Print what is known of the item: its block, and where its rows are."""
        operands = Operands(code, self.layout, self.form.is_narrow)
        is_crossed = self.form.lying == CROSSED
        seated = across if is_loading and is_crossed else seat
        own = seated(code, self.form.rows)
        first = code.i64("mul", "%item", self.form.rows)
        row = code.i64("add", first, own.row)
        is_there = code.emit(f"icmp slt i64 {row}, {operands.number(ROWS)}")
        if is_crossed:
            block, outer = operands.divided(row, operands.number(OUTER))
        else:
            outer, block = operands.divided(row, operands.number(BLOCKS))
        start = code.i64("mul", block, ROW_BLOCK)
        left = code.i64("sub", operands.number(COUNT), start)
        length = code.minimum(left, ROW_BLOCK)
        length = code.emit(f"select i1 {is_there}, i64 {length}, i64 0")
        dims = range(self.form.loops)
        bases = operands.moved(operands.bases(), dims, operands.indices(outer, dims))
        return _Here(operands, bases, own, is_there, start, length, block)

    # ------------------------------------------------------------ reductions

    def _fold(self, folds: Sequence[tuple[Lanes, Expr]]) -> None:
        """Print the phases that add up values, all of them side by side."""
        if not folds:
            return
        code = self.phases.begin()
        here = self._here(code)
        for sums, value in folds:
            with sums.own(code, here.seat):
                total = self._added(code, here, sums, value)
                sums.store(code, here.seat, total)
        self.phases.end(code)
        self._combine([sums for sums, _ in folds])

    def _added(self, code: Code, here: _Here, sums: Lanes, value: Expr) -> str:
        """Print a lane's elements' sum, one after the other."""
        with sums.accumulator(code) as place:
            for at in self._lane(code, here, sums):
                where = self._shared(code, here.seat, self.values[value], at, value)
                x = code.printer.load(where, value.dtype)
                sums.add(code, place, x)
        return sums.loaded(code, place)

    def _lane(self, code: Code, here: _Here, sums: Lanes) -> Iterator[str]:
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
        here = self._here(code)
        for number, (sums, output) in enumerate(results):
            with self._one(code, here, number):
                value = sums.total(code, here.seat)
                code.printer.store(value, self._target(code, here, output), sums.dtype)
        self.phases.end(code)

    def _one(
        self, code: Code, here: _Here, number: int = 0
    ) -> AbstractContextManager[None]:
        """Print what one thread of a row does that is there: for each number another.

        They are in different warps, as far as there are so many.
        """
        thread = WARP * number % (THREADS // self.form.rows)
        is_it = code.emit(f"icmp eq i64 {here.seat.thread}, {thread}")
        return code.when(code.emit(f"and i1 {is_it}, {here.is_there}"))

    def _target(self, code: Code, here: _Here, output: int) -> str:
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
        here = self._here(code)
        with total.own(code, here.seat):
            self._deviate(code, here, value, total, pair)
        self.phases.end(code)
        self._combine(pair)
        code = self.phases.begin()
        here = self._here(code)
        with self._one(code, here):
            self._settle(code, here, outputs, (total, first, second))
        self.phases.end(code)

    def _sum_up(self, total: Lanes) -> None:
        """Print how all threads get to know a sum: it will be in the first lane."""
        code = self.phases.begin()
        here = self._here(code)
        with self._one(code, here):
            total.store(code, here.seat, total.total(code, here.seat))
        self.phases.end(code)

    def _deviate(
        self,
        code: Code,
        here: _Here,
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
                where = self._shared(code, own, self.values[value], at, value)
                x = out.load(where, dtype)
                terms = out.body(deviations(dtype), {0: x, 1: mean})
                for each, place, term in zip(pair, (first, second), terms, strict=True):
                    each.add(code, place, term)
        for each, place in zip(pair, (first, second), strict=True):
            each.store(code, own, each.loaded(code, place))

    def _settle(
        self,
        code: Code,
        here: _Here,
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
