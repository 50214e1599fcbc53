"""Prints maps whose operands disagree on which axis is the fast one.

An item is a square of elements. Threads walk along the fast axis of what they load into
shared memory, then along that of the outputs: all of them touch neighbours in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

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


#: A place in a square, along the last but one and the last dimension.
Pair: TypeAlias = tuple[str, str]


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


#: Prints what happens to some elements of a square.
Visit: TypeAlias = Callable[[_Square, Sequence[Pair]], None]


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
        for visit, is_along in ((self._load, False), (self._compute, True)):
            code = self.phases.begin()
            self._visit(self._here(code), visit, is_along=is_along)
            self.phases.end(code)

    def _here(self, code: Code) -> _Square:
        operands = Operands(code, self.layout, self.form.is_narrow)
        high, wide = map(operands.number, SQUARES)
        outer, column = operands.divided("%item", wide)
        outer, row = operands.divided(outer, high)
        dims = range(self.form.loops - 2)
        index = operands.indices(outer, dims)
        bases = operands.moved(operands.bases(), dims, index)
        first = code.i64("mul", row, SIDE), code.i64("mul", column, SIDE)
        last = self.form.loops - 1
        extents = operands.extent(last - 1), operands.extent(last)
        return _Square(code, operands, bases, first, extents)

    def _visit(self, here: _Square, visit: Visit, *, is_along: bool) -> None:
        """Print what happens to a thread's elements: together, if none is missing.

        Parameters
        ----------
        is_along
            Whether threads walk along the outputs' fast axis.
        """
        code = here.code
        fast = code.i64("and", "%thread", SIDE - 1)
        line = code.i64("lshr", "%thread", SIDE.bit_length() - 1)

        def pair(ahead: str | int) -> Pair:
            slow = code.i64("add", line, ahead)
            return (slow, fast) if is_along else (fast, slow)

        whole, rest, done = map(code.new_label, ("whole", "rest", "done"))
        corner = str(SIDE - 1), str(SIDE - 1)
        code.branch(self._is_inside(here, corner), whole, rest)
        code.start(whole)
        visit(here, [pair(k) for k in range(0, SIDE, LINES)])
        code.jump(done)
        code.start(rest)
        with code.loop(str(SIDE), LINES) as k:
            one = pair(k)
            with code.when(self._is_inside(here, one)):
                visit(here, [one])
        code.jump(done)
        code.start(done)

    def _is_inside(self, here: _Square, pair: Pair) -> str:
        """Print whether a place in the square is in the array."""
        code = here.code
        inside = [
            code.emit(f"icmp slt i64 {at}, {extent}")
            for at, extent in zip(self._index(here, pair), here.extents, strict=True)
        ]
        return code.emit(f"and i1 {inside[0]}, {inside[1]}")

    def _index(self, here: _Square, pair: Pair) -> list[str]:
        code = here.code
        return [code.i64("add", a, b) for a, b in zip(here.first, pair, strict=True)]

    def _load(self, here: _Square, pairs: Sequence[Pair]) -> None:
        """Print the loads of crossed operands into shared memory."""
        out = here.code.printer
        places = [self._places(here, pair) for pair in pairs]
        loaded = [
            {k: out.load(each[k], self.program.inputs[k]) for k in self.shared}
            for each in places
        ]
        for pair, names in zip(pairs, loaded, strict=True):
            for k, name in names.items():
                out.store(name, self._kept(here.code, k, pair), self.program.inputs[k])

    def _compute(self, here: _Square, pairs: Sequence[Pair]) -> None:
        """Print the values of some elements: all loads first, then all stores."""
        out, program, split = here.code.printer, self.program, len(self.program.inputs)
        places = [self._places(here, pair) for pair in pairs]
        loaded = [
            {
                k: out.load(self._source(here, k, pair, each), dtype)
                for k, dtype in enumerate(program.inputs)
            }
            for pair, each in zip(pairs, places, strict=True)
        ]
        for each, names in zip(places, loaded, strict=True):
            made = out.body(program.values, names)
            for k, (value, name) in enumerate(zip(program.values, made, strict=True)):
                out.store(name, each[split + k], value.dtype)

    def _source(
        self, here: _Square, operand: int, pair: Pair, places: Sequence[str]
    ) -> str:
        """Return where an element of an operand is read."""
        is_shared = operand in self.shared
        return self._kept(here.code, operand, pair) if is_shared else places[operand]

    def _places(self, here: _Square, pair: Pair) -> list[str]:
        last, index = self.form.loops - 1, self._index(here, pair)
        return here.operands.moved(here.bases, (last - 1, last), index)

    def _kept(self, code: Code, operand: int, pair: Pair) -> str:
        """Return where an element of a crossed operand is in shared memory."""
        number = code.i64("add", code.i64("mul", pair[1], PITCH), pair[0])
        first = code.at("%shared", self.shared[operand])
        return code.element(first, number, self.program.inputs[operand])
