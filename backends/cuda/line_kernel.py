"""Prints maps of arrays without gaps: a thread moves 16 bytes at a time.

An item is a run of elements. A thread takes neighbours out of it, as many as the widest
type has in 16 bytes, and neighbouring threads take the next ones. Where an array does
not begin at a multiple of 16, or the last run is not complete, it takes one at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Final

from lazydag.backends.cpu.code import Code, memory_type
from lazydag.backends.cpu.program import Program
from lazydag.backends.cuda.forms import GridForm
from lazydag.backends.cuda.grid import THREADS, GridKernel, Phases
from lazydag.backends.cuda.operands import Operands
from lazydag.backends.cuda.words import ITEMS, WordLayout
from lazydag.backends.scalar.types import TYPES, DType

TOTAL: Final = "total"
MOVED_NBYTES: Final = 16
"""What a thread loads or stores with one instruction."""
AT_ONCE: Final = 4
"""Elements that a thread loads, at least, before it computes the first."""
SHORT: Final = 16
"""Operations of bodies that are printed for more elements than that."""


def width_of(nbytes: Sequence[int], size: int) -> int:
    """Return the elements that a thread moves at once, for bodies of a size.

    Parameters
    ----------
    nbytes
        Of an element of each operand.
    """
    width = MOVED_NBYTES // max(nbytes)
    return width if size <= SHORT else min(width, AT_ONCE)


def run_of(width: int) -> int:
    """Return the elements of an item."""
    return THREADS * max(width, AT_ONCE)


def line_layout(operands: int) -> WordLayout:
    """Return the words that a map of arrays without gaps is launched with."""
    return WordLayout((ITEMS, TOTAL), 0, operands)


def print_line(form: GridForm, program: Program) -> GridKernel:
    """Return the kernel of a map of arrays without gaps."""
    phases = Phases()
    layout = line_layout(len(program.inputs) + len(program.values))
    code = phases.begin()
    _Line(code, program, Operands(code, layout, form.is_narrow), form).emit()
    phases.end(code)
    return phases.finished(layout)


@dataclass(slots=True)
class _Line:
    code: Code
    program: Program
    operands: Operands
    form: GridForm
    dtypes: list[DType] = field(init=False)
    bases: list[str] = field(init=False)
    constants: dict[int, str] = field(default_factory=dict)

    def emit(self) -> None:
        """Print the work on an item."""
        code, program = self.code, self.program
        run = run_of(self.form.width)
        self.dtypes = [*program.inputs, *(value.dtype for value in program.values)]
        self.bases = self.operands.bases()
        for k, dtype in enumerate(program.inputs):
            if self.form.marked[k]:
                self.constants[k] = code.printer.load(self.bases[k], dtype)
        total = self.operands.number(TOTAL)
        start = code.i64("mul", "%item", run)
        whole, rest, done = map(code.new_label, ("whole", "rest", "done"))
        code.branch(self._is_whole(total, start, run), whole, rest)
        code.start(whole)
        self._wide(start)
        code.jump(done)
        code.start(rest)
        with code.loop(str(run // THREADS)) as step:
            number = code.i64("add", start, code.i64("mul", step, THREADS))
            number = code.i64("add", number, "%thread")
            with code.when(code.emit(f"icmp slt i64 {number}, {total}")):
                self._one(number)
        code.jump(done)
        code.start(done)

    def _is_whole(self, total: str, start: str, run: int) -> str:
        """Print whether nothing is missing of an item, and all of it can be moved."""
        code = self.code
        words = [
            code.emit(f"ptrtoint ptr {base} to i64")
            for base, is_one in zip(self.bases, self.form.marked, strict=True)
            if not is_one
        ]
        places = reduce(lambda a, b: code.i64("or", a, b), words)
        low = code.i64("and", places, MOVED_NBYTES - 1)
        is_aligned = code.emit(f"icmp eq i64 {low}, 0")
        left = code.i64("sub", total, start)
        is_complete = code.emit(f"icmp sge i64 {left}, {run}")
        return code.emit(f"and i1 {is_aligned}, {is_complete}")

    def _wide(self, start: str) -> None:
        """Print the work on a thread's elements: all loads first, then all stores."""
        code, width = self.code, self.form.width
        own = code.i64("mul", "%thread", width)
        first = code.i64("add", start, own)
        places = [
            code.i64("add", first, done)
            for done in range(0, run_of(width), THREADS * width)
        ]
        loaded = [self._loaded(place, width) for place in places]
        for place, each in zip(places, loaded, strict=True):
            made = [self._values(names) for names in each]
            self._store(place, list(zip(*made, strict=True)))

    def _values(self, names: dict[int, str]) -> list[str]:
        return self.code.printer.body(self.program.values, names)

    def _loaded(self, place: str, width: int) -> list[dict[int, str]]:
        """Print loads of neighbours; returns the inputs' names for each of them."""
        found: list[dict[int, str]] = [dict(self.constants) for _ in range(width)]
        for k, dtype in enumerate(self.program.inputs):
            if not self.form.marked[k]:
                names = self._vector(self._at(k, place), dtype, width)
                for each, name in zip(found, names, strict=True):
                    each[k] = name
        return found

    def _vector(self, pointer: str, dtype: DType, width: int) -> list[str]:
        """Print the load of a vector; returns the names of its elements."""
        code, kind = self.code, memory_type(dtype)
        vector = f"<{width} x {kind}>"
        align = width * TYPES[dtype].nbytes
        value = code.emit(f"load {vector}, ptr {pointer}, align {align}")
        names = [
            code.emit(f"extractelement {vector} {value}, i64 {k}") for k in range(width)
        ]
        if dtype == "bool":
            names = [code.emit(f"icmp ne i8 {name}, 0") for name in names]
        return names

    def _store(self, place: str, columns: Sequence[Sequence[str]]) -> None:
        """Print stores of neighbours, for each output."""
        code, first = self.code, len(self.program.inputs)
        for k, names in enumerate(columns, first):
            dtype = self.dtypes[k]
            vector = f"<{len(names)} x {memory_type(dtype)}>"
            value = self._joined(vector, names, dtype)
            align = len(names) * TYPES[dtype].nbytes
            pointer = self._at(k, place)
            code.line(f"store {vector} {value}, ptr {pointer}, align {align}")

    def _joined(self, vector: str, names: Sequence[str], dtype: DType) -> str:
        code, kind, value = self.code, memory_type(dtype), "poison"
        for k, name in enumerate(names):
            x = code.emit(f"zext i1 {name} to i8") if dtype == "bool" else name
            value = code.emit(f"insertelement {vector} {value}, {kind} {x}, i64 {k}")
        return value

    def _one(self, number: str) -> None:
        """Print the work on one element."""
        out, program = self.code.printer, self.program
        names = dict(self.constants)
        for k, dtype in enumerate(program.inputs):
            if not self.form.marked[k]:
                names[k] = out.load(self._at(k, number), dtype)
        for k, name in enumerate(self._values(names), len(program.inputs)):
            out.store(name, self._at(k, number), self.dtypes[k])

    def _at(self, operand: int, number: str) -> str:
        return self.code.element(self.bases[operand], number, self.dtypes[operand])
