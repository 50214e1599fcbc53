"""The order of work on devices: streams, and the events that they wait for.

Work of a plan is put on streams in the plan's order. What depends on work of another
stream waits for its event; tasks of the host wait until the bytes that they touch have
arrived. All else goes on meanwhile.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, TypeAlias

from lazydag.backends.cuda.queued import Lane, Queued, arrival, mark
from lazydag.backends.cuda.streams import NONE, Order
from lazydag.backends.work import Work
from lazydag.errors import UnsupportedError
from lazydag.runtime import Access, Role, Slot, Task
from lazydag.runtime.edges import predecessors

if TYPE_CHECKING:
    from lazydag.backends.cuda.device import GpuDevice

#: The stream of a device that does one kind of things.
Stream: TypeAlias = tuple[str, Lane]


#: Shorter work is not timed: that takes as long as to put it on its stream.
TIMED_SECONDS: Final = 1e-4


@dataclass(frozen=True, slots=True)
class Timed:
    """Work whose time is taken, for the history of costs.

    Parameters
    ----------
    work
        What it is.
    start, stop
        Slots of events before and after it.
    """

    work: Queued
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Handles:
    """Slots of a plan that hold streams and events.

    Parameters
    ----------
    streams
        By slot: the device, and what the stream is for.
    events
        By slot: the device.
    words
        By slot: the device that tells of failures there.
    timers
        Slots of events that take the time: the device.
    timed
        What lies between them.
    """

    streams: dict[int, tuple[GpuDevice, Lane]] = field(default_factory=dict)
    events: dict[int, GpuDevice] = field(default_factory=dict)
    words: dict[int, GpuDevice] = field(default_factory=dict)
    timers: dict[int, GpuDevice] = field(default_factory=dict)
    timed: list[Timed] = field(default_factory=list)


def in_order(
    tasks: Sequence[Work], slots: list[Slot], *, is_inner: bool = False
) -> tuple[tuple[Task, ...], Handles]:
    """Return the tasks of a plan, and the handles that work for devices needs.

    Parameters
    ----------
    tasks
        In an order in which they can run.
    slots
        Those of the plan; streams, events and room for launches are appended.
    is_inner
        Whether this is part of other work on a device, which waits for all of it.

    Raises
    ------
    UnsupportedError
        If the host has to work among the tasks of other work.
    """
    near = tuple(task for task in tasks if not isinstance(task, Queued))
    if is_inner and near:
        raise UnsupportedError(f"{near[0].name} runs on the host", at=near[0].source)
    if len(near) == len(tasks):
        return near, Handles()
    ordering = _Ordering(tasks, slots, is_inner)
    for number, task in enumerate(tasks):
        ordering.add(number, task)
    ordering.finish()
    return tuple(ordering.found), ordering.handles


@dataclass(slots=True)
class _Ordering:
    tasks: Sequence[Work]
    slots: list[Slot]
    is_inner: bool = False
    before: Sequence[Sequence[int]] = field(init=False)
    found: list[Task] = field(default_factory=list)
    handles: Handles = field(default_factory=Handles)
    streams: dict[Stream, int] = field(default_factory=dict)
    events: dict[int, int] = field(default_factory=dict)
    last: dict[Stream, int] = field(default_factory=dict)
    failed: dict[int, int] = field(default_factory=dict)
    put: dict[int, Task] = field(default_factory=dict)
    arrived: set[tuple[int, tuple[Access, ...]]] = field(default_factory=set)
    touched: set[int] = field(default_factory=set)
    room: int = NONE
    room_nbytes: int = 0

    def __post_init__(self) -> None:
        hosts = [task for task in self.tasks if not isinstance(task, Queued)]
        self.touched = {access.slot for task in hosts for access in task.accesses}
        self.before = predecessors([task.accesses for task in self.tasks])
        for number, task in enumerate(self.tasks):
            self._find_events(number, task)
        if not self.is_inner:
            for number in self.last.values():
                self._event(number)

    def _find_events(self, number: int, task: Work) -> None:
        """Give an event to all work that somebody else waits for."""
        own = _stream_of(task)
        for earlier in self.before[number]:
            other = _stream_of(self.tasks[earlier])
            if other is not None and other != own:
                self._event(earlier)
        if own is not None:
            self.last[own] = number
        if isinstance(task, Queued) and task.error is not None and not self.is_inner:
            self._event(number)

    def add(self, number: int, task: Work) -> None:
        """Append a task, behind what has to arrive before."""
        if isinstance(task, Queued):
            order = self._order(number, task)
            self.put[number] = task.task(order)
            self.found += self._timed(task, order, self.put[number])
            return
        for earlier in self.before[number]:
            if isinstance(self.tasks[earlier], Queued):
                self._arrive(earlier, self.touched)
        self.found.append(task)

    def finish(self) -> None:
        """Append what waits for the last work of each stream, and for what may fail."""
        waited = () if self.is_inner else (*self.failed, *self.last.values())
        for number in waited:
            self._arrive(number, {*self.streams.values()})
        if self.room != NONE:
            grown = replace(self.slots[self.room], nbytes=self.room_nbytes)
            self.slots[self.room] = grown

    def _order(self, number: int, task: Queued) -> Order:
        own = _stream_of(task)
        after = [
            self.events[earlier]
            for earlier in self.before[number]
            if _stream_of(self.tasks[earlier]) not in {None, own}
        ]
        event = self.events.get(number, NONE)
        room, context = self._room(task.room_nbytes), task.device.context
        failed = NONE if task.error is None else self._word(number)
        return Order(self._slot(task), tuple(after), event, context, room, failed)

    def _timed(self, work: Queued, order: Order, put: Task) -> tuple[Task, ...]:
        """Return what puts work on its stream, between events that take the time."""
        is_long = bool(work.key) and work.cost >= TIMED_SECONDS
        if not is_long or self.is_inner:
            return (put,)
        start, stop = (self._new("timer") for _ in range(2))
        self.handles.timers.update({start: work.device, stop: work.device})
        self.handles.timed.append(Timed(work, start, stop))
        before = Order(order.stream, order.after, start, order.context)
        after = Order(order.stream, (), stop, order.context)
        return mark(work, before), put, mark(work, after)

    def _room(self, nbytes: int) -> tuple[int, int]:
        """Return slot and offset of memory for what a kernel is given."""
        first, self.room_nbytes = self.room_nbytes, self.room_nbytes + nbytes
        if nbytes and self.room == NONE:
            self.room = self._new("launches", Role.TEMPORARY)
        return self.room, first

    def _arrive(self, number: int, slots: Collection[int]) -> None:
        """Append what waits for some work before anybody touches `slots` of it."""
        task, put = self.tasks[number], self.put[number]
        assert isinstance(task, Queued)
        kept = tuple(access for access in put.accesses if access.slot in slots)
        if (number, kept) in self.arrived:
            return
        self.arrived.add((number, kept))
        event = self.events[number]
        failed = self.failed.get(number, NONE)
        self.found.append(arrival(task, event, kept, failed))

    def _slot(self, task: Queued) -> int:
        """Return the slot of the stream that some work is put on."""
        stream = (task.device.name, task.lane)
        found = self.streams.get(stream)
        if found is None:
            found = self.streams[stream] = self._new(f"{task.lane.value} stream")
            self.handles.streams[found] = task.device, task.lane
        return found

    def _event(self, number: int) -> None:
        if number not in self.events:
            task = self.tasks[number]
            assert isinstance(task, Queued)
            self.events[number] = self._new("event")
            self.handles.events[self.events[number]] = task.device

    def _word(self, number: int) -> int:
        """Return the slot of the word at which some work tells of failures."""
        task = self.tasks[number]
        assert isinstance(task, Queued)
        found = self.failed[number] = self._new("failures")
        self.handles.words[found] = task.device
        return found

    def _new(self, name: str, role: Role = Role.HANDLE) -> int:
        self.slots.append(Slot(8, role, name))
        return len(self.slots) - 1


def _stream_of(task: Work) -> Stream | None:
    return (task.device.name, task.lane) if isinstance(task, Queued) else None
