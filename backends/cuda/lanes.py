"""The lanes of a reduction: partial results in shared memory, combined step by step.

Lane ``a * width + w`` is that of element ``w`` of the accumulator ``a`` of the order
that the CPU backend has, whose steps are repeated here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import TypeAlias

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

#: Which lanes are combined with others: those below the first number whose number by
#: the second leaves a rest below the third; and how far the others are behind.
Step: TypeAlias = tuple[int, int, int, int]


@cache
def lane_steps(dtype: DType) -> tuple[Step, ...]:
    """Return the steps that combine all lanes of a type into the first.

    >>> lane_steps("f64")[0]
    (32, 16, 8, 8)
    """
    width, found, apart = lanes(dtype), [], 1
    while apart < ACCUMULATORS:
        found.append((ACCUMULATORS * width, 2 * apart * width, width, apart * width))
        apart *= 2
    half = width // 2
    while half:
        found.append((half, width, half, half))
        half //= 2
    return tuple(found)


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

    def step(self, code: Code, at: Seat, step: Step) -> None:
        """Print one step of the tree."""
        below, period, rest, behind = step
        is_below = code.emit(f"icmp slt i64 {at.thread}, {below}")
        within = code.i64("urem", at.thread, period)
        is_first = code.emit(f"icmp slt i64 {within}, {rest}")
        with code.when(code.emit(f"and i1 {is_below}, {is_first}")):
            other = code.i64("add", at.thread, behind)
            a, b = self.load(code, at, at.thread), self.load(code, at, other)
            value = combine(code.printer, self.kind, self.dtype, a, b)
            self.store(code, at, value)

    def _place(self, code: Code, at: Seat, lane: str) -> str:
        number = code.i64("add", code.i64("mul", at.row, self.count), lane)
        return code.element(code.at("%shared", self.first), number, self.dtype)
