"""One memory, shared by values that are not there all at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeAlias

import numpy as np

from lazydag.backends.cuda.queued import Queued
from lazydag.backends.work import Work
from lazydag.compiler.memory.arena import arena_within
from lazydag.compiler.memory.eviction import Moves, Overflow, Way, moves_within
from lazydag.compiler.memory.lives import Life, lives_of
from lazydag.errors import OutOfMemoryError, SourceLine
from lazydag.runtime import Role, Slot, View
from lazydag.runtime.limits import printed

#: A slot, and a byte of it.
Place: TypeAlias = tuple[int, int]
#: By slot, bytes, and number in the work: where what a copy moves is kept elsewhere.
Kept: TypeAlias = Mapping[tuple[int, int, int, int], Place]


@dataclass(frozen=True, slots=True)
class Memory:
    """Where values share the bytes.

    Parameters
    ----------
    name
        For messages.
    nbytes
        Those that may be used.
    variable
        What allows more.
    """

    name: str
    space: str
    nbytes: int
    variable: str


class Outside(Protocol):
    """Where values leave to."""

    def out(self, life: Life, view: View, at: SourceLine | None) -> Work:
        """Return what takes a value out of the bytes of a view."""
        ...

    def back(
        self, life: Life, view: View, kept: Place | None, at: SourceLine | None
    ) -> Work:
        """Return what takes a value back; it may be kept where it did not leave to."""
        ...


@dataclass(slots=True)
class SharedMemory:
    """Puts the work of a plan over one slot in a memory."""

    work: Sequence[Work]
    slots: list[Slot]
    spaces: dict[int, str]
    memory: Memory
    outside: Outside
    arena: int = -1
    found: list[Work] = field(default_factory=list)
    # Where values can be had that have not left.
    elsewhere: dict[Life, Place] = field(default_factory=dict)

    def run(self, sizes: Mapping[int, int], kept: Kept) -> Sequence[Work]:
        """Return the work with some slots, of so many bytes, in one.

        Raises
        ------
        OutOfMemoryError
            If the values of a step do not fit.
        """
        numbers = [
            number
            for number, each in enumerate(self.work)
            if any(access.slot in sizes for access in each.accesses)
        ]
        if not numbers:
            return self.work
        lives = lives_of([self.work[n].accesses for n in numbers], sizes)
        places = _places(lives, numbers, kept)
        moves = self._moves(lives, numbers, places)
        self.arena = len(self.slots)
        name = f"memory of {self.memory.name}"
        self.slots.append(Slot(moves.nbytes, Role.TEMPORARY, name))
        self.spaces[self.arena] = self.memory.space
        steps = dict(zip(numbers, range(len(numbers)), strict=True))
        for number, each in enumerate(self.work):
            if number in steps:
                self._add(each, steps[number], moves, places)
            else:
                self.found.append(each)
        for slot in sizes:
            self.slots[slot] = replace(self.slots[slot], nbytes=0)
        return self.found

    def _moves(
        self,
        lives: Sequence[Life],
        numbers: Sequence[int],
        kept: Mapping[tuple[Life, int], Place],
    ) -> Moves:
        arena = arena_within(lives, self.memory.nbytes)
        if arena is not None:
            steps = [dict[Life, int]() for _ in numbers]
            for life, offset in arena.offsets.items():
                for step in life.steps:
                    steps[step][life] = offset
            return Moves({}, steps, arena.nbytes)
        found = moves_within(lives, len(numbers), self.memory.nbytes, kept)
        if isinstance(found, Overflow):
            raise self._overflow(found, self.work[numbers[found.step]])
        return found

    def _add(
        self,
        work: Work,
        step: int,
        moves: Moves,
        kept: Mapping[tuple[Life, int], Place],
    ) -> None:
        """Append work where its values are, behind the moves that it needs."""
        assert isinstance(work, Queued)
        for move in moves.before.get(step, ()):
            start = move.offset + move.life.padding
            byte = np.dtype(np.uint8)
            view = View(self.arena, byte, (move.life.nbytes,), None, start)
            if move.way is Way.OUT:
                self.elsewhere.pop(move.life, None)
                self.found.append(self.outside.out(move.life, view, work.source))
            else:
                place = self.elsewhere.get(move.life)
                back = self.outside.back(move.life, view, place, work.source)
                self.found.append(back)
        offsets = moves.offsets[step]
        self.found.append(
            work.located(
                {
                    life.slot: (self.arena, offset + life.padding - life.start)
                    for life, offset in offsets.items()
                }
            )
        )
        for life in offsets:
            if (life, step) in kept:
                self.elsewhere[life] = kept[life, step]

    def _overflow(self, found: Overflow, work: Work) -> OutOfMemoryError:
        names = {life: self.slots[life.slot].name or "a value" for life in found.lives}
        largest = sorted(found.lives, key=lambda life: -life.nbytes)
        parts = ", ".join(f"{names[x]} {printed(x.nbytes)}" for x in largest)
        budget = max(0, self.memory.nbytes)
        what = (
            f"{work.name} needs {printed(found.nbytes)} of {self.memory.name} "
            f"at a time ({parts}), and {printed(budget)} are free for it"
        )
        return OutOfMemoryError(
            what,
            work.source,
            _remedy(found.nbytes, budget, self.memory.variable),
            nbytes=found.nbytes,
            limit_nbytes=budget,
        )


def _places(
    lives: Sequence[Life], numbers: Sequence[int], kept: Kept
) -> dict[tuple[Life, int], Place]:
    """Return by value and step where a copy of it is kept."""
    found = {}
    for life in lives:
        for step in life.steps:
            place = kept.get((life.slot, life.start, life.stop, numbers[step]))
            if place is not None:
                found[life, step] = place
    return found


def _remedy(nbytes: int, budget: int, variable: str) -> str:
    """Say what would fit."""
    more = f"raise {variable}, if it is set"
    if not budget:
        return f"Drop arrays that lie there, or {more}."
    return f"1/{-(-nbytes // budget)} of the data would fit at a time; or {more}."
