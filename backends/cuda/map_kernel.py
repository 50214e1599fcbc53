"""Prints kernels of elementwise values only.

An item is a run of elements. Neighbouring threads have neighbouring elements, and each
has several of them on their way at a time: memory is far.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from lazydag.backends.cpu.code import Code
from lazydag.backends.cpu.program import Program
from lazydag.backends.cuda.forms import GridForm
from lazydag.backends.cuda.grid import THREADS, GridKernel, Phases
from lazydag.backends.cuda.operands import Operands
from lazydag.backends.cuda.words import ITEMS, WordLayout

AT_ONCE: Final = 4
"""Elements that a thread loads before it computes the first."""
RUN: Final = THREADS * AT_ONCE
"""Elements of an item."""
TOTAL: Final = "total"


def map_layout(form: GridForm, operands: int) -> WordLayout:
    """Return the words that a map is launched with."""
    return WordLayout((ITEMS, TOTAL), form.loops, operands)


def print_map(form: GridForm, program: Program) -> GridKernel:
    """Return the kernel of a map."""
    phases = Phases()
    layout = map_layout(form, len(program.inputs) + len(program.values))
    code = phases.begin()
    _Map(code, program, Operands(code, layout, form.is_narrow), form.loops).emit()
    phases.end(code)
    return phases.finished(layout)


@dataclass(slots=True)
class _Map:
    code: Code
    program: Program
    operands: Operands
    dims: int
    bases: list[str] = field(init=False)

    def emit(self) -> None:
        """Print the work on an item: without looking, if none of it is missing."""
        code = self.code
        self.bases = self.operands.bases()
        total = self.operands.number(TOTAL)
        start = code.i64("mul", "%item", RUN)
        first = code.i64("add", start, "%thread")
        numbers = [first, *(code.i64("add", first, THREADS * k) for k in (1, 2, 3))]
        left = code.i64("sub", total, start)
        whole, rest, done = map(code.new_label, ("whole", "rest", "done"))
        code.branch(code.emit(f"icmp sge i64 {left}, {RUN}"), whole, rest)
        code.start(whole)
        self._elements(numbers)
        code.jump(done)
        code.start(rest)
        with code.loop(str(AT_ONCE)) as k:
            number = code.i64("add", first, code.i64("mul", k, THREADS))
            with code.when(code.emit(f"icmp slt i64 {number}, {total}")):
                self._elements([number])
        code.jump(done)
        code.start(done)

    def _elements(self, numbers: Sequence[str]) -> None:
        """Print the work on some elements: all loads first, then all stores."""
        out, program = self.code.printer, self.program
        dims, split = range(self.dims), len(program.inputs)
        places = [
            self.operands.moved(self.bases, dims, self.operands.indices(n, dims))
            for n in numbers
        ]
        loaded = [
            {k: out.load(at[k], dtype) for k, dtype in enumerate(program.inputs)}
            for at in places
        ]
        values = [out.body(program.values, names) for names in loaded]
        for at, names in zip(places, values, strict=True):
            for value, name, pointer in zip(
                program.values, names, at[split:], strict=True
            ):
                out.store(name, pointer, value.dtype)
