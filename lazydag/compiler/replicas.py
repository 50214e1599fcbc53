"""Replicas: buffers in several memory spaces, and the copies that keep them valid.

In: steps, each in a memory space, over slots that have a home each. Out: where each
step finds its slots, and copies in between. A write leaves one valid copy of the cells
that it touches, a copy adds one; only what is stale is copied, from the space that it
comes from soonest. What is wanted at home, since it is an output, goes there as soon as
it is written for the last time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazydag.compiler.cells import Box, Cells, Flags, Rectangle, rectangles
from lazydag.compiler.routes import Routes
from lazydag.runtime import Access, Role, Slot

#: By cell, a bit for each space that has it.
Valid: TypeAlias = NDArray[np.int64]

_FILLED = frozenset({Role.PARAM, Role.CONSTANT})
_KEPT = frozenset({Role.PARAM, Role.OUTPUT})


@dataclass(frozen=True, slots=True)
class Step:
    """Something that runs in one memory space.

    Parameters
    ----------
    moves_from
        The slot that it copies into another, as it lies there; it may be read in any
        space. None for what is no copy.
    """

    space: str
    accesses: tuple[Access, ...]
    moves_from: int | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """A copy between two slots.

    Parameters
    ----------
    source, target
        The slots.
    start
        The first byte in the target.
    what
        The bytes, as they lie in the source; in the target they lie alike.
    spaces
        Where from and where to.
    """

    source: int
    target: int
    start: int
    what: Rectangle
    spaces: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Located:
    """A step, by its number, and the slots that stand for slots in its space."""

    step: int
    slots: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Replicas:
    """Steps and moves in their order, over slots of which each has a space.

    Parameters
    ----------
    slots, spaces
        Those given, with the same numbers, and replicas behind them.
    """

    steps: tuple[Located | Move, ...]
    slots: tuple[Slot, ...]
    spaces: tuple[str, ...]


def replicate(
    steps: Sequence[Step], slots: Sequence[Slot], homes: Sequence[str], routes: Routes
) -> Replicas:
    """Return the steps with copies in between.

    Parameters
    ----------
    steps
        In an order in which they can run.
    homes
        The space of each slot, where it lies before and after.

    Notes
    -----
    The rules are those of a protocol that invalidates on writes, with the cells of
    `lazydag.compiler.cells` as its lines. Linear in the number of accesses.
    """
    planner = _Planner(steps, slots, homes, routes)
    for number, step in enumerate(steps):
        planner.add(number, step)
    return planner.finished()


@dataclass(slots=True)
class _Buffer:
    """A slot in all its spaces.

    Parameters
    ----------
    wanted
        By cell, the step after which it has to be at home; negative for never.
    held
        By space, the slot that stands for it there.
    """

    home: str
    cells: Cells
    valid: Valid
    wanted: Valid
    held: dict[str, int]


@dataclass(slots=True)
class _Planner:
    steps: Sequence[Step]
    given: Sequence[Slot]
    homes: Sequence[str]
    routes: Routes
    found: list[Located | Move] = field(default_factory=list)
    slots: list[Slot] = field(init=False)
    spaces: list[str] = field(init=False)
    bits: dict[str, int] = field(default_factory=dict)
    buffers: dict[int, _Buffer] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.slots, self.spaces = list(self.given), list(self.homes)
        accesses: dict[int, list[Access]] = {}
        for step in self.steps:
            for access in step.accesses:
                accesses.setdefault(access.slot, []).append(access)
        for slot, own in accesses.items():
            self.buffers[slot] = self._buffer(slot, own)
        for number, step in enumerate(self.steps):
            for access in step.accesses:
                buffer = self.buffers[access.slot]
                if access.mode.writes and self.given[access.slot].role in _KEPT:
                    buffer.wanted[buffer.cells.box(access).where] = number

    def _buffer(self, slot: int, accesses: Sequence[Access]) -> _Buffer:
        home = self.homes[slot]
        cells = Cells.of(self.given[slot].nbytes, accesses)
        valid = np.zeros(cells.shape, np.int64)
        if self.given[slot].role in _FILLED:
            valid[cells.inside()] = self._bit(home)
        return _Buffer(home, cells, valid, np.full(cells.shape, -1), {home: slot})

    def _bit(self, space: str) -> int:
        return self.bits.setdefault(space, 1 << len(self.bits))

    def add(self, number: int, step: Step) -> None:
        """Append a step, behind the copies that it needs."""
        if step.moves_from is not None:
            self._move(step)
        else:
            for access in step.accesses:
                buffer = self.buffers[access.slot]
                box = buffer.cells.box(access)
                if access.mode.reads or not box.is_exact:
                    self._fetch(buffer, box, step.space)
            own = {a.slot: self._slot(a.slot, step.space) for a in step.accesses}
            moved = {slot: held for slot, held in own.items() if slot != held}
            self.found.append(Located(number, moved))
        for access in step.accesses:
            if access.mode.writes:
                self._write(number, access, step.space)

    def finished(self) -> Replicas:
        """Return all that was found."""
        return Replicas(tuple(self.found), tuple(self.slots), tuple(self.spaces))

    # ------------------------------------------------------------ validity

    def _write(self, number: int, access: Access, space: str) -> None:
        """Leave one valid copy of what is written, and take it home if it is wanted."""
        buffer = self.buffers[access.slot]
        box = buffer.cells.box(access)
        buffer.valid[box.where] = self._bit(space)
        if space == buffer.home or not (buffer.wanted[box.where] == number).any():
            return
        due = buffer.wanted[box.where] == number
        for part in _parts(box, due):
            self._fetch(buffer, part, buffer.home)

    def _fetch(self, buffer: _Buffer, box: Box, space: str) -> None:
        """Make cells valid in a space, but for those that nobody has written."""
        valid = buffer.valid[box.where]
        bit = self._bit(space)
        stale = (valid & bit == 0) & (valid != 0)
        for holders in np.unique(valid[stale]).tolist():
            way = self._way(holders, space)
            chosen = stale & (valid == holders)
            for part in _parts(box, chosen):
                for hop in pairwise(way):
                    self._copy(buffer, part, hop)

    def _way(self, holders: int, space: str) -> tuple[str, ...]:
        """Return the spaces on the shortest way from one of the holders."""
        having = [known for known, bit in self.bits.items() if holders & bit]
        return min(
            (self.routes.between(known, space) for known in having),
            key=lambda route: route.seconds,
        ).spaces

    def _copy(self, buffer: _Buffer, box: Box, spaces: tuple[str, str]) -> None:
        bit = self._bit(spaces[1])
        if bool((buffer.valid[box.where] & bit).all()):
            return
        source, target = (self._held(buffer, space) for space in spaces)
        what = buffer.cells.rectangle(box)
        self.found.append(Move(source, target, what.start, what, spaces))
        buffer.valid[box.where] |= bit

    def _move(self, step: Step) -> None:
        """Append what copies a slot into another one, from wherever it is."""
        source = next(a for a in step.accesses if a.slot == step.moves_from)
        target = next(a for a in step.accesses if a.slot != step.moves_from)
        buffer = self.buffers[source.slot]
        into = self._slot(target.slot, step.space)
        for way, box, what in list(self._pieces(buffer, source, step.space)):
            for hop in pairwise(way[:-1]):
                self._copy(buffer, box, hop)
            ends = way[-2:] if len(way) > 1 else (way[0], way[0])
            start = what.start + target.start - source.start
            held = self._held(buffer, ends[0])
            self.found.append(Move(held, into, start, what, (ends[0], ends[1])))

    def _pieces(
        self, buffer: _Buffer, access: Access, space: str
    ) -> Iterator[tuple[tuple[str, ...], Box, Rectangle]]:
        """Yield cells with their bytes, and the ways on which they come soonest."""
        box = buffer.cells.box(access)
        if not box.is_exact:
            self._fetch(buffer, box, buffer.home)
            nbytes = access.stop - access.start
            what = Rectangle(access.start, 1, nbytes, nbytes)
            yield self.routes.between(buffer.home, space).spaces, box, what
            return
        valid = buffer.valid[box.where]
        for holders in np.unique(valid[valid != 0]).tolist():
            for part in _parts(box, valid == holders):
                way = self._way(holders, space)
                yield way, part, buffer.cells.rectangle(part)

    # ------------------------------------------------------------ slots

    def _slot(self, slot: int, space: str) -> int:
        return self._held(self.buffers[slot], space)

    def _held(self, buffer: _Buffer, space: str) -> int:
        """Return the slot that stands for a buffer in a space."""
        known = buffer.held.get(space)
        if known is None:
            known = buffer.held[space] = len(self.slots)
            original = self.given[buffer.held[buffer.home]]
            self.slots.append(Slot(original.nbytes, Role.TEMPORARY, original.name))
            self.spaces.append(space)
        return known


def _parts(box: Box, chosen: Flags) -> Iterator[Box]:
    """Yield rectangles of the chosen cells of a box."""
    for top, bottom, left, right in rectangles(chosen):
        yield Box(box.top + top, box.top + bottom, box.left + left, box.left + right)


__all__ = ["Located", "Move", "Replicas", "Step", "replicate"]
