"""Prints maps whose operands disagree on which axis is the fast one.

An item is a square of elements. Threads walk along the fast axis of what they load into
shared memory, then along that of the outputs: all of them touch neighbours in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from lazydag.backends.cpu.code import Code
from lazydag.backends.cpu.program import Program
from lazydag.backends.cuda.forms import GridForm
from lazydag.backends.cuda.grid import THREADS, GridKernel, Phases
from lazydag.backends.cuda.operands import Operands
from lazydag.backends.cuda.words import ITEMS, WordLayout

SIDE: Final = 32
"""Of a square: the threads that access memory together."""
PITCH: Final = SIDE + 1
"""Elements from a row of a square to the next: a column is in all banks, too."""
LINES: Final = THREADS // SIDE
"""Rows of a square that all threads do at once."""
CROSSED, PLAIN = "x", "."
"""How operands are read: through shared memory, or where they are."""
SQUARES: Final = ("high", "wide")
"""Numbers of squares along the last but one and the last dimension."""


def crossed_layout(form: GridForm, operands: int) -> WordLayout:
    """Return the words that such a map is launched with."""
    return WordLayout((ITEMS, *SQUARES), form.loops, operands)


def print_crossed(form: GridForm, program: Program) -> GridKernel:
    """Return the kernel of a map with crossed operands."""
    kernel = _Crossed(form, program)
    kernel.emit()
    return kernel.phases.finished(kernel.layout)


@dataclass(frozen=True, slots=True)
class _Square:
    """What a phase knows of its item.

    Parameters
    ----------
    bases
        Addresses of the operands' first elements of the outer dimensions.
    first, extents
        The square's first index along the last two dimensions, and where they end.
    """

    code: Code
    operands: Operands
    bases: list[str]
    first: tuple[str, str]
    extents: tuple[str, str]


@dataclass(slots=True)
class _Crossed:
    form: GridForm
    program: Program
    phases: Phases = field(default_factory=Phases)
    layout: WordLayout = field(init=False)
    shared: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        operands = len(self.program.inputs) + len(self.program.values)
        self.layout = crossed_layout(self.form, operands)
        for k, dtype in enumerate(self.program.inputs):
            if self.form.lying[k] == CROSSED:
                self.shared[k] = self.phases.share(dtype, SIDE * PITCH)

    def emit(self) -> None:
        """Print both phases."""
        code = self.phases.begin()
        with self._lines(code) as (slow, fast):
            self._visit(self._here(code), (fast, slow), self._load)
        self.phases.end(code)
        code = self.phases.begin()
        with self._lines(code) as (slow, fast):
            self._visit(self._here(code), (slow, fast), self._compute)
        self.phases.end(code)

    def _here(self, code: Code) -> _Square:
        operands = Operands(code, self.layout, self.form.is_narrow)
        high, wide = map(operands.number, SQUARES)
        outer, column = operands.divided("%item", wide)
        outer, row = operands.divided(outer, high)
        dims = range(self.form.loops - 2)
        index = operands.indices(outer, dims) if dims else []
        bases = operands.moved(operands.bases(), dims, index)
        first = code.i64("mul", row, SIDE), code.i64("mul", column, SIDE)
        last = self.form.loops - 1
        extents = operands.extent(last - 1), operands.extent(last)
        return _Square(code, operands, bases, first, extents)

    @contextmanager
    def _lines(self, code: Code) -> Iterator[tuple[str, str]]:
        """Print a loop over a thread's elements: their row, and where in it."""
        fast = code.i64("and", "%thread", SIDE - 1)
        line = code.i64("lshr", "%thread", SIDE.bit_length() - 1)
        with code.loop(str(SIDE), LINES) as k:
            yield code.i64("add", line, k), fast

    def _visit(
        self,
        here: _Square,
        place: tuple[str, str],
        visit: Callable[[_Square, list[str], str], None],
    ) -> None:
        """Print what happens at a place in the square, if that is in the array."""
        code = here.code
        index = [code.i64("add", a, b) for a, b in zip(here.first, place, strict=True)]
        inside = [
            code.emit(f"icmp slt i64 {at}, {extent}")
            for at, extent in zip(index, here.extents, strict=True)
        ]
        with code.when(code.emit(f"and i1 {inside[0]}, {inside[1]}")):
            row = code.i64("mul", place[1], PITCH)
            visit(here, index, code.i64("add", row, place[0]))

    def _load(self, here: _Square, index: list[str], number: str) -> None:
        """Print the loads of crossed operands into shared memory."""
        out = here.code.printer
        places = self._places(here, index)
        names = {k: out.load(places[k], self.program.inputs[k]) for k in self.shared}
        for k, name in names.items():
            dtype = self.program.inputs[k]
            out.store(name, self._kept(here.code, k, number), dtype)

    def _compute(self, here: _Square, index: list[str], number: str) -> None:
        """Print the values of an element."""
        out, program = here.code.printer, self.program
        places = self._places(here, index)
        names = {
            k: out.load(
                self._kept(here.code, k, number) if k in self.shared else places[k],
                dtype,
            )
            for k, dtype in enumerate(program.inputs)
        }
        made = out.body(program.values, names)
        for k, (value, name) in enumerate(zip(program.values, made, strict=True)):
            out.store(name, places[len(program.inputs) + k], value.dtype)

    def _places(self, here: _Square, index: list[str]) -> list[str]:
        last = self.form.loops - 1
        return here.operands.moved(here.bases, (last - 1, last), index)

    def _kept(self, code: Code, operand: int, number: str) -> str:
        """Return where an element of a crossed operand is in shared memory."""
        first = code.at("%shared", self.shared[operand])
        return code.element(first, number, self.program.inputs[operand])
