"""Values in slots: from when to when each is there, and which steps touch it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lazydag.compiler.memory.spans import Span, Spans
from lazydag.runtime import Access, Mode


@dataclass(frozen=True, slots=True, eq=False)
class Life:
    """A value in a slot, from the step that first writes it to the last that reads it.

    Parameters
    ----------
    slot
        Where it is; other values may have been there before, and may be later.
    start, stop
        The bytes of the slot that it takes.
    steps
        Numbers of the steps that touch it, ascending.
    writes
        Whether each of them changes it.
    """

    slot: int
    start: int
    stop: int
    steps: tuple[int, ...]
    writes: tuple[bool, ...]

    @property
    def nbytes(self) -> int:
        """Bytes that it takes."""
        return self.stop - self.start

    @property
    def first(self) -> int:
        """The step that writes it."""
        return self.steps[0]

    @property
    def last(self) -> int:
        """The last step that touches it."""
        return self.steps[-1]


def lives_of(
    steps: Sequence[Sequence[Access]], nbytes: Mapping[int, int]
) -> list[Life]:
    """Return the values that lie in some slots, one after the other.

    Parameters
    ----------
    steps
        What each step accesses, in an order in which they can run.
    nbytes
        The slots that count, and their sizes.

    Notes
    -----
    From the end to the beginning, the bytes are followed that somebody has yet to read.
    Where there are none, a new value begins: nothing of the one before is needed. A
    write with gaps ends nothing.
    """
    touched: dict[int, _Touched] = {}
    for number, accesses in enumerate(steps):
        for access in accesses:
            if access.slot in nbytes:
                found = touched.setdefault(access.slot, _Touched(access.slot))
                found.add(number, access, nbytes[access.slot])
    return [life for found in touched.values() for life in found.lives()]


@dataclass(slots=True)
class _Step:
    number: int
    reads: list[Span] = field(default_factory=list)
    writes: list[Span] = field(default_factory=list)
    covers: list[Span] = field(default_factory=list)

    def hull(self) -> Span:
        spans = [*self.reads, *self.writes]
        return min(first for first, _ in spans), max(last for _, last in spans)


@dataclass(slots=True)
class _Touched:
    """The steps that touch a slot."""

    slot: int
    steps: list[_Step] = field(default_factory=list)

    def add(self, number: int, access: Access, nbytes: int) -> None:
        if not self.steps or self.steps[-1].number != number:
            self.steps.append(_Step(number))
        step, span = self.steps[-1], (access.start, min(access.stop, nbytes))
        if access.mode.reads:
            step.reads.append(span)
        if access.mode.writes:
            step.writes.append(span)
        if access.mode is Mode.OUT and access.region is None:
            step.covers.append(span)

    def lives(self) -> list[Life]:
        found: list[Life] = []
        own: list[_Step] = []
        live = Spans()
        for step in reversed(self.steps):
            own.append(step)
            for span in step.covers:
                live.remove(*span)
            for span in step.reads:
                live.add(*span)
            if not live:
                found.append(self._life(own[::-1]))
                own = []
        return [*found, *([self._life(own[::-1])] if own else [])][::-1]

    def _life(self, steps: Sequence[_Step]) -> Life:
        hulls = [step.hull() for step in steps]
        return Life(
            self.slot,
            min(first for first, _ in hulls),
            max(last for _, last in hulls),
            tuple(step.number for step in steps),
            tuple(bool(step.writes) for step in steps),
        )


__all__ = ["Life", "lives_of"]
