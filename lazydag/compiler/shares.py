"""Which of a group's devices runs which task of a tile program, and when."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf
from typing import TYPE_CHECKING

import numpy as np

from lazydag.compiler.assign import Assignment, Hop, Job, Machine, Piece, assign
from lazydag.compiler.cells import Cells
from lazydag.compiler.devices import REMEDY, device_of
from lazydag.compiler.replicas import KEPT
from lazydag.compiler.routes import Routes
from lazydag.compiler.session import session
from lazydag.compiler.spawned import Form, Spawned
from lazydag.compiler.whereabouts import Whereabouts
from lazydag.cost.estimate import Estimate, estimate
from lazydag.cost.target import Device, Target
from lazydag.errors import SourceLine, UnsupportedError
from lazydag.runtime import Access, Slot
from lazydag.runtime.edges import predecessors

if TYPE_CHECKING:
    from lazydag.backends.cuda.device import GpuDevice


@dataclass(frozen=True, slots=True)
class Group:
    """Devices that compute together.

    Parameters
    ----------
    spaces
        The memory space of each slot that has one; others are the host's.
    filled
        Slots that hold something before the first task.
    lies
        Where those are, if they are not all where slots have their space.
    """

    target: Target
    devices: tuple[Device, ...]
    spaces: Mapping[int, str]
    filled: Collection[int]
    lies: Mapping[int, Whereabouts] = field(default_factory=dict)

    @property
    def workers(self) -> tuple[Device, ...]:
        """The devices that tasks run on: the host too, for what no GPU computes."""
        host = self.target.default
        return self.devices if host in self.devices else (*self.devices, host)

    def attached(self, at: SourceLine | None) -> list[GpuDevice | None]:
        """Return the devices behind the workers; None for the host.

        Raises
        ------
        UnsupportedError
            If one is not attached.
        """
        found = [None if d.kind == "cpu" else device_of(d.space) for d in self.workers]
        for device, on in zip(self.workers, found, strict=True):
            if on is None and device.kind != "cpu":
                what = f"tasks are placed on {device.name}, but there is no such device"
                raise UnsupportedError(what, at=at, remedy=REMEDY)
        return found


def assigned(
    spawned: Sequence[Spawned], slots: Sequence[Slot], group: Group
) -> Assignment:
    """Return which of a group's workers runs which task, and when."""
    accesses = [each.task.accesses for each in spawned]
    memory = _Memory(accesses, slots, group)
    jobs = [
        Job(
            _seconds(each, group),
            memory.reads(own),
            memory.writes(own),
            memory.returns(number),
        )
        for number, (each, own) in enumerate(zip(spawned, accesses, strict=True))
    ]
    return assign(jobs, predecessors(accesses), memory.pieces, _machine(group))


def _seconds(spawned: Spawned, group: Group) -> tuple[float, ...]:
    """Return how long a task takes on one worker of each device of a group."""
    return tuple(
        _near_seconds(spawned, is_member=device in group.devices)
        if device.kind == "cpu"
        else _far_seconds(spawned.form, device, group.target)
        for device in group.workers
    )


def _near_seconds(spawned: Spawned, *, is_member: bool) -> float:
    """Return how long the host takes, which copies and fills if it is no member."""
    form = spawned.form
    computes = form is not None and any(form.work.flops.values())
    return inf if computes and not is_member else spawned.task.cost


def _far_seconds(form: Form | None, device: Device, target: Target) -> float:
    """Return how long a GPU takes; infinitely if none computes it."""
    if form is None:
        return inf
    expected, here = estimated(form, device), session()
    if target is here.target and form.cost_key[0]:
        expected = here.settled.correct(expected, *form.cost_key, device.name)
    return expected.seconds


def estimated(form: Form, device: Device) -> Estimate:
    """Return how long all of a GPU takes, without corrections."""
    return estimate(replace(form.work, tiles=device.threads), device)


def _machine(group: Group) -> Machine:
    """Return the workers of a group, and the ways between their memories."""
    target, routes = group.target, Routes(group.target)
    numbers = {space.name: number for number, space in enumerate(target.spaces)}
    links = {id(link): number for number, link in enumerate(target.links)}
    spaces = {target.default.space, *(device.space for device in group.workers)}
    ways = {
        (numbers[src], numbers[dst]): tuple(
            Hop(
                links[id(link)],
                numbers[link.dst],
                link.latency_seconds,
                link.bytes_per_s,
            )
            for link in routes.between(src, dst).links
        )
        for src in spaces
        for dst in spaces
        if src != dst
    }
    workers = tuple(d.threads if d.kind == "cpu" else 1 for d in group.workers)
    own = tuple(numbers[device.space] for device in group.workers)
    return Machine(workers, own, ways, len(target.links))


@dataclass(slots=True)
class _Memory:
    """The pieces of the slots that tasks access."""

    accesses: Sequence[Sequence[Access]]
    slots: Sequence[Slot]
    group: Group
    pieces: list[Piece] = field(default_factory=list)
    cells: dict[int, Cells] = field(default_factory=dict)
    firsts: dict[int, int] = field(default_factory=dict)
    last: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        own: dict[int, list[Access]] = {}
        for each in self.accesses:
            for access in each:
                own.setdefault(access.slot, []).append(access)
        for slot, found in own.items():
            self._cut(slot, Cells.of(self.slots[slot].nbytes, found))
        for number, each in enumerate(self.accesses):
            kept = [a for a in each if self.slots[a.slot].role in KEPT]
            self.last.update(dict.fromkeys(self.writes(kept), number))

    def _cut(self, slot: int, cells: Cells) -> None:
        target = self.group.target
        names = [space.name for space in target.spaces]
        home = self.group.spaces.get(slot) or target.default.space
        at_home = names.index(home)
        lies = self.group.lies.get(slot) or Whereabouts(home)
        is_filled = slot in self.group.filled
        self.cells[slot], self.firsts[slot] = cells, len(self.pieces)
        for (row, column), nbytes in np.ndenumerate(cells.sizes()):
            start = cells.rows[row] * cells.pitch + cells.columns[column]
            space = names.index(lies.at(start)) if is_filled else -1
            self.pieces.append(Piece(int(nbytes), (row, column), space, at_home))

    def reads(self, accesses: Sequence[Access]) -> tuple[int, ...]:
        """Return the pieces that have to be there."""
        return tuple(
            piece
            for access in accesses
            if access.mode.reads or not self.cells[access.slot].box(access).is_exact
            for piece in self._pieces(access)
        )

    def writes(self, accesses: Sequence[Access]) -> tuple[int, ...]:
        """Return the pieces that are written."""
        return tuple(
            piece
            for access in accesses
            if access.mode.writes
            for piece in self._pieces(access)
        )

    def returns(self, number: int) -> tuple[int, ...]:
        """Return the pieces that are wanted at home when a task has ended."""
        written = self.writes(self.accesses[number])
        return tuple(piece for piece in written if self.last.get(piece) == number)

    def _pieces(self, access: Access) -> list[int]:
        cells, first = self.cells[access.slot], self.firsts[access.slot]
        box, width = cells.box(access), cells.shape[1]
        return [
            first + row * width + column
            for row in range(box.top, box.bottom)
            for column in range(box.left, box.right)
        ]
