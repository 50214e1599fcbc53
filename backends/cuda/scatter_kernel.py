"""Prints scatters: what is written at a place is what one thread would leave there.

Three ways, by what the order of writes means. Setting keeps the last value: threads
find the number of the last one for each place of a range, and write only that. Integers
combine to the same bits in any order: by atomic instructions. All else is combined in
sequence; see `lazydag.backends.cuda.ordered_kernel`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from lazydag.backends.cuda.grid import THREADS, GridKernel, Phases
from lazydag.backends.cuda.indexed_form import (
    ATOMIC,
    COUNT,
    PLACES,
    RANGE,
    REST,
    IndexedGrid,
)
from lazydag.backends.cuda.positions import Positions, phase
from lazydag.backends.cuda.shared_numbers import load_shared, own, store_shared
from lazydag.backends.scalar.types import TYPES

MAX_RANGE: Final = 2048
"""Places at most whose last values a block of threads looks for."""
RUN: Final = 4 * THREADS
"""Elements of an item where the order does not matter."""


def print_scatter(form: IndexedGrid) -> GridKernel:
    """Return the kernel of a scatter for which the order of most values is nothing."""
    made = _Scatter(form)
    return made.last() if form.method == "last" else made.atomic()


@dataclass(slots=True)
class _Scatter:
    form: IndexedGrid
    phases: Phases = field(default_factory=Phases)

    # ------------------------------------------------------------ the last value

    def last(self) -> GridKernel:
        """Return the kernel that sets."""
        self.phases.share("i64", MAX_RANGE)
        with (
            phase(self.phases, self.form) as found,
            own(found.code, str(MAX_RANGE)) as at,
        ):
            store_shared(found.code, at, "-1")
        with phase(self.phases, self.form) as found:
            self._mark(found)
        with phase(self.phases, self.form) as found:
            self._write(found)
        return self.phases.finished(self.form.layout)

    def _mark(self, found: Positions) -> None:
        """Print how each place of the range gets the number of its last value."""
        code, operands = found.code, found.operands
        width = operands.number(RANGE)
        first = code.i64("mul", "%item", width)
        with own(code, operands.number(COUNT)) as number:
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
        with own(code, count) as number:
            place, group = operands.divided(number, groups)
            last = load_shared(code, place)
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
        with phase(self.phases, self.form) as found:
            code, operands = found.code, found.operands
            rest = operands.number(REST)
            total = code.i64("mul", operands.number(COUNT), rest)
            start = code.i64("mul", "%item", RUN)
            left = code.minimum(code.i64("sub", total, start), RUN)
            with own(code, left) as at:
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
