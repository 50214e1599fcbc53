"""Values of rows: which a block of threads has, and their way into shared memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from lazydag.backends.cpu.code import Code
from lazydag.backends.cpu.program import Program
from lazydag.backends.cuda.forms import GridForm
from lazydag.backends.cuda.grid import THREADS, Phases
from lazydag.backends.cuda.lanes import Seat, across, seat
from lazydag.backends.cuda.operands import Operands
from lazydag.backends.cuda.words import ITEMS, WordLayout
from lazydag.backends.scalar.expr import Expr
from lazydag.ir.reduction import ROW_BLOCK

BLOCKS: Final = "blocks"
COUNT: Final = "count"
ROWS: Final = "rows"
OUTER: Final = "outer"
CROSSED: Final = "x"
"""How operands lie that have neighbours in other rows. There, blocks of elements are
numbered by row first, and neighbouring threads load elements of different rows.
"""
AT_ONCE: Final = ROW_BLOCK // THREADS
"""Elements that a thread loads, at least, before it computes the first."""


def row_layout(form: GridForm, operands: int) -> WordLayout:
    """Return the words that a reduction is launched with."""
    return WordLayout(
        (ITEMS, BLOCKS, COUNT, ROWS, OUTER), form.loops + form.reduced, operands
    )


@dataclass(frozen=True, slots=True)
class Here:
    """What a phase knows of its item."""

    operands: Operands
    bases: list[str]
    seat: Seat
    is_there: str
    start: str
    length: str
    block: str


@dataclass(slots=True)
class RowValues:
    """Prints how values are computed; `places` says where they are kept."""

    form: GridForm
    program: Program
    layout: WordLayout
    phases: Phases
    places: dict[Expr, int] = field(default_factory=dict)

    @property
    def held(self) -> int:
        """Elements of all rows that are in shared memory at a time."""
        return THREADS * self.form.width

    def share(self, values: Sequence[Expr]) -> None:
        """Reserve shared memory for values, in place of those before."""
        self.places = {v: self.phases.share(v.dtype, self.held) for v in values}

    def compute(self, *, keeps: bool) -> None:
        """Print the phase that computes the values of a block."""
        code, threads = self.phases.begin(), THREADS // self.form.rows
        here = self.here(code, is_loading=True)
        with code.when(code.emit(f"icmp sgt i64 {here.length}, 0")):
            last = code.i64("sub", here.length, 1)
            each = []
            for k in range(self.form.width):
                at = code.i64("add", here.seat.thread, threads * k)
                # Behind the end the last element is computed again.
                each.append((at, self._places(here, code, code.minimum(at, last))))
            self._elements(code, here, each, keeps=keeps)
        self.phases.end(code)

    def _places(self, here: Here, code: Code, at: str) -> list[str]:
        dims = range(self.form.loops, self.form.loops + self.form.reduced)
        number = code.i64("add", here.start, at)
        index = here.operands.indices(number, dims)
        return here.operands.moved(here.bases, dims, index)

    def _elements(
        self,
        code: Code,
        here: Here,
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
            for value in self.places:
                where = self.kept(code, here.seat, at, value)
                out.store(stored[value], where, value.dtype)
            if keeps:
                self._keep(code, here, at, places, made)

    def _keep(
        self, code: Code, here: Here, at: str, places: list[str], made: list[str]
    ) -> None:
        """Print the stores of what is not reduced."""
        out, program, split = code.printer, self.program, len(self.program.inputs)
        maps = [k for k, kind in enumerate(program.reductions) if not kind]
        if not maps:
            return
        with code.when(code.emit(f"icmp slt i64 {at}, {here.length}")):
            for k in maps:
                out.store(made[k], places[split + k], program.values[k].dtype)

    def kept(self, code: Code, own: Seat, at: str, value: Expr) -> str:
        """Return where an element of a value is kept, of the row of a thread."""
        if self.form.rows > 1:
            row = code.i64("mul", own.row, self.held // self.form.rows)
            at = code.i64("add", row, at)
        first = code.at("%shared", self.places[value])
        return code.element(first, at, value.dtype)

    def here(self, code: Code, *, is_loading: bool = False) -> Here:
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
        return Here(operands, bases, own, is_there, start, length, block)
