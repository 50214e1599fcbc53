"""The lanes of a reduction: partial results in shared memory, which become one.

Lane ``a * width + w`` is that of element ``w`` of the accumulator ``a`` of the order
that the CPU backend has, whose steps are repeated here. Few barriers are worth more
than busy threads: one thread combines the elements of the last vector.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

from lazydag.backends.cpu.code import Code, memory_type
from lazydag.backends.cpu.folds import (
    ACCUMULATORS,
    combine,
    constant,
    identity,
    lanes,
)
from lazydag.backends.cuda.grid import THREADS, Phases
from lazydag.backends.scalar.types import DType


def lane_count(dtype: DType) -> int:
    """Return the number of lanes of a type."""
    return ACCUMULATORS * lanes(dtype)


@dataclass(frozen=True, slots=True)
class Seat:
    """Which thread a thread is of those that reduce one row.

    Parameters
    ----------
    row
        Number of the row among those that a block of threads reduces side by side.
    thread
        Number among the threads of this row.
    """

    row: str
    thread: str


def across(code: Code, rows: int) -> Seat:
    """Print where a thread sits, if neighbours are of different rows."""
    return Seat(code.i64("urem", "%thread", rows), code.i64("udiv", "%thread", rows))


def seat(code: Code, rows: int) -> Seat:
    """Print where a thread sits, if so many rows are reduced side by side."""
    if rows == 1:
        return Seat("0", "%thread")
    threads = THREADS // rows
    return Seat(
        code.i64("udiv", "%thread", threads), code.i64("urem", "%thread", threads)
    )


@dataclass(slots=True)
class Lanes:
    """Partial results of one reduction, for each of the rows side by side.

    Parameters
    ----------
    first
        Their place in the shared memory, in bytes.
    """

    phases: Phases
    dtype: DType
    kind: str
    rows: int = 1
    first: int = field(init=False)

    def __post_init__(self) -> None:
        self.first = self.phases.share(self.dtype, self.rows * self.count)

    @property
    def count(self) -> int:
        """Number of lanes of a row."""
        return lane_count(self.dtype)

    def own(self, code: Code, at: Seat) -> AbstractContextManager[None]:
        """Print what only threads do that have a lane."""
        return code.when(code.emit(f"icmp slt i64 {at.thread}, {self.count}"))

    def load(self, code: Code, at: Seat, lane: str) -> str:
        """Print the load of a lane's result."""
        return code.printer.load(self._place(code, at, lane), self.dtype)

    def store(self, code: Code, at: Seat, value: str) -> None:
        """Print the store of the result of the thread's own lane."""
        place = self._place(code, at, at.thread)
        code.printer.store(value, place, self.dtype)

    @contextmanager
    def accumulator(self, code: Code) -> Iterator[str]:
        """Reserve a place of the thread's own; it begins with the identity."""
        place = code.slot(memory_type(self.dtype))
        none = constant(code.printer, identity(self.kind, self.dtype))
        code.printer.store(none, place, self.dtype)
        yield place

    def add(self, code: Code, place: str, value: str) -> None:
        """Print the combination of an accumulator with an element."""
        old = self.loaded(code, place)
        new = combine(code.printer, self.kind, self.dtype, old, value)
        code.printer.store(new, place, self.dtype)

    def loaded(self, code: Code, place: str) -> str:
        """Print the load of an accumulator."""
        return code.printer.load(place, self.dtype)

    def merge(self, code: Code, at: Seat) -> None:
        """Print how the accumulators become one vector."""
        width = lanes(self.dtype)
        with code.when(code.emit(f"icmp slt i64 {at.thread}, {width}")):
            numbers = [
                code.i64("add", at.thread, width * k) for k in range(ACCUMULATORS)
            ]
            values = [self.load(code, at, number) for number in numbers]
            while len(values) > 1:
                values = self._combined(code, values[::2], values[1::2])
            self.store(code, at, values[0])

    def total(self, code: Code, at: Seat) -> str:
        """Print what one thread finds when it combines the elements of the vector."""
        values = [self.load(code, at, str(k)) for k in range(lanes(self.dtype))]
        while len(values) > 1:
            half = len(values) // 2
            values = self._combined(code, values[:half], values[half:])
        return values[0]

    def _combined(
        self, code: Code, some: Sequence[str], more: Sequence[str]
    ) -> list[str]:
        return [
            combine(code.printer, self.kind, self.dtype, a, b)
            for a, b in zip(some, more, strict=True)
        ]

    def _place(self, code: Code, at: Seat, lane: str) -> str:
        number = code.i64("add", code.i64("mul", at.row, self.count), lane)
        return code.element(code.at("%shared", self.first), number, self.dtype)
