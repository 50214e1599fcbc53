"""Positions in kernels on GPUs: where they lead to, and what happens if nowhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import reduce

from lazydag.backends.cpu.code import Code
from lazydag.backends.cpu.indexed_kernel import (
    SCALARS,
    failure_code,
    from_front,
    position,
)
from lazydag.backends.cuda.grid import Phases
from lazydag.backends.cuda.indexed_form import (
    FAILED,
    IndexedGrid,
    constant,
    extent,
    step,
)
from lazydag.backends.cuda.operands import WORDS, Operands
from lazydag.backends.scalar.types import TYPES


@dataclass(frozen=True, slots=True)
class Reached:
    """What positions are in the array that they count in.

    Parameters
    ----------
    places
        One for each axis, counted from the front.
    is_there
        Whether all are within it.
    """

    raw: tuple[str, ...]
    places: tuple[str, ...]
    is_there: str


@dataclass(slots=True)
class Positions:
    """Prints how positions are looked up in one phase."""

    code: Code
    form: IndexedGrid
    operands: Operands = field(init=False)
    bases: list[str] = field(init=False)
    extents: list[str] = field(init=False)
    steps: list[str] = field(init=False)

    def __post_init__(self) -> None:
        code, form = self.code, self.form
        self.operands = Operands(code, form.layout, form.is_narrow)
        self.bases = [
            self._constant(k) if k < len(form.fixed) and form.fixed[k] else base
            for k, base in enumerate(self.operands.bases())
        ]
        axes = range(len(form.positions))
        self.extents = [self.operands.number(extent(axis)) for axis in axes]
        self.steps = [self.operands.number(step(axis)) for axis in axes]

    def _constant(self, operand: int) -> str:
        return self.code.at(WORDS, 8 * self.form.layout.number(constant(operand)))

    @property
    def inner(self) -> range:
        """Dimensions of the positions."""
        return range(self.form.loops)

    @property
    def outer(self) -> range:
        """Dimensions behind each place."""
        return range(self.form.loops, self.form.loops + self.form.around)

    def moved(self, pointers: Sequence[str], dims: range, number: str) -> list[str]:
        """Return all operands' addresses at an element's number of some dimensions."""
        if not dims:
            return list(pointers)
        index = self.operands.indices(number, dims)
        return self.operands.moved(pointers, dims, index)

    def reached(self, pointers: Sequence[str]) -> Reached:
        """Print the lookup of the positions at some addresses."""
        code, raw, places, is_there = self.code, [], [], "true"
        for axis, name in enumerate(self.form.positions):
            dtype = SCALARS[name]
            raw.append(position(code, pointers[axis], dtype))
            places.append(from_front(code, raw[axis], self.extents[axis], dtype))
            is_in = code.emit(f"icmp ult i64 {places[axis]}, {self.extents[axis]}")
            is_there = code.emit(f"and i1 {is_there}, {is_in}")
        return Reached(tuple(raw), tuple(places), is_there)

    def there(self, pointer: str, places: Sequence[str]) -> str:
        """Return the address that places lead to."""
        for place, each in zip(places, self.steps, strict=True):
            pointer = self.code.at(pointer, self.code.i64("mul", place, each))
        return pointer

    def number(self, places: Sequence[str]) -> str:
        """Return the number of a place among all, C order."""
        code, found = self.code, places[0]
        for place, each in zip(places[1:], self.extents[1:], strict=True):
            found = code.i64("add", code.i64("mul", found, each), place)
        return found

    def places(self, number: str) -> list[str]:
        """Return the place along each axis of the number of a place."""
        found: list[str] = []
        for each in reversed(self.extents[1:]):
            number, rest = self.operands.divided(number, each)
            found.append(rest)
        return [number, *reversed(found)]

    def check(self, reached: Reached) -> None:
        """Print that the host is told of positions that lead nowhere."""
        code = self.code
        missing = code.emit(f"xor i1 {reached.is_there}, true")
        with code.when(missing):
            for axis, name in enumerate(self.form.positions):
                place, last = reached.places[axis], self.extents[axis]
                with code.when(code.emit(f"icmp uge i64 {place}, {last}")):
                    self._fail(axis, reached.raw[axis], name)

    def _fail(self, axis: int, raw: str, name: str) -> None:
        """Print the store of a negative code, which none of the driver's is."""
        code = self.code
        told = failure_code(code, raw, SCALARS[name], axis, len(self.form.positions))
        negative = code.emit(f"sub i32 0, {told}")
        where = code.emit(f"inttoptr i64 {self.operands.number(FAILED)} to ptr")
        code.line(f"store i32 {negative}, ptr {where}, align 4")

    # ------------------------------------------------------------ elements

    @property
    def kind(self) -> str:
        """LLVM's type of an element in memory."""
        row = TYPES.get(self.form.dtype)
        if row is None:
            return self.form.dtype
        return "i8" if row.kind == "b" else row.llvm

    @property
    def nbytes(self) -> int:
        """Bytes of an element."""
        dtype = self.form.dtype
        return TYPES[dtype].nbytes if dtype in TYPES else int(dtype[1:]) // 8

    def load(self, pointer: str) -> str:
        """Print the load of an element that is only moved."""
        where = f"ptr {pointer}, align {min(self.nbytes, 8)}"
        return self.code.emit(f"load {self.kind}, {where}")

    def store(self, value: str, pointer: str) -> None:
        """Print the store of an element that is only moved."""
        where = f"ptr {pointer}, align {min(self.nbytes, 8)}"
        self.code.line(f"store {self.kind} {value}, {where}")

    def is_aligned(self, pointers: Sequence[str]) -> str:
        """Print whether a vector can be moved to and from some addresses."""
        code = self.code
        if self.form.width == 1:
            return "true"
        words = [code.emit(f"ptrtoint ptr {pointer} to i64") for pointer in pointers]
        places = reduce(lambda a, b: code.i64("or", a, b), words)
        low = code.i64("and", places, self.form.width * self.nbytes - 1)
        return code.emit(f"icmp eq i64 {low}, 0")

    def load_wide(self, pointer: str) -> str:
        """Print the load of neighbours that are only moved."""
        if self.form.width == 1:
            return self.load(pointer)
        align = self.form.width * self.nbytes
        return self.code.emit(f"load {self._vector}, ptr {pointer}, align {align}")

    def store_wide(self, value: str, pointer: str) -> None:
        """Print the store of neighbours that are only moved."""
        if self.form.width == 1:
            self.store(value, pointer)
            return
        where = f"ptr {pointer}, align {self.form.width * self.nbytes}"
        self.code.line(f"store {self._vector} {value}, {where}")

    @property
    def _vector(self) -> str:
        return f"<{self.form.width} x {self.kind}>"

    def move(self, source: str, target: str) -> None:
        """Print how neighbours are moved one by one."""
        code = self.code
        with code.loop(str(self.form.width)) as k:
            ahead = code.i64("mul", k, self.nbytes)
            self.store(self.load(code.at(source, ahead)), code.at(target, ahead))


@contextmanager
def phase(phases: Phases, form: IndexedGrid) -> Iterator[Positions]:
    """Print a phase of a gather or a scatter."""
    code = phases.begin()
    yield Positions(code, form)
    phases.end(code)
