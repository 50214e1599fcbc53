"""What a run did: which worker ran which tiles of which task, and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from lazydag.runtime import layout

if TYPE_CHECKING:
    from lazydag.runtime.state import RunState
    from lazydag.runtime.tasks import Task

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
        The graph's tasks, which the events count in.
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


def report(tasks: tuple[Task, ...], state: RunState) -> RunReport:
    """Read the events out of a finished run's state."""
    events = [Event(task, "call", 0, start, end, 0) for task, start, end in state.calls]
    dropped = 0
    if state.walked:
        for worker in range(state.workers):
            records, lost = _ring(state, worker)
            dropped += lost
            events += [_event(worker, record) for record in records]
    events.sort(key=lambda event: event.start_ns)
    return RunReport(tasks, tuple(events), dropped)


def _ring(state: RunState, worker: int) -> tuple[list[list[int]], int]:
    ring = state.rings()[worker]
    count = int(ring[layout.RING_HEAD])
    records = ring[layout.RING_RECORDS :].reshape(-1, layout.RECORD_WORDS)
    kept = min(count, state.capacity)
    return records[:kept].tolist(), count - kept


def _event(worker: int, record: list[int]) -> Event:
    return Event(
        task=record[layout.RECORD_TASK],
        kind="kernel",
        worker=worker,
        start_ns=record[layout.RECORD_START_NS],
        end_ns=record[layout.RECORD_END_NS],
        tiles=record[layout.RECORD_TILES],
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
