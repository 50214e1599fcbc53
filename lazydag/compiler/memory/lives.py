"""Values in slots: from when to when each is there, and which steps touch it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from lazydag.compiler.memory.spans import Span, Spans
from lazydag.runtime import Access, Mode

ALIGNMENT: Final = 256
"""What the addresses of slots are multiples of: a transaction of a GPU's memory."""


@dataclass(frozen=True, slots=True, eq=False)
class Life:
    """A value in a slot, from the step that first writes it to the last that reads it.

    Parameters
    ----------
    slot
        Where it is; other values may have been there before, and may be later.
    start, stop
        The bytes of the slot that it has.
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
        """Bytes that it has."""
        return self.stop - self.start

    @property
    def padding(self) -> int:
        """Bytes that are left free before it, so that it is aligned as in its slot."""
        return self.start % ALIGNMENT

    @property
    def taken_nbytes(self) -> int:
        """Bytes that it takes up, with what is left free around it."""
        return -(-(self.padding + self.nbytes) // ALIGNMENT) * ALIGNMENT

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
    """Return the values that lie in some slots, by their first steps.

    Parameters
    ----------
    steps
        What each step accesses, in an order in which they can run.
    nbytes
        The slots that count, and their sizes.

    Notes
    -----
    Parts of a slot that no step touches together are values of their own. From the end
    to the beginning, the bytes are followed that somebody has yet to read. Where there
    are none, a new value begins: nothing of the one before is needed. A write with gaps
    ends nothing.
    """
    touched: dict[int, list[_Step]] = {}
    for number, accesses in enumerate(steps):
        for access in accesses:
            if access.slot in nbytes:
                span = access.start, min(access.stop, nbytes[access.slot])
                found = touched.setdefault(access.slot, [])
                if not found or found[-1].number != number:
                    found.append(_Step(number, span))
                found[-1].add(access, span)
    found_lives = (
        life
        for slot, own in touched.items()
        for piece in _pieces(own)
        for life in _lives(slot, piece)
    )
    return sorted(found_lives, key=lambda life: life.first)


@dataclass(slots=True)
class _Step:
    """What a step does to a slot.

    Parameters
    ----------
    hull
        The bytes from the first to the last that it touches.
    covers
        What it writes without gaps, and does not read.
    writes
        Whether it changes anything.
    """

    number: int
    hull: Span
    reads: list[Span] = field(default_factory=list)
    covers: list[Span] = field(default_factory=list)
    writes: bool = False

    def add(self, access: Access, span: Span) -> None:
        self.hull = min(self.hull[0], span[0]), max(self.hull[1], span[1])
        if access.mode.reads:
            self.reads.append(span)
        if access.mode.writes:
            self.writes = True
        if access.mode is Mode.OUT and access.region is None:
            self.covers.append(span)


def _pieces(steps: Sequence[_Step]) -> Iterator[list[_Step]]:
    """Yield the steps that touch each part of a slot; parts have no byte in common."""
    all_bytes = Spans()
    for step in steps:
        all_bytes.add(*step.hull)
    starts = [first for first, _ in all_bytes.ranges]
    pieces: dict[int, list[_Step]] = {}
    for step in steps:
        pieces.setdefault(bisect_right(starts, step.hull[0]), []).append(step)
    yield from pieces.values()


def _lives(slot: int, steps: Sequence[_Step]) -> Iterator[Life]:
    """Yield the values that lie in one part of a slot, one after the other."""
    own: list[_Step] = []
    live = Spans()
    for step in reversed(steps):
        own.append(step)
        for span in step.covers:
            live.remove(*span)
        for span in step.reads:
            live.add(*span)
        if not live:
            yield _life(slot, own[::-1])
            own = []
    if own:
        yield _life(slot, own[::-1])


def _life(slot: int, steps: Sequence[_Step]) -> Life:
    hulls = [step.hull for step in steps]
    return Life(
        slot,
        min(first for first, _ in hulls),
        max(last for _, last in hulls),
        tuple(step.number for step in steps),
        tuple(step.writes for step in steps),
    )


__all__ = ["ALIGNMENT", "Life", "lives_of"]
