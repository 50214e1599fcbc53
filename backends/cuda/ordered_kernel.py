"""Prints scatters that combine values in their order: each thread has an element.

It takes the values for that batch by batch. Groups of values of which none is for the
elements of its block of threads are passed over.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from lazydag.backends.cpu.indexed_kernel import SCALARS, combined
from lazydag.backends.cuda.grid import THREADS, GridKernel, Phases
from lazydag.backends.cuda.indexed_form import COUNT, PLACES, REST, ROUNDS, IndexedGrid
from lazydag.backends.cuda.positions import Positions, phase
from lazydag.backends.cuda.shared_numbers import load_shared, own, store_shared

BATCH: Final = 2048
"""Values whose places all threads look at together."""
GROUP: Final = 64
"""Values that are passed over at once, if none of them is for the range."""


def print_ordered(form: IndexedGrid) -> GridKernel:
    """Return the kernel of a scatter that combines in sequence."""
    return _Ordered(form).emit()


@dataclass(slots=True)
class _Ordered:
    form: IndexedGrid
    phases: Phases = field(default_factory=Phases)

    def emit(self) -> GridKernel:
        """Return the kernel.

        An item is a batch of values for a range of elements, one for each thread.
        """
        self.phases.share("i64", BATCH)
        flags = self.phases.share("i64", BATCH // GROUP)
        with (
            phase(self.phases, self.form) as found,
            own(found.code, str(BATCH // GROUP)) as at,
        ):
            store_shared(found.code, at, "0", flags)
        with phase(self.phases, self.form) as found:
            self._look_up(found, flags)
        with phase(self.phases, self.form) as found:
            self._combine(found, flags)
        return self.phases.finished(self.form.layout, ROUNDS)

    def _look_up(self, found: Positions, flags: int) -> None:
        """Print how a batch's places become known, and which groups are of interest."""
        code, operands = found.code, found.operands
        which, batch = operands.divided("%item", operands.number(ROUNDS))
        start = code.i64("mul", batch, BATCH)
        left = code.i64("sub", operands.number(COUNT), start)
        low, high = self._span(found, which)
        with own(code, code.minimum(left, BATCH)) as at:
            number = code.i64("add", start, at)
            reached = found.reached(found.moved(found.bases, found.inner, number))
            found.check(reached)
            place = found.number(reached.places)
            kept = code.emit(f"select i1 {reached.is_there}, i64 {place}, i64 -1")
            store_shared(code, at, kept)
            is_behind = code.emit(f"icmp sge i64 {kept}, {low}")
            is_before = code.emit(f"icmp sle i64 {kept}, {high}")
            with code.when(code.emit(f"and i1 {is_behind}, {is_before}")):
                store_shared(code, code.i64("udiv", at, GROUP), "1", flags)

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
            flag = load_shared(code, code.i64("udiv", first, GROUP), flags)
            with code.when(code.emit(f"icmp ne i64 {flag}, 0")):
                left = code.minimum(code.i64("sub", count, first), GROUP)
                with code.loop(left) as k:
                    self._take(code.i64("add", first, k), total)
        out.store(out.load(total, dtype), self.there, dtype)

    def _take(self, at: str, total: str) -> None:
        """Print what a value does, if it is for this place."""
        found, code, out = self.found, self.found.code, self.found.code.printer
        dtype = SCALARS[found.form.dtype]
        is_own = code.emit(f"icmp eq i64 {load_shared(code, at)}, {self.place}")
        with code.when(is_own):
            number = code.i64("add", self.start, at)
            source = found.moved(self.pointers, found.inner, number)[-2]
            old, new = out.load(total, dtype), out.load(source, dtype)
            made = combined(code, found.form.how, dtype, old, new)
            out.store(made, total, dtype)
