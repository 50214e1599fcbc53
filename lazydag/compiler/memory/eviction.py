"""Eviction: which values leave a memory that is too small for all, and when.

The plan knows the future, so the value leaves that is not needed for the longest time.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from heapq import heappop, heappush
from itertools import count
from math import inf
from typing import TypeAlias

from lazydag.compiler.memory.lives import Life

_Key: TypeAlias = tuple[float, bool, int]


class Way(Enum):
    """In which direction a value moves."""

    OUT = "out"
    IN = "in"


@dataclass(frozen=True, slots=True)
class Move:
    """A value leaves the memory, or returns.

    Parameters
    ----------
    offset
        Where it was, or is from now on.
    """

    way: Way
    life: Life
    offset: int


@dataclass(frozen=True, slots=True)
class Moves:
    """How values share a memory.

    Parameters
    ----------
    before
        By step: what moves just before it, in this order.
    offsets
        For each step where the values are that it touches.
    nbytes
        Of the part of the memory that is ever used.
    """

    before: Mapping[int, Sequence[Move]]
    offsets: Sequence[Mapping[Life, int]]
    nbytes: int


@dataclass(frozen=True, slots=True)
class Overflow:
    """The first step whose own values do not fit.

    Parameters
    ----------
    nbytes
        Of its values together.
    """

    step: int
    lives: tuple[Life, ...]
    nbytes: int


def moves_within(
    lives: Sequence[Life],
    nsteps: int,
    budget: int,
    kept: Collection[tuple[Life, int]] = (),
    rest: int = 2,
) -> Moves | Overflow:
    """Return what has to move so that never more than `budget` bytes are in use.

    Parameters
    ----------
    nsteps
        Number of steps.
    kept
        Values, and steps behind which they can be had elsewhere as they are: copies
        in, and out. Until they are changed they leave without a move.
    rest
        Steps for which memory is better left alone: work that moves into it would have
        to wait. What was there leaves if it is needed twice as late as other values.

    Notes
    -----
    Belady's rule, for values that differ in size: of all neighbours that together make
    room, those leave of which the first is needed last. If values lie so that no room
    can be made, all leave, and those that the step touches return side by side.
    """
    sharing = _Sharing(budget, frozenset(kept), rest)
    return sharing.run(_by_step(lives, nsteps))


def _by_step(lives: Sequence[Life], nsteps: int) -> list[list[Life]]:
    found: list[list[Life]] = [[] for _ in range(nsteps)]
    for life in lives:
        for step in life.steps:
            found[step].append(life)
    return found


@dataclass(slots=True, eq=False)
class _Held:
    """A value that is in memory, or was and has not been written over yet.

    Parameters
    ----------
    used, wanted
        The last step that touched it, and the next that will.
    """

    life: Life
    start: int
    stop: int
    used: int
    wanted: float


@dataclass(slots=True)
class _Sharing:
    budget: int
    kept: frozenset[tuple[Life, int]]
    rest: int
    held: list[_Held] = field(default_factory=list)
    where: dict[Life, _Held] = field(default_factory=dict)
    saved: set[Life] = field(default_factory=set)
    before: dict[int, list[Move]] = field(default_factory=dict)
    offsets: list[dict[Life, int]] = field(default_factory=list)
    nbytes: int = 0
    # What is needed last comes first; entries may be out of date.
    latest: list[tuple[float, int, _Held]] = field(default_factory=list)
    entries: count[int] = field(default_factory=count)

    def run(self, steps: Sequence[Sequence[Life]]) -> Moves | Overflow:
        for step, lives in enumerate(steps):
            wanted = sum(life.taken_nbytes for life in lives)
            if wanted > self.budget:
                return Overflow(step, tuple(lives), wanted)
            self._make_ready(step, lives)
            self.offsets.append({life: self.where[life].start for life in lives})
            self._note(step, lives)
        return Moves(self.before, self.offsets, self.nbytes)

    def _make_ready(self, step: int, lives: Sequence[Life]) -> None:
        """Bring all values in that a step touches."""
        missing = [life for life in lives if life not in self.where]
        for life in sorted(missing, key=lambda each: -each.nbytes):
            room = self._room(step, life.taken_nbytes, set(lives))
            if room is None:
                self._pack(step, lives)
                return
            start, leaving = room
            self._leave(step, leaving)
            self._enter(step, life, start)

    def _note(self, step: int, lives: Sequence[Life]) -> None:
        """Remember what a step does to its values."""
        for life in lives:
            held, at = self.where[life], bisect_left(life.steps, step)
            held.used = step
            held.wanted = inf if step == life.last else life.steps[at + 1]
            heappush(self.latest, (-held.wanted, next(self.entries), held))
            if life.writes[at]:
                self.saved.discard(life)
            if (life, step) in self.kept:
                self.saved.add(life)

    def _pack(self, step: int, lives: Sequence[Life]) -> None:
        """Empty the memory, and put the values of a step side by side."""
        self._leave(step, list(self.held))
        start = 0
        for life in lives:
            self._enter(step, life, start)
            start += life.taken_nbytes

    def _leave(self, step: int, leaving: Sequence[_Held]) -> None:
        for held in leaving:
            life = held.life
            self.held.remove(held)
            del self.where[life]
            is_needed = life.first < step and life.last >= step
            if is_needed and life not in self.saved:
                self._move(step, Move(Way.OUT, life, held.start))
                self.saved.add(life)

    def _enter(self, step: int, life: Life, start: int) -> None:
        stop = start + life.taken_nbytes
        held = self.where[life] = _Held(life, start, stop, step, step)
        insort(self.held, held, key=lambda each: (each.start, each.stop))
        self.nbytes = max(self.nbytes, stop)
        if life.first < step:
            self._move(step, Move(Way.IN, life, start))

    def _move(self, step: int, move: Move) -> None:
        self.before.setdefault(step, []).append(move)

    def _room(
        self, step: int, nbytes: int, stays: set[Life]
    ) -> tuple[int, Sequence[_Held]] | None:
        """Return where there is room, and who has to leave for it; the best place."""
        end = self.held[-1].stop if self.held else 0
        if end + nbytes <= self.budget:
            return end, []
        known = self._latest(step, nbytes, stays)
        if known is not None:
            return known.start, [known]
        best: tuple[_Key, int, Sequence[_Held]] | None = None
        for start, leaving in self._places(nbytes, stays):
            key = self._key(step, leaving)
            if best is None or key < best[0]:
                best = key, start, leaving
        return None if best is None else best[1:]

    def _latest(self, step: int, nbytes: int, stays: Collection[Life]) -> _Held | None:
        """Return the value that is needed last, if it has the very size."""
        passed, found = [], []
        is_busy = True
        while self.latest and is_busy:
            entry = heappop(self.latest)
            held = entry[2]
            if self.where.get(held.life) is not held or held.wanted != -entry[0]:
                continue
            passed.append(entry)
            if held.life not in stays:
                found.append(held)
                is_busy = self._is_busy(step, held)
        for entry in passed:
            heappush(self.latest, entry)
        if not found or any(held.stop - held.start != nbytes for held in found):
            return None
        return min(found, key=lambda held: self._key(step, [held]))

    def _is_busy(self, step: int, held: _Held) -> bool:
        return step - held.used <= self.rest

    def _key(self, step: int, leaving: Sequence[_Held]) -> _Key:
        """Return what says how bad it is if some values leave."""
        soonest, is_busy, nbytes = inf, False, 0
        for held in leaving:
            soonest = min(soonest, held.wanted)
            is_busy = is_busy or self._is_busy(step, held)
            if held.wanted < inf and held.life not in self.saved:
                nbytes += held.life.nbytes
        distance = (soonest - step) / 2 if is_busy else soonest - step
        return -distance, is_busy, nbytes

    def _places(
        self, nbytes: int, stays: Collection[Life]
    ) -> Iterator[tuple[int, Sequence[_Held]]]:
        """Yield where a value could lie: as few neighbours leave as possible."""
        start = last = 0
        for first in range(len(self.held) + 1):
            last = max(first, last)
            while self._begin(last) - start < nbytes and self._may_leave(last, stays):
                last += 1
            if self._begin(last) - start >= nbytes:
                yield start, self.held[first:last]
            if first < len(self.held):
                start = self.held[first].stop

    def _begin(self, number: int) -> int:
        """Return where a value begins; behind the last, the end of the memory."""
        at_end = number == len(self.held)
        return self.budget if at_end else self.held[number].start

    def _may_leave(self, number: int, stays: Collection[Life]) -> bool:
        return number < len(self.held) and self.held[number].life not in stays
