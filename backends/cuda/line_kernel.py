"""Prints maps of arrays whose rows have no gaps: a thread moves 16 bytes at a time.

An item is a run of elements. A thread takes groups of neighbours out of it, as many as
the widest operand has in 16 bytes, and neighbouring threads take the next ones. Where a
group does not begin at a multiple of 16, or is not complete, it takes one at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Final

from lazydag.backends.cpu.code import Code
from lazydag.backends.cpu.program import Program
from lazydag.backends.cuda.forms import GridForm
from lazydag.backends.cuda.grid import THREADS, GridKernel, Phases
from lazydag.backends.cuda.operands import Operands
from lazydag.backends.cuda.vectors import load_vector, store_vector
from lazydag.backends.cuda.words import ITEMS, WordLayout
from lazydag.backends.scalar.types import TYPES, DType

TOTAL: Final = "total"
MOVED_NBYTES: Final = 16
"""What a thread loads or stores with one instruction."""
AT_ONCE: Final = 4
"""Elements that a thread loads, at least, before it computes the first."""
SHORT: Final = 16
"""Operations of bodies that are printed for more elements than that."""

SAME, NEIGHBOURS, PAIRS, SECOND = "0", "1", "2", "-"
"""How an operand lies along a row: one element for all; without gaps; first parts of
complex numbers, without gaps; and their second parts."""


def width_of(nbytes: Sequence[int], size: int) -> int:
    """Return the elements that a thread moves at once, for bodies of a size.

    Parameters
    ----------
    nbytes
        From an element of each operand to the next.
    """
    width = MOVED_NBYTES // max(nbytes)
    return width if size <= SHORT else min(width, AT_ONCE)


def run_of(width: int) -> int:
    """Return the elements of an item."""
    return THREADS * max(width, AT_ONCE)


def line_layout(form: GridForm, operands: int) -> WordLayout:
    """Return the words that a map of rows without gaps is launched with."""
    return WordLayout((ITEMS, TOTAL), form.loops, operands)


def print_line(form: GridForm, program: Program) -> GridKernel:
    """Return the kernel of a map of rows without gaps."""
    phases = Phases()
    layout = line_layout(form, len(program.inputs) + len(program.values))
    code = phases.begin()
    _Line(code, form, program, Operands(code, layout, form.is_narrow)).emit()
    phases.end(code)
    return phases.finished(layout)


@dataclass(slots=True)
class _Line:
    code: Code
    form: GridForm
    program: Program
    operands: Operands
    dtypes: list[DType] = field(init=False)
    bases: list[str] = field(init=False)

    def emit(self) -> None:
        """Print the work on an item."""
        code, program, width = self.code, self.program, self.form.width
        self.dtypes = [*program.inputs, *(value.dtype for value in program.values)]
        self.bases = self.operands.bases()
        total, run = self.operands.number(TOTAL), run_of(width)
        start = code.i64("mul", "%item", run)
        first = code.i64("add", start, code.i64("mul", "%thread", width))
        groups = range(0, run, THREADS * width)
        numbers = [code.i64("add", first, done) for done in groups]
        places = [self._places(number) for number in numbers]
        whole, rest, done = map(code.new_label, ("whole", "rest", "done"))
        code.branch(self._is_whole(numbers[-1], places, total), whole, rest)
        code.start(whole)
        self._groups(places)
        code.jump(done)
        code.start(rest)
        for number in numbers:
            with code.loop(str(width)) as k:
                one = code.i64("add", number, k)
                with code.when(code.emit(f"icmp slt i64 {one}, {total}")):
                    self._one(self._places(one))
        code.jump(done)
        code.start(done)

    def _places(self, number: str) -> list[str]:
        """Return all operands' addresses of an element."""
        dims = range(self.form.loops)
        index = self.operands.indices(number, dims)
        return self.operands.moved(self.bases, dims, index)

    def _is_whole(self, last: str, groups: Sequence[list[str]], total: str) -> str:
        """Print whether all groups are complete, and can be moved at once."""
        code, width = self.code, self.form.width
        low = [
            code.i64(
                "and",
                code.emit(f"ptrtoint ptr {places[k]} to i64"),
                width * parts * TYPES[self.dtypes[k]].nbytes - 1,
            )
            for places in groups
            for k, parts in self._rows()
        ]
        rest = reduce(lambda a, b: code.i64("or", a, b), low)
        is_aligned = code.emit(f"icmp eq i64 {rest}, 0")
        stop = code.i64("add", last, width)
        is_complete = code.emit(f"icmp sle i64 {stop}, {total}")
        return code.emit(f"and i1 {is_aligned}, {is_complete}")

    def _rows(self) -> list[tuple[int, int]]:
        """Return the operands that are rows, and the parts that elements have."""
        parts = {NEIGHBOURS: 1, PAIRS: 2}
        return [(k, parts[c]) for k, c in enumerate(self.form.lying) if c in parts]

    def _groups(self, groups: Sequence[list[str]]) -> None:
        """Print the work on a thread's elements: all loads first, then all stores."""
        out, program, width = self.code.printer, self.program, self.form.width
        split = len(program.inputs)
        loaded = [self._loaded(places) for places in groups]
        for places, each in zip(groups, loaded, strict=True):
            made = [out.body(program.values, names) for names in each]
            for k, parts in self._rows():
                if k >= split:
                    mine = range(k - split, k - split + parts)
                    names = [made[e][j] for e in range(width) for j in mine]
                    store_vector(self.code, places[k], self.dtypes[k], names)

    def _loaded(self, places: list[str]) -> list[dict[int, str]]:
        """Print loads of a group; returns the inputs' names for each element."""
        out, width = self.code.printer, self.form.width
        found: list[dict[int, str]] = [{} for _ in range(width)]
        for k, dtype in enumerate(self.program.inputs):
            if self.form.lying[k] == SAME:
                name = out.load(places[k], dtype)
                for each in found:
                    each[k] = name
        for k, parts in self._rows():
            if k < len(self.program.inputs):
                dtype = self.dtypes[k]
                names = load_vector(self.code, places[k], dtype, width * parts)
                for i, name in enumerate(names):
                    found[i // parts][k + i % parts] = name
        return found

    def _one(self, places: list[str]) -> None:
        """Print the work on one element."""
        out, program = self.code.printer, self.program
        names = {k: out.load(places[k], t) for k, t in enumerate(program.inputs)}
        made = out.body(program.values, names)
        for k, name in enumerate(made, len(program.inputs)):
            out.store(name, places[k], self.dtypes[k])
