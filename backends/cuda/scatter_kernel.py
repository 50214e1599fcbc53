"""Prints scatters: what is written at a place is what one thread would leave there.

Three ways, by what the order of writes means. Setting keeps the last value: threads
find the number of the last one for each place of a range, and write only that. Integers
combine to the same bits in any order: by atomic instructions. All else is combined in
sequence: a thread has a place of its own, and takes the values for it in their order,
batch by batch.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from lazydag.backends.cpu.code import Code
from lazydag.backends.cpu.indexed_kernel import SCALARS, combined
from lazydag.backends.cuda.grid import THREADS, GridKernel, Phases
from lazydag.backends.cuda.indexed_form import (
    ATOMIC,
    COUNT,
    PLACES,
    RANGE,
    REST,
    ROUNDS,
    IndexedGrid,
)
from lazydag.backends.cuda.positions import Positions
from lazydag.backends.scalar.types import TYPES

MAX_RANGE: Final = 2048
"""Places at most whose last values a block of threads looks for."""
RUN: Final = 4 * THREADS
"""Elements of an item where the order does not matter."""
BATCH: Final = 2048
"""Values whose places all threads look at together."""
GROUP: Final = 64
"""Values that are passed over at once, if none of them is for the range."""


def print_scatter(form: IndexedGrid) -> GridKernel:
    """Return the kernel of a scatter."""
    made = _Scatter(form)
    return {"last": made.last, "atomic": made.atomic, "ordered": made.ordered}[
        form.method
    ]()


@dataclass(slots=True)
class _Scatter:
    form: IndexedGrid
    phases: Phases = field(default_factory=Phases)

    @contextmanager
    def _phase(self) -> Iterator[Positions]:
        code = self.phases.begin()
        yield Positions(code, self.form)
        self.phases.end(code)

    # ------------------------------------------------------------ the last value

    def last(self) -> GridKernel:
        """Return the kernel that sets."""
        self.phases.share("i64", MAX_RANGE)
        with self._phase() as found, _own(found.code, str(MAX_RANGE)) as at:
            _store(found.code, at, "-1")
        with self._phase() as found:
            self._mark(found)
        with self._phase() as found:
            self._write(found)
        return self.phases.finished(self.form.layout)

    def _mark(self, found: Positions) -> None:
        """Print how each place of the range gets the number of its last value."""
        code, operands = found.code, found.operands
        width = operands.number(RANGE)
        first = code.i64("mul", "%item", width)
        with _own(code, operands.number(COUNT)) as number:
            reached = found.reached(found.moved(found.bases, found.inner, number))
            found.check(reached)
            at = code.i64("sub", found.number(reached.places), first)
            is_near = code.emit(f"icmp ult i64 {at}, {width}")
            with code.when(code.emit(f"and i1 {is_near}, {reached.is_there}")):
                place = code.element("%shared", at, "i64")
                code.emit(f"atomicrmw max ptr {place}, i64 {number} monotonic")

    def _write(self, found: Positions) -> None:
        """Print how the last values are written, with all that lies behind a place."""
        code, operands = found.code, found.operands
        width = operands.number(RANGE)
        groups = code.i64("udiv", operands.number(REST), self.form.width)
        first = code.i64("mul", "%item", width)
        left = code.i64("sub", operands.number(PLACES), first)
        count = code.i64("mul", code.minimum(left, width), groups)
        with _own(code, count) as number:
            place, group = operands.divided(number, groups)
            last = _load(code, place)
            with code.when(code.emit(f"icmp sge i64 {last}, 0")):
                behind = code.i64("mul", group, self.form.width)
                pointers = found.moved(found.bases, found.outer, behind)
                source = found.moved(pointers, found.inner, last)[-2]
                places = found.places(code.i64("add", first, place))
                self._move(found, source, found.there(pointers[-1], places))

    def _move(self, found: Positions, source: str, target: str) -> None:
        """Print how a group of neighbours is moved, at once if it can be."""
        code, labels = found.code, ("together", "apart", "done")
        together, apart, done = map(code.new_label, labels)
        code.branch(found.is_aligned([source, target]), together, apart)
        code.start(together)
        found.store_wide(found.load_wide(source), target)
        code.jump(done)
        code.start(apart)
        found.move(source, target)
        code.jump(done)
        code.start(done)

    # ------------------------------------------------------------ any order

    def atomic(self) -> GridKernel:
        """Return the kernel that combines integers."""
        form = self.form
        with self._phase() as found:
            code, operands = found.code, found.operands
            rest = operands.number(REST)
            total = code.i64("mul", operands.number(COUNT), rest)
            start = code.i64("mul", "%item", RUN)
            left = code.minimum(code.i64("sub", total, start), RUN)
            with _own(code, left) as at:
                number, behind = operands.divided(code.i64("add", start, at), rest)
                pointers = found.moved(found.bases, found.outer, behind)
                pointers = found.moved(pointers, found.inner, number)
                reached = found.reached(pointers)
                found.check(reached)
                with code.when(reached.is_there):
                    value = found.load(pointers[-2])
                    there = found.there(pointers[-1], reached.places)
                    op = ATOMIC[form.how][TYPES[form.dtype].kind]
                    operand = f"ptr {there}, {found.kind} {value} monotonic"
                    code.emit(f"atomicrmw {op} {operand}")
        return self.phases.finished(form.layout)

    # ------------------------------------------------------------ in sequence

    def ordered(self) -> GridKernel:
        """Return the kernel that combines values in their order.

        An item is a batch of values for a range of elements, one for each thread.
        """
        self.phases.share("i64", BATCH)
        flags = self.phases.share("i64", BATCH // GROUP)
        with self._phase() as found, _own(found.code, str(BATCH // GROUP)) as at:
            _store(found.code, at, "0", flags)
        with self._phase() as found:
            self._look_up(found, flags)
        with self._phase() as found:
            self._combine(found, flags)
        return self.phases.finished(self.form.layout, ROUNDS)

    def _look_up(self, found: Positions, flags: int) -> None:
        """Print how a batch's places become known, and which groups are of interest."""
        code, operands = found.code, found.operands
        which, batch = operands.divided("%item", operands.number(ROUNDS))
        start = code.i64("mul", batch, BATCH)
        left = code.i64("sub", operands.number(COUNT), start)
        low, high = self._span(found, which)
        with _own(code, code.minimum(left, BATCH)) as at:
            number = code.i64("add", start, at)
            reached = found.reached(found.moved(found.bases, found.inner, number))
            found.check(reached)
            place = found.number(reached.places)
            kept = code.emit(f"select i1 {reached.is_there}, i64 {place}, i64 -1")
            _store(code, at, kept)
            is_behind = code.emit(f"icmp sge i64 {kept}, {low}")
            is_before = code.emit(f"icmp sle i64 {kept}, {high}")
            with code.when(code.emit(f"and i1 {is_behind}, {is_before}")):
                _store(code, code.i64("udiv", at, GROUP), "1", flags)

    def _span(self, found: Positions, which: str) -> tuple[str, str]:
        """Return the first and the last place that elements of a range are behind."""
        code, operands = found.code, found.operands
        rest, first = operands.number(REST), code.i64("mul", which, THREADS)
        low, _ = operands.divided(first, rest)
        high, _ = operands.divided(code.i64("add", first, THREADS - 1), rest)
        return low, high

    def _combine(self, found: Positions, flags: int) -> None:
        """Print how a thread's element takes what a batch has for it."""
        code, operands = found.code, found.operands
        rest = operands.number(REST)
        which, batch = operands.divided("%item", operands.number(ROUNDS))
        target = code.i64("add", code.i64("mul", which, THREADS), "%thread")
        total = code.i64("mul", operands.number(PLACES), rest)
        with code.when(code.emit(f"icmp slt i64 {target}, {total}")):
            place, behind = operands.divided(target, rest)
            pointers = found.moved(found.bases, found.outer, behind)
            there = found.there(pointers[-1], found.places(place))
            start = code.i64("mul", batch, BATCH)
            left = code.i64("sub", operands.number(COUNT), start)
            for_me = _ForMe(found, pointers, there, place, start)
            for_me.visit(code.minimum(left, BATCH), flags)


@dataclass(slots=True)
class _ForMe:
    """Prints how a thread looks for values of its place, and takes them.

    Parameters
    ----------
    pointers
        Addresses of the operands' first elements, of those behind the place.
    there
        Address of the thread's element.
    start
        Number of the batch's first value.
    """

    found: Positions
    pointers: list[str]
    there: str
    place: str
    start: str

    def visit(self, count: str, flags: int) -> None:
        """Print the loops over a batch: those groups alone that have something."""
        code, out = self.found.code, self.found.code.printer
        dtype = SCALARS[self.found.form.dtype]
        total = code.slot(self.found.kind)
        out.store(out.load(self.there, dtype), total, dtype)
        with code.loop(count, GROUP) as first:
            flag = _load(code, code.i64("udiv", first, GROUP), flags)
            with code.when(code.emit(f"icmp ne i64 {flag}, 0")):
                left = code.minimum(code.i64("sub", count, first), GROUP)
                with code.loop(left) as k:
                    self._take(code.i64("add", first, k), total)
        out.store(out.load(total, dtype), self.there, dtype)

    def _take(self, at: str, total: str) -> None:
        """Print what a value does, if it is for this place."""
        found, code, out = self.found, self.found.code, self.found.code.printer
        dtype = SCALARS[found.form.dtype]
        is_own = code.emit(f"icmp eq i64 {_load(code, at)}, {self.place}")
        with code.when(is_own):
            number = code.i64("add", self.start, at)
            source = found.moved(self.pointers, found.inner, number)[-2]
            old, new = out.load(total, dtype), out.load(source, dtype)
            made = combined(code, found.form.how, dtype, old, new)
            out.store(made, total, dtype)


@contextmanager
def _own(code: Code, count: str) -> Iterator[str]:
    """Print a loop over those of some numbers that are a thread's own."""
    left = code.i64("sub", count, "%thread")
    with code.loop(left, THREADS) as more:
        yield code.i64("add", "%thread", more)


def _load(code: Code, number: str, first: int = 0) -> str:
    place = code.element(code.at("%shared", first), number, "i64")
    return code.emit(f"load i64, ptr {place}, align 8")


def _store(code: Code, number: str, value: str, first: int = 0) -> None:
    place = code.element(code.at("%shared", first), number, "i64")
    code.line(f"store i64 {value}, ptr {place}, align 8")
