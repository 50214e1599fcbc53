"""Fit the work of a plan into the memories of devices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from lazydag.backends.cuda.queued import Lane, Queued, queued_copy
from lazydag.backends.work import Work
from lazydag.compiler.devices import device_of
from lazydag.compiler.memory.arena import arena_within
from lazydag.compiler.memory.eviction import (
    Move,
    Moves,
    Overflow,
    Way,
    moves_within,
)
from lazydag.compiler.memory.kept import kept_copies
from lazydag.compiler.memory.lives import Life, lives_of
from lazydag.cost.target import Target
from lazydag.errors import OutOfMemoryError
from lazydag.runtime import Role, Slot, View
from lazydag.runtime.limits import DEVICE_VARIABLE, device_limit, printed

if TYPE_CHECKING:
    from lazydag.backends.cuda.device import GpuDevice

#: A slot, and a byte of it.
Place: TypeAlias = tuple[int, int]


def fit(
    work: Sequence[Work],
    slots: list[Slot],
    spaces: dict[int, str],
    target: Target | None,
) -> Sequence[Work]:
    """Return the work of a plan within the memories of its devices.

    Parameters
    ----------
    work
        In an order in which it can run.
    slots, spaces
        Those of the plan, and where they are. One slot for each device is appended,
        which takes the place of all its temporaries; they have no bytes from now on.
    target
        How much memory there is; None if there is but that of the host.

    Raises
    ------
    OutOfMemoryError
        If a step alone does not fit.
    """
    if target is None:
        return work
    home = target.default.space
    for space in dict.fromkeys(spaces.values()):
        device = None if space == home else device_of(space)
        if device is not None:
            nbytes = device_limit(target.space(space).nbytes)
            work = _Fitting(work, slots, spaces, device, home, nbytes).run()
    return work


@dataclass(slots=True)
class _Fitting:
    """One device's memory."""

    work: Sequence[Work]
    slots: list[Slot]
    spaces: dict[int, str]
    device: GpuDevice
    home: str
    nbytes: int
    arena: int = -1
    found: list[Work] = field(default_factory=list)
    # Where values can be had that leave the memory, and the slots that they leave to.
    elsewhere: dict[Life, Place] = field(default_factory=dict)
    left: dict[Life, int] = field(default_factory=dict)

    def run(self) -> Sequence[Work]:
        """Return the work over one slot."""
        sizes = self._temporaries()
        numbers = [
            number
            for number, each in enumerate(self.work)
            if any(access.slot in sizes for access in each.accesses)
        ]
        if not numbers:
            return self.work
        lives = lives_of([self.work[n].accesses for n in numbers], sizes)
        kept = kept_copies(self.work, numbers, lives, self.spaces, self.home)
        moves = self._moves(lives, numbers, kept)
        self.arena = self._new(moves.nbytes, f"memory of {self.device.name}")
        self.spaces[self.arena] = self.device.space
        self._rewrite(moves, dict(zip(numbers, range(len(numbers)), strict=True)), kept)
        for slot in sizes:
            self.slots[slot] = replace(self.slots[slot], nbytes=0)
        return self.found

    def _temporaries(self) -> dict[int, int]:
        """Return the slots that may lie anywhere in the memory, and their bytes."""
        return {
            slot: self.slots[slot].nbytes
            for slot, space in self.spaces.items()
            if space == self.device.space and self.slots[slot].role is Role.TEMPORARY
        }

    def _moves(
        self,
        lives: Sequence[Life],
        numbers: Sequence[int],
        kept: Mapping[tuple[Life, int], Place],
    ) -> Moves:
        own = (
            slot for slot, space in self.spaces.items() if space == self.device.space
        )
        fixed = (self.slots[n] for n in own if self.slots[n].role is not Role.TEMPORARY)
        budget = self.nbytes - sum(slot.nbytes for slot in fixed)
        arena = arena_within(lives, budget)
        if arena is not None:
            steps = [dict[Life, int]() for _ in numbers]
            for life, offset in arena.offsets.items():
                for step in life.steps:
                    steps[step][life] = offset
            return Moves({}, steps, arena.nbytes)
        found = moves_within(lives, len(numbers), budget, kept)
        if isinstance(found, Overflow):
            raise self._overflow(found, self.work[numbers[found.step]], budget)
        return found

    def _rewrite(
        self,
        moves: Moves,
        steps: Mapping[int, int],
        kept: Mapping[tuple[Life, int], Place],
    ) -> None:
        """Put all work where its values are, and moves in between."""
        for number, each in enumerate(self.work):
            step = steps.get(number)
            if step is None:
                self.found.append(each)
                continue
            assert isinstance(each, Queued)
            self.found += [
                self._copy(move, each) for move in moves.before.get(step, ())
            ]
            offsets = moves.offsets[step]
            places = {life.slot: self._place(life, at) for life, at in offsets.items()}
            self.found.append(each.located(places))
            for life in offsets:
                if (life, step) in kept:
                    self.elsewhere[life] = kept[life, step]

    def _place(self, life: Life, offset: int) -> Place:
        """Return where the slot of a value would begin, were it all there."""
        return self.arena, offset + life.padding - life.start

    def _copy(self, move: Move, cause: Queued) -> Queued:
        """Return the copy that a move is."""
        life = move.life
        if move.way is Way.OUT:
            self.elsewhere[life] = self._outside(life), 0
        near = _bytes(self.elsewhere[life], life.nbytes)
        far = _bytes((self.arena, move.offset + life.padding), life.nbytes)
        if move.way is Way.OUT:
            return queued_copy(self.device, Lane.OUT, far, near, cause.source)
        return queued_copy(self.device, Lane.IN, near, far, cause.source)

    def _outside(self, life: Life) -> int:
        """Return the slot that a value leaves to."""
        if life not in self.left:
            name = f"{self.slots[life.slot].name} moved out".strip()
            self.left[life] = self._new(life.nbytes, name)
        return self.left[life]

    def _new(self, nbytes: int, name: str) -> int:
        self.slots.append(Slot(nbytes, Role.TEMPORARY, name))
        return len(self.slots) - 1

    def _overflow(self, found: Overflow, work: Work, budget: int) -> OutOfMemoryError:
        names = {life: self.slots[life.slot].name or "a value" for life in found.lives}
        largest = sorted(found.lives, key=lambda life: -life.nbytes)
        parts = ", ".join(f"{names[x]} {printed(x.nbytes)}" for x in largest)
        what = (
            f"{work.name} on {self.device.name} needs {printed(found.nbytes)} "
            f"at a time ({parts}), and {printed(max(0, budget))} are free for it"
        )
        return OutOfMemoryError(
            what,
            work.source,
            _remedy(found.nbytes, budget),
            nbytes=found.nbytes,
            limit_nbytes=budget,
        )


def _remedy(nbytes: int, budget: int) -> str:
    """Say what would fit."""
    more = f"raise {DEVICE_VARIABLE}, if it is set"
    if budget <= 0:
        return f"Drop arrays that lie on the device, or {more}."
    return f"1/{-(-nbytes // budget)} of the data would fit at a time; or {more}."


def _bytes(place: Place, nbytes: int) -> View:
    slot, start = place
    return View(slot, np.dtype(np.uint8), (nbytes,), None, start)


__all__ = ["fit"]
