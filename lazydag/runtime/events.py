"""What a run did: which worker ran which tiles of which task, and when."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from lazydag.runtime.engine import words
from lazydag.runtime.pool import helper_name
from lazydag.runtime.sink import DONE, FAILED, SKIPPED, Events
from lazydag.runtime.tasklist import Kind, TaskList
from lazydag.runtime.timeline import Timeline, timeline

if TYPE_CHECKING:
    from lazydag.runtime.state import RunState
    from lazydag.runtime.ticks import Clock


@dataclass(frozen=True, slots=True)
class Event:
    """A stretch of one worker on one task.

    Parameters
    ----------
    task
        Number of the task in its graph.
    kind
        Whether a native kernel ran, or a Python call.
    worker
        Who ran it; 0 is the thread that started the run.
    start_ns, end_ns
        On the clock of `time.perf_counter_ns`.
    tiles
        Tiles that this worker ran in that time; 0 for a call.
    """

    task: int
    kind: Kind
    worker: int
    start_ns: int
    end_ns: int
    tiles: int

    @property
    def seconds(self) -> float:
        """Duration."""
        return (self.end_ns - self.start_ns) * 1e-9


@dataclass(frozen=True, slots=True)
class TaskTime:
    """How long a task took.

    Parameters
    ----------
    task
        Number of the task in its graph.
    seconds
        From its first start to its last end.
    busy_seconds
        Sum over the workers.
    tiles
        Tiles that ran.
    workers
        Workers that ran some of them.
    """

    task: int
    seconds: float
    busy_seconds: float
    tiles: int
    workers: int


@dataclass(frozen=True, eq=False)
class RunReport:
    """The events of one run.

    Parameters
    ----------
    tasks
        The graph's tasks, which the events count in.
    columns
        The events as arrays.
    """

    tasks: TaskList
    columns: Events

    @property
    def dropped(self) -> int:
        """Events that found no place, of tasks that the run began with."""
        return self.columns.dropped

    @cached_property
    def events(self) -> tuple[Event, ...]:
        """The events by start."""
        columns = self.columns
        arrays = (
            columns.task,
            columns.worker,
            columns.start_ns,
            columns.end_ns,
            columns.tiles,
        )
        events = [
            Event(task, "kernel" if tiles else "call", worker, start, end, tiles)
            for task, worker, start, end, tiles in zip(
                *(array.tolist() for array in arrays), strict=True
            )
        ]
        return tuple(sorted(events, key=lambda event: event.start_ns))

    @property
    def timeline(self) -> Timeline:
        """The run as those who show it want it."""
        return timeline(self.columns, self.tasks)

    @property
    def seconds(self) -> float:
        """From the first start to the last end."""
        return _wall(self.events)

    def times(self) -> dict[int, TaskTime]:
        """Return the time of each task that ran."""
        grouped: dict[int, list[Event]] = {}
        for event in self.events:
            grouped.setdefault(event.task, []).append(event)
        return {task: _task_time(task, own) for task, own in sorted(grouped.items())}


def report(tasks: TaskList, state: RunState, clock: Clock) -> RunReport:
    """Read the events out of a finished run's state."""
    desks = state.desks()
    heads = desks[:, words.DESK_HEAD >> 3]
    kept = np.minimum(heads, state.capacity)
    rings = desks[:, words.DESK_RECORDS >> 3 :].reshape(state.workers, -1, _RECORD)
    records = np.concatenate(
        [ring[:count] for ring, count in zip(rings, kept.tolist(), strict=True)]
    )
    ranks = records[:, words.RECORD_TASK >> 3]
    times = clock.nanoseconds(records[:, _START : _START + 2])
    kernels = state.tables.rows[:: words.ROW >> 3][ranks]
    columns = Events(
        state.tables.order[ranks],
        np.repeat(np.arange(state.workers), kept),
        times[:, 0],
        times[:, 1],
        np.where(kernels, records[:, words.RECORD_TILES >> 3], 0),
        np.zeros(len(records), np.uint8),
        worker_names(state.workers),
        int((heads - kept).sum()),
    )
    if not state.is_clean:
        columns = _with_failures(columns, state)
    return RunReport(tasks, columns)


def worker_names(count: int) -> tuple[str, ...]:
    """Return the names of the threads of a run, by worker; of this thread first."""
    return threading.current_thread().name, *map(helper_name, range(1, count))


_RECORD = words.RECORD >> 3
_START = words.RECORD_START >> 3


def _with_failures(columns: Events, state: RunState) -> Events:
    """Return events with the tasks that failed marked, and those skipped added."""
    order = state.tables.order
    failed = order[[rank for rank, *_ in state.failures()]]
    skipped = order[state.poisoned()]
    count, end = len(skipped), columns.end_ns.max(initial=0)
    outcome = np.where(np.isin(columns.task, failed), FAILED, DONE)
    return Events(
        np.append(columns.task, skipped),
        np.append(columns.worker, np.zeros(count, np.int64)),
        np.append(columns.start_ns, np.full(count, end)),
        np.append(columns.end_ns, np.full(count, end)),
        np.append(columns.tiles, np.zeros(count, np.int64)),
        np.append(outcome, np.full(count, SKIPPED)).astype(np.uint8),
        columns.workers,
        columns.dropped,
    )


def _task_time(task: int, events: Sequence[Event]) -> TaskTime:
    return TaskTime(
        task=task,
        seconds=_wall(events),
        busy_seconds=sum(event.seconds for event in events),
        tiles=sum(event.tiles for event in events),
        workers=len({event.worker for event in events}),
    )


def _wall(events: Sequence[Event]) -> float:
    if not events:
        return 0.0
    start = min(event.start_ns for event in events)
    return (max(event.end_ns for event in events) - start) * 1e-9
