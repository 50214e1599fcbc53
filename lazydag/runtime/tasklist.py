"""What is known of many tasks, by number, as arrays.

A `TaskList` describes the tasks of a graph, of a region or of a plan to those who show
them: names, kinds, bytes, costs, edges. A region of 100,000 tasks has a few labels and
some arrays, no objects.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazydag.errors import SourceLine
from lazydag.runtime.tasks import KernelTask, Slot, Task

Words: TypeAlias = NDArray[np.int64]
Seconds: TypeAlias = NDArray[np.float64]
Edges: TypeAlias = tuple[Words, Words]

#: A native kernel, a Python call of a plan, a task that a person spawned, a copy
#: between memory spaces, or the wait of a worker for something.
Kind: TypeAlias = Literal["kernel", "call", "task", "copy", "wait"]


def _no_edges() -> Edges:
    return np.empty(0, np.int64), np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class Label:
    """What tasks have in common that do the same at the same line.

    Parameters
    ----------
    source
        The user's line that they are from.
    read_nbytes, written_nbytes
        Bytes that one task reads and writes; an update counts as both.
    """

    name: str
    kind: Kind = "kernel"
    source: SourceLine | None = None
    read_nbytes: int = 0
    written_nbytes: int = 0

    @property
    def nbytes(self) -> int:
        """Bytes read and written."""
        return self.read_nbytes + self.written_nbytes


@dataclass(frozen=True, slots=True, eq=False)
class TaskList:
    """Tasks in an order in which they can run.

    Parameters
    ----------
    labels
        What tasks are; many may share one.
    label
        int64 (n,): the number of each task's label.
    costs
        float64 (n,): the estimated seconds of each task, when as many workers run it
        as there are and as it has tiles; 0 if unknown.
    tiles
        int64 (n,): how many pieces each can be shared in among workers.
    edges
        int64 (m,) each, sources and destinations: the latter wait for the former.
    """

    labels: Sequence[Label]
    label: Words
    costs: Seconds
    tiles: Words
    edges: Edges = field(default_factory=_no_edges)

    def __len__(self) -> int:
        return len(self.label)

    def of(self, task: int) -> Label:
        """Return the label of a task."""
        return self.labels[int(self.label[task])]

    def predecessors(self) -> list[list[int]]:
        """Return for each task those that it waits for, ascending."""
        sources, destinations = self.edges
        order = np.lexsort((sources, destinations))
        bounds = np.searchsorted(destinations[order], np.arange(1, len(self)))
        return [part.tolist() for part in np.split(sources[order], bounds)][: len(self)]

    def estimated(self, costs: ArrayLike) -> TaskList:
        """Return the same tasks with other estimates."""
        return replace(self, costs=np.asarray(costs, np.float64))


def task_list(
    tasks: Sequence[Task],
    predecessors: Sequence[Sequence[int]],
    slots: Sequence[Slot],
) -> TaskList:
    """Return the description of tasks over slots.

    Parameters
    ----------
    predecessors
        For each task the earlier tasks that it waits for.
    """
    counts = np.array([len(before) for before in predecessors], np.int64)
    sources = [task for before in predecessors for task in before]
    return TaskList(
        labels=[_label(task, slots) for task in tasks],
        label=np.arange(len(tasks)),
        costs=np.array([task.cost for task in tasks], np.float64),
        tiles=np.array([tile_count(task) for task in tasks], np.int64),
        edges=(np.array(sources, np.int64), np.repeat(np.arange(len(tasks)), counts)),
    )


def tile_count(task: Task) -> int:
    """Return the number of tiles; a call of Python is one."""
    return task.ntiles if isinstance(task, KernelTask) else 1


def moved_nbytes(task: Task, slots: Sequence[Slot]) -> tuple[int, int]:
    """Return the bytes that a task reads and those that it writes."""
    read = written = 0
    for access in task.accesses:
        nbytes = min(access.stop, slots[access.slot].nbytes) - access.start
        read += nbytes * access.mode.reads
        written += nbytes * access.mode.writes
    return read, written


def _label(task: Task, slots: Sequence[Slot]) -> Label:
    kind: Kind = "kernel" if isinstance(task, KernelTask) else "call"
    return Label(task.name, kind, task.source, *moved_nbytes(task, slots))
