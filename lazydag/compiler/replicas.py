"""Replicas: buffers in several memory spaces, and the copies that keep them valid.

In: steps, each in a memory space, over slots that have a home each. Out: where each
step finds what it accesses, and copies in between. A write leaves one valid copy of the
cells that it touches, a copy adds one; only what is stale is copied, from the space
that it comes from soonest. What is wanted at home, since it is an output, goes there as
soon as it is written for the last time.

Away from home cells lie apart, but for those that one step accesses as one matrix:
tiles of a matrix have buffers of their own, of which a space has those that it needs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazydag.compiler.cells import Box, Cells, Flags, Rectangle, rectangles
from lazydag.compiler.places import End, Located, Move, Place, Replicas, Step
from lazydag.compiler.routes import Routes
from lazydag.runtime import Access, Role, Slot

#: By cell, a bit for each space that has it.
Valid: TypeAlias = NDArray[np.int64]

_FILLED = frozenset({Role.PARAM, Role.CONSTANT})
#: What is wanted at home at last.
KEPT = frozenset({Role.PARAM, Role.OUTPUT})


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
    return Replicas(tuple(planner.found), tuple(planner.slots), tuple(planner.spaces))


@dataclass(slots=True)
class _Buffer:
    """A slot in all its spaces.

    Parameters
    ----------
    wanted
        By cell, the step after which it has to be at home; negative for never.
    labels
        By cell, which cells away from home lie together with it.
    held
        By space and label, where cells are.
    """

    slot: int
    name: str
    home: str
    cells: Cells
    valid: Valid
    wanted: Valid
    labels: Valid
    held: dict[tuple[str, int], Place] = field(default_factory=dict)

    def join(self, box: Box) -> None:
        """Let cells lie together; in whole rows, if they are no rectangle."""
        if not box.is_exact:
            box = box._replace(left=0, right=self.cells.shape[1])
        found = np.unique(self.labels[box.where])
        if len(found) > 1:
            self.labels[np.isin(self.labels, found)] = found[0]

    def around(self, label: int) -> Box:
        """Return the box around cells that lie together."""
        rows, columns = np.nonzero(self.labels == label)
        top, bottom = int(rows.min()), int(rows.max()) + 1
        return Box(top, bottom, int(columns.min()), int(columns.max()) + 1)


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
    #: By slot the last step that writes it, and how many do.
    written: dict[int, tuple[int, int]] = field(default_factory=dict)
    #: Slots of which parts are accessed away from home.
    away: set[int] = field(default_factory=set)

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
                self._prepare(number, step, access)

    def _buffer(self, slot: int, accesses: Sequence[Access]) -> _Buffer:
        given, home = self.given[slot], self.homes[slot]
        cells = Cells.of(given.nbytes, accesses)
        valid = np.zeros(cells.shape, np.int64)
        if given.role in _FILLED:
            valid[cells.inside()] = self._bit(home)
        wanted = np.full(cells.shape, -1)
        labels = np.arange(valid.size).reshape(cells.shape)
        return _Buffer(slot, given.name, home, cells, valid, wanted, labels)

    def _prepare(self, number: int, step: Step, access: Access) -> None:
        """Note when cells are written last, and which lie together away from home."""
        buffer = self.buffers[access.slot]
        box = buffer.cells.box(access)
        if access.mode.writes and self.given[access.slot].role in KEPT:
            buffer.wanted[box.where] = number
        if access.mode.writes:
            _, count = self.written.get(access.slot, (0, 0))
            self.written[access.slot] = number, count + 1
        if step.space_of(buffer.home) != buffer.home and step.moves_from is None:
            buffer.join(box)
            self.away.add(access.slot)

    def _bit(self, space: str) -> int:
        return self.bits.setdefault(space, 1 << len(self.bits))

    def add(self, number: int, step: Step) -> None:
        """Append a step, behind the copies that it needs."""
        if step.moves_from is not None:
            if self._share(number, step):
                return
            self._move(step)
        else:
            for access in step.accesses:
                buffer = self.buffers[access.slot]
                box = buffer.cells.box(access)
                if access.mode.reads or not box.is_exact:
                    self._fetch(buffer, box, step.space_of(buffer.home))
            self.found.append(self._located(number, step))
        for access in step.accesses:
            if access.mode.writes:
                self._write(number, access, step)

    def _located(self, number: int, step: Step) -> Located:
        places, pitches = [], []
        for access in step.accesses:
            buffer = self.buffers[access.slot]
            box = buffer.cells.box(access)
            places.append(self._place(buffer, box, step.space_of(buffer.home)))
            pitches.append(buffer.cells.pitch)
        return Located(number, tuple(places), tuple(pitches))

    # ------------------------------------------------------------ validity

    def _write(self, number: int, access: Access, step: Step) -> None:
        """Leave one valid copy of what is written, and take it home if it is wanted."""
        buffer = self.buffers[access.slot]
        space = step.space_of(buffer.home)
        box = buffer.cells.box(access)
        buffer.valid[box.where] = self._bit(space)
        due = buffer.wanted[box.where] == number
        if space != buffer.home and due.any():
            for part in _parts(box, due):
                self._fetch(buffer, part, buffer.home)

    def _fetch(self, buffer: _Buffer, box: Box, space: str) -> None:
        """Make cells valid in a space, but for those that nobody has written."""
        valid = buffer.valid[box.where]
        stale = (valid & self._bit(space) == 0) & (valid != 0)
        for holders in np.unique(valid[stale]).tolist():
            way = self._way(holders, space)
            for part in _parts(box, stale & (valid == holders)):
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
        for part in self._apart(buffer, box, spaces):
            what = buffer.cells.rectangle(part)
            source, target = (self._end(buffer, part, space) for space in spaces)
            self._put(source, target, what, spaces)
        buffer.valid[box.where] |= bit

    def _share(self, number: int, step: Step) -> bool:
        """Let a slot that is to be a copy lie where its source does, if it can.

        What other devices and the host read of it goes there from the source. It can
        if nobody writes either of them from now on.
        """
        source, target = _ends(step)
        read, buffer = self.buffers[source.slot], self.buffers[target.slot]
        from_, into = read.cells.box(source), buffer.cells.box(target)
        is_there = bool((read.valid[from_.where] & self._bit(read.home)).all())
        is_last = self.written.get(source.slot, (-1, 0))[0] < number
        is_only = self.written[target.slot] == (number, 1)
        is_kept = self.given[target.slot].role in KEPT or buffer.home == read.home
        is_whole = from_.is_exact and into.is_exact and target.slot in self.away
        if is_kept or not (is_there and is_last and is_only and is_whole):
            return False
        shift = target.start - source.start
        place = Place(source.slot, 0, shift, buffer.cells.pitch)
        labels: list[int] = np.unique(buffer.labels).tolist()
        buffer.held.update({(read.home, label): place for label in labels})
        buffer.valid[into.where] = self._bit(read.home)
        return True

    def _move(self, step: Step) -> None:
        """Append what copies a slot into another one, from wherever it is."""
        source, target = _ends(step)
        buffer = self.buffers[source.slot]
        space = step.space_of(self.buffers[target.slot].home)
        box, shift = buffer.cells.box(source), target.start - source.start
        if not box.is_exact:
            self._relay(buffer, box, source, target, space)
            return
        valid = buffer.valid[box.where].copy()
        for holders in np.unique(valid[valid != 0]).tolist():
            way = self._way(holders, space)
            src = way[max(0, len(way) - 2)]
            for part in _parts(box, valid == holders):
                for hop in pairwise(way[:-1]):
                    self._copy(buffer, part, hop)
                for each in self._apart(buffer, part, (src,)):
                    what = buffer.cells.rectangle(each)
                    read = self._end(buffer, each, src)
                    into = End(target.slot, what.start + shift, what.pitch)
                    self._put(read, into, what, (src, space))

    def _relay(
        self, buffer: _Buffer, box: Box, source: Access, target: Access, space: str
    ) -> None:
        """Append copies of bytes that are no cells, from home."""
        self._fetch(buffer, box, buffer.home)
        nbytes = source.stop - source.start
        what = Rectangle(source.start, 1, nbytes, nbytes)
        way = self.routes.between(buffer.home, space).spaces
        end = End(buffer.slot, source.start, nbytes)
        for hop in pairwise(way[:-1]):
            new = End(self._slot(nbytes, buffer.name, hop[1]), 0, nbytes)
            self._put(end, new, what, hop)
            end = new
        into = End(target.slot, target.start, nbytes)
        self._put(end, into, what, (way[max(0, len(way) - 2)], space))

    def _put(
        self, source: End, target: End, what: Rectangle, spaces: tuple[str, str]
    ) -> None:
        self.found.append(Move(source, target, what.rows, what.width, spaces))

    # ------------------------------------------------------------ places

    def _apart(self, buffer: _Buffer, box: Box, spaces: Sequence[str]) -> Iterator[Box]:
        """Yield the parts of some cells that lie together in all of some spaces."""
        if all(space == buffer.home for space in spaces):
            yield box
            return
        labels = buffer.labels[box.where]
        for label in np.unique(labels).tolist():
            yield from _parts(box, labels == label)

    def _end(self, buffer: _Buffer, box: Box, space: str) -> End:
        """Return where cells that lie together begin in a space."""
        what, place = buffer.cells.rectangle(box), self._place(buffer, box, space)
        pitch = buffer.cells.pitch
        own = what.pitch if place.pitch == pitch else place.pitch
        return End(place.slot, place.at(what.start, pitch), own)

    def _place(self, buffer: _Buffer, box: Box, space: str) -> Place:
        """Return where cells that lie together are in a space."""
        if space == buffer.home:
            return Place(buffer.slot, 0, 0, buffer.cells.pitch)
        row, column = min(box.top, box.bottom - 1), min(box.left, box.right - 1)
        label = int(buffer.labels[row, column]) if buffer.labels.size else 0
        known = buffer.held.get((space, label))
        if known is None:
            known = buffer.held[space, label] = self._new(buffer, label, space)
        return known

    def _new(self, buffer: _Buffer, label: int, space: str) -> Place:
        """Return a place in a new slot, for cells that lie together."""
        cells, box = buffer.cells, buffer.around(label)
        first, last = cells.rows[box.top], cells.rows[box.bottom]
        left, right = cells.columns[box.left], cells.columns[box.right]
        slot = self._slot((last - first) * (right - left), buffer.name, space)
        return Place(slot, first, left, right - left)

    def _slot(self, nbytes: int, name: str, space: str) -> int:
        self.slots.append(Slot(nbytes, Role.TEMPORARY, name))
        self.spaces.append(space)
        return len(self.slots) - 1


def _ends(step: Step) -> tuple[Access, Access]:
    """Return what a copy reads, and what it writes."""
    source = next(a for a in step.accesses if a.slot == step.moves_from)
    return source, next(a for a in step.accesses if a.slot != step.moves_from)


def _parts(box: Box, chosen: Flags) -> Iterator[Box]:
    """Yield rectangles of the chosen cells of a box."""
    for top, bottom, left, right in rectangles(chosen):
        yield Box(box.top + top, box.top + bottom, box.left + left, box.left + right)


__all__ = ["KEPT", "End", "Located", "Move", "Place", "Replicas", "Step", "replicate"]
