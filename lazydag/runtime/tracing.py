"""A log of all that is run while it is open."""

from __future__ import annotations

import tempfile
import threading
import time
from collections import deque
from collections.abc import Hashable
from typing import IO, Generic, TypeVar

import numpy as np

from lazydag.errors import SourceLine
from lazydag.runtime import sink
from lazydag.runtime.sink import Events, Note
from lazydag.runtime.tasklist import Edges, Kind, Label, TaskList
from lazydag.runtime.timeline import ROW, Rows, Timeline, rows_of

T = TypeVar("T", bound=Hashable)

#: More events than these are counted and dropped: nobody can look at them.
MOST_EVENTS = 10_000_000
#: Edges that are kept, over all runs; runs that would not fit have none.
MOST_EDGES = 20_000
# Rows are kept in memory up to these many, then in a file.
_ROWS_IN_MEMORY = 1 << 17
# Single events wait until there are so many; an array for each would cost more.
_NOTES_AT_ONCE = 1 << 12
# Descriptions are looked up by identity, which needs them to stay alive.
_DESCRIPTIONS_KEPT = 256
_LABELS_KNOWN = 4096
# Gauges are read at most this often; half as often whenever so many values are kept.
_GAUGE_NS = 1_000_000
_GAUGES_KEPT = 4096


class _Numbers(Generic[T]):
    """Numbers for values, in order of appearance."""

    def __init__(self) -> None:
        self.values: list[T] = []
        self._numbers: dict[T, int] = {}

    def __getitem__(self, value: T) -> int:
        number = self._numbers.get(value)
        if number is None:
            number = self._numbers[value] = len(self.values)
            self.values.append(value)
        return number


class _Readings:
    """Values of the gauges over time, thinned out as they become many."""

    def __init__(self) -> None:
        self.values: dict[str, list[tuple[int, float]]] = {}
        self._next_ns = 0
        self._every_ns = _GAUGE_NS

    def read(self) -> None:
        now = time.perf_counter_ns()
        if now < self._next_ns:
            return
        for name, gauge in tuple(sink.gauges.items()):
            self.values.setdefault(name, []).append((now, gauge()))
        if any(len(values) > _GAUGES_KEPT for values in self.values.values()):
            self.values = {name: each[::2] for name, each in self.values.items()}
            self._every_ns *= 2
        self._next_ns = now + self._every_ns


class Log:
    """Collects what is run between its `open` and its `close`; safe for threads.

    Notes
    -----
    Memory is bounded: rows beyond the first hundred thousand wait in a temporary file.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._readings = _Readings()
        self._notes: deque[Note] = deque()
        self._labels = _Numbers[Label]()
        self._tracks = _Numbers[str]()
        # By the identity of lines, which are kept alive.
        self._known: dict[tuple[object, ...], tuple[object, int]] = {}
        self._described: dict[int, tuple[TaskList, Rows]] = {}
        self._rows: list[Rows] = []
        self._waiting = 0
        self._spool: IO[bytes] | None = None
        self._count = 0
        self._dropped = 0
        self._timeline: Timeline | None = None
        self._edges: list[tuple[int, Edges]] = []
        self._nedges = 0

    def open(self) -> None:
        """Listen from now on."""
        sink.listen(self)

    def close(self) -> Timeline:
        """Listen no longer, and return all that was taken."""
        sink.ignore(self)
        with self._lock:
            if self._timeline is None:
                self._drain()
                self._readings.read()
                self._timeline = Timeline(
                    self._all_rows(),
                    tuple(self._labels.values),
                    tuple(self._tracks.values),
                    tuple(self._edges),
                    self._readings.values,
                    self._dropped,
                )
            return self._timeline

    def record(self, name: str, run: int, events: Events, tasks: TaskList) -> None:
        """Take the events of a run."""
        del name  # the labels and the number say it all
        rows = rows_of(run, events, tasks)
        with self._lock:
            if self._timeline is not None:
                return
            rows["label"] = self._numbered(tasks)[rows["label"]]
            tracks = [self._tracks[worker] for worker in events.workers]
            rows["track"] = np.array(tracks, np.int32)[events.worker]
            self._add(rows)
            self._dropped += events.dropped
            self._add_edges(run, tasks.edges)
            self._readings.read()

    def note(self, note: Note) -> None:
        """Take one event."""
        self._notes.append(note)
        if len(self._notes) >= _NOTES_AT_ONCE and self._lock.acquire(blocking=False):
            try:
                if self._timeline is None:
                    self._drain()
            finally:
                self._lock.release()

    def _numbered(self, tasks: TaskList) -> Rows:
        """Return this log's numbers of a description's labels."""
        found = self._described.get(id(tasks))
        if found is None:
            numbers = np.array([self._labels[each] for each in tasks.labels], np.int32)
            if len(self._described) == _DESCRIPTIONS_KEPT:
                self._described.clear()
            found = self._described[id(tasks)] = tasks, numbers
        return found[1]

    def _drain(self) -> None:
        """Make rows of the notes; the lock is held."""
        notes = [self._notes.popleft() for _ in range(len(self._notes))]
        if not notes:
            return
        self._readings.read()
        self._add(np.array([self._row(note) for note in notes], ROW))
        pairs = [(before, note.task) for note in notes for before in note.after]
        sources, tasks = np.array(pairs, np.int64).reshape(-1, 2).T
        self._add_edges(0, (sources, tasks))

    def _row(self, note: Note) -> tuple[int, ...]:
        name, kind, worker, start, end, source, outcome, task, _, read, written = note
        label = self._label(name, kind, source, read, written)
        return (
            start,
            end,
            0,
            task,
            0,
            read,
            written,
            label,
            self._tracks[worker],
            outcome,
        )

    def _label(
        self, name: str, kind: Kind, source: SourceLine | None, *moved: int
    ) -> int:
        """Return the number of a note's label."""
        # Comparing lines would take longer than all else.
        key = name, kind, id(source), *moved
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= _LABELS_KNOWN:
                self._known.clear()
            number = self._labels[Label(name, kind, source, *moved)]
            found = self._known[key] = source, number
        return found[1]

    def _add(self, rows: Rows) -> None:
        kept = rows[: max(0, MOST_EVENTS - self._count)]
        self._dropped += len(rows) - len(kept)
        self._count += len(kept)
        self._rows.append(kept)
        self._waiting += len(kept)
        if self._waiting > _ROWS_IN_MEMORY:
            self._spill()

    def _add_edges(self, run: int, edges: Edges) -> None:
        count = len(edges[0])
        if count and self._nedges + count <= MOST_EDGES:
            self._edges.append((run, edges))
            self._nedges += count

    def _spill(self) -> None:
        if self._spool is None:
            # It has no name: closing removes it.
            self._spool = tempfile.TemporaryFile(prefix="lazydag-trace-")  # noqa: SIM115
        for rows in self._rows:
            rows.tofile(self._spool)
        self._rows.clear()
        self._waiting = 0

    def _all_rows(self) -> Rows:
        if self._spool is None:
            return np.concatenate([np.empty(0, ROW), *self._rows])
        self._spill()
        with self._spool as spool:
            spool.flush()
            return np.memmap(spool, ROW, "r", shape=(self._count,))
