"""The events of many runs on one axis of time, as the rows of one array."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazydag.runtime.sink import Events
from lazydag.runtime.tasklist import Edges, Label, TaskList

Rows: TypeAlias = NDArray[Any]

#: One stretch of a worker: `label` and `track` are numbers in the `Timeline`, `read`
#: and `written` the bytes of the tiles of this stretch.
ROW = np.dtype(
    [
        ("start", np.int64),
        ("end", np.int64),
        ("run", np.int64),
        ("task", np.int64),
        ("tiles", np.int64),
        ("read", np.int64),
        ("written", np.int64),
        ("label", np.int32),
        ("track", np.int32),
        ("outcome", np.int64),
    ]
)


@dataclass(frozen=True, slots=True, eq=False)
class Timeline:
    """What was run, where and when.

    Parameters
    ----------
    rows
        Of dtype `ROW`, in no order. Times are those of `time.perf_counter_ns`.
    labels
        What was run.
    tracks
        Names of the threads that ran it.
    edges
        Task numbers by run: what waited for what, for some of the runs. Dynamic tasks
        belong to run 0.
    gauges
        Figures over time, by name: pairs of time and value.
    dropped
        Events that found no place.
    """

    rows: Rows
    labels: Sequence[Label]
    tracks: Sequence[str]
    edges: Sequence[tuple[int, Edges]] = ()
    gauges: dict[str, list[tuple[int, float]]] = field(default_factory=dict)
    dropped: int = 0

    @property
    def start_ns(self) -> int:
        """The first start; 0 if nothing was run."""
        return int(self.rows["start"].min()) if len(self.rows) else 0

    @property
    def end_ns(self) -> int:
        """The last end; 0 if nothing was run."""
        return int(self.rows["end"].max()) if len(self.rows) else 0

    @property
    def seconds(self) -> float:
        """From the first start to the last end."""
        return (self.end_ns - self.start_ns) * 1e-9

    def task_seconds(self, count: int) -> NDArray[np.float64]:
        """Return, for one run, the time from each task's first start to its last end.

        Parameters
        ----------
        count
            Number of tasks; those that did not run took no time.
        """
        rows = self.rows
        starts = np.full(count, np.iinfo(np.int64).max)
        ends = np.zeros(count, np.int64)
        np.minimum.at(starts, rows["task"], rows["start"])
        np.maximum.at(ends, rows["task"], rows["end"])
        return np.asarray(np.maximum(ends - starts, 0) * 1e-9)


def rows_of(run: int, events: Events, tasks: TaskList) -> Rows:
    """Return the events of one run as rows, whose labels and tracks are the run's."""
    rows = np.zeros(len(events), ROW)
    for name in ("task", "tiles", "outcome"):
        rows[name] = getattr(events, name)
    rows["start"], rows["end"] = events.start_ns, events.end_ns
    rows["run"], rows["track"] = run, events.worker
    label = rows["label"] = tasks.label[events.task]
    # A stretch moves its share of the bytes; a call has no tiles and moves all.
    share = np.where(events.tiles > 0, events.tiles / tasks.tiles[events.task], 1.0)
    for name, moved in zip(("read", "written"), _moved(tasks.labels), strict=True):
        rows[name] = moved[label] * share
    return rows


def timeline(events: Events, tasks: TaskList) -> Timeline:
    """Return the timeline of one run."""
    rows = rows_of(0, events, tasks)
    edges = ((0, tasks.edges),)
    return Timeline(rows, tasks.labels, events.workers, edges, dropped=events.dropped)


def _moved(labels: Sequence[Label]) -> tuple[Rows, Rows]:
    read = [label.read_nbytes for label in labels]
    written = [label.written_nbytes for label in labels]
    return np.array(read, np.int64), np.array(written, np.int64)
