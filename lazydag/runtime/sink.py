"""Where those who run tasks tell what they did, while somebody listens.

In: from whoever runs tasks, columns of events (`record`), single events (`note`) and
counters of work under way (`begin`, `end`).
Out: each is handed to all open sinks and to all open watchers.

Nobody listens most of the time, and then it costs one look at a variable::

    from lazydag.runtime import sink

    if sink.listening:  # a variable of the module, not to be imported by name
        sink.record(name, events, tasks)

Whether a run records and is watched may be decided once, when it begins.
"""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazydag.errors import SourceLine
from lazydag.runtime.tasklist import Kind, TaskList

Words: TypeAlias = NDArray[np.int64]

#: What became of a task, in `Events.outcome` and `Note.outcome`.
DONE, FAILED, SKIPPED = 0, 1, 2


@dataclass(frozen=True, slots=True, eq=False)
class Events:
    """What the workers of one run did: a stretch of one worker on one task each.

    Parameters
    ----------
    task
        int64 (n,): the number of the task, in the `TaskList` that comes with it.
    worker
        int64 (n,): which of `workers`.
    start_ns, end_ns
        int64 (n,): on the clock of `time.perf_counter_ns`.
    tiles
        int64 (n,): tiles that were run in that time; 0 for a call.
    outcome
        uint8 (n,): `DONE`, `FAILED`, or, with ``start_ns == end_ns``, `SKIPPED`.
    workers
        Names of the threads by number: ``threading.current_thread().name`` for the
        caller's, which is the first.
    dropped
        Events that found no place.
    """

    task: Words
    worker: Words
    start_ns: Words
    end_ns: Words
    tiles: Words
    outcome: NDArray[np.uint8]
    workers: tuple[str, ...]
    dropped: int = 0

    def __len__(self) -> int:
        return len(self.task)


class Note(NamedTuple):
    """A stretch of one thread on one dynamic task, or waiting.

    Parameters
    ----------
    task
        A number that no other dynamic task of this process has; 0 for a wait.
    worker
        Name of the thread.
    start_ns, end_ns
        On the clock of `time.perf_counter_ns`.
    after
        Numbers of the dynamic tasks that it waited for, if known.
    """

    name: str
    kind: Kind
    worker: str
    start_ns: int
    end_ns: int
    source: SourceLine | None = None
    outcome: int = DONE
    task: int = 0
    after: tuple[int, ...] = ()
    read_nbytes: int = 0
    written_nbytes: int = 0


class Sink(Protocol):
    """Someone who listens. Its methods are called from any thread, also at once."""

    def record(self, name: str, run: int, events: Events, tasks: TaskList) -> None:
        """Take the events of a run that has ended; `run` is the run's own number."""
        ...

    def note(self, note: Note) -> None:
        """Take one event; returns within a microsecond or so."""
        ...


class Meter(Protocol):
    """Work under way, as counters that can be read from another thread at any time."""

    @property
    def name(self) -> str:
        """What is run."""
        ...

    def total(self) -> int:
        """Return the tiles there are, a call or a dynamic task being one; may grow."""
        ...

    def done(self) -> int:
        """Return how many of them have ended, whatever their outcome."""
        ...

    def busy(self) -> int:
        """Return how many workers run one of them now."""
        ...


class Watcher(Protocol):
    """Someone who shows work under way."""

    def begin(self, meter: Meter) -> None:
        """Work begins; called on the thread that begins it."""
        ...

    def end(self, meter: Meter) -> None:
        """Work has ended, however it did; its counters are final."""
        ...


listening = False
watching = False

#: Figures that those who listen may read at any time, from any thread, by name.
gauges: dict[str, Callable[[], float]] = {}

_lock = threading.Lock()
_runs = itertools.count(1)
_sinks: tuple[Sink, ...] = ()
_watchers: tuple[Watcher, ...] = ()


def record(name: str, events: Events, tasks: TaskList) -> None:
    """Hand the events of a run that has ended to all who listen."""
    run = next(_runs)
    for sink in _sinks:
        sink.record(name, run, events, tasks)


def note(note: Note) -> None:
    """Hand one event to all who listen."""
    for sink in _sinks:
        sink.note(note)


def begin(meter: Meter) -> None:
    """Tell all who watch that work begins; `end` must follow, also after failures."""
    for watcher in _watchers:
        watcher.begin(meter)


def end(meter: Meter) -> None:
    """Tell all who watch that work has ended."""
    for watcher in _watchers:
        watcher.end(meter)


def listen(sink: Sink) -> None:
    """Hand records and notes to `sink` from now on."""
    global _sinks, listening  # noqa: PLW0603 -- the one place that holds them
    with _lock:
        _sinks = (*_sinks, sink)
        listening = True


def ignore(sink: Sink) -> None:
    """Hand nothing more to `sink`; runs that are ending may still do so."""
    global _sinks, listening  # noqa: PLW0603
    with _lock:
        _sinks = tuple(each for each in _sinks if each is not sink)
        listening = bool(_sinks)


def watch(watcher: Watcher) -> None:
    """Tell `watcher` of work that begins from now on."""
    global _watchers, watching  # noqa: PLW0603
    with _lock:
        _watchers = (*_watchers, watcher)
        watching = True


def unwatch(watcher: Watcher) -> None:
    """Tell `watcher` of no more work that begins; what it watches may still end."""
    global _watchers, watching  # noqa: PLW0603
    with _lock:
        _watchers = tuple(each for each in _watchers if each is not watcher)
        watching = bool(_watchers)


def _forget() -> None:
    """Drop all listeners: in a forked child they are the parent's."""
    global _lock, _sinks, _watchers, listening, watching  # noqa: PLW0603
    _lock = threading.Lock()
    _sinks, _watchers = (), ()
    listening = watching = False


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
