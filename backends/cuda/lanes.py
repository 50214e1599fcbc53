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
from lazydag.backends.cuda.grid import Phases
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


@dataclass(slots=True)
class Lanes:
    """Partial results of one reduction.

    Parameters
    ----------
    first
        Their place in the shared memory, in bytes.
    """

    phases: Phases
    dtype: DType
    kind: str
    first: int = field(init=False)

    def __post_init__(self) -> None:
        self.first = self.phases.share(self.dtype, self.count)

    @property
    def count(self) -> int:
        """Number of lanes."""
        return ACCUMULATORS * lanes(self.dtype)

    def own(self, code: Code) -> AbstractContextManager[None]:
        """Print what only threads do that have a lane."""
        return code.when(code.emit(f"icmp slt i64 %thread, {self.count}"))

    def load(self, code: Code, lane: str) -> str:
        """Print the load of a lane's result."""
        return code.printer.load(self._place(code, lane), self.dtype)

    def store(self, code: Code, lane: str, value: str) -> None:
        """Print the store of a lane's result."""
        code.printer.store(value, self._place(code, lane), self.dtype)

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

    def step(self, code: Code, step: Step) -> None:
        """Print one step of the tree."""
        below, period, rest, behind = step
        is_below = code.emit(f"icmp slt i64 %thread, {below}")
        within = code.i64("urem", "%thread", period)
        is_first = code.emit(f"icmp slt i64 {within}, {rest}")
        with code.when(code.emit(f"and i1 {is_below}, {is_first}")):
            other = code.i64("add", "%thread", behind)
            a, b = self.load(code, "%thread"), self.load(code, other)
            value = combine(code.printer, self.kind, self.dtype, a, b)
            self.store(code, "%thread", value)

    def _place(self, code: Code, lane: str) -> str:
        return code.element(code.at("%shared", self.first), lane, self.dtype)
