"""What a run did: which worker ran which tiles of which task, and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from lazydag.runtime.engine import words

if TYPE_CHECKING:
    from lazydag.runtime.state import RunState
    from lazydag.runtime.tasks import Task
    from lazydag.runtime.ticks import Clock

Kind: TypeAlias = Literal["kernel", "call"]


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


@dataclass(frozen=True, slots=True)
class RunReport:
    """The events of one run, by start.

    Parameters
    ----------
    tasks
        The graph's tasks, which the events count in; none if it was frozen from arrays.
    dropped
        Events that found no place, of tasks that the run began with.
    """

    tasks: tuple[Task, ...]
    events: tuple[Event, ...]
    dropped: int = 0

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


def report(tasks: tuple[Task, ...], state: RunState, clock: Clock) -> RunReport:
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
    columns = (
        state.tables.order[ranks],
        kernels,
        np.repeat(np.arange(state.workers), kept),
        times[:, 0],
        times[:, 1],
        records[:, words.RECORD_TILES >> 3],
    )
    events = [
        Event(task, "kernel", worker, start, end, tiles)
        if kernel
        else Event(task, "call", worker, start, end, 0)
        for task, kernel, worker, start, end, tiles in zip(
            *(column.tolist() for column in columns), strict=True
        )
    ]
    events.sort(key=lambda event: event.start_ns)
    return RunReport(tasks, tuple(events), int((heads - kept).sum()))


_RECORD = words.RECORD >> 3
_START = words.RECORD_START >> 3


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
