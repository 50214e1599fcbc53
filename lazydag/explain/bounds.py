"""How fast a task graph can be: its work, its span, and what workers make of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lazydag.explain.columns import counted
from lazydag.explain.schedule import Path, list_schedule, longest_path
from lazydag.ir.text.units import format_seconds
from lazydag.runtime.tasklist import TaskList

# Longer paths are shown by their ends.
_HEAD, _TAIL = 8, 3


@dataclass(frozen=True, slots=True)
class Bounds:
    """What bounds the time of a run, by the estimates of its tasks.

    Parameters
    ----------
    path
        The critical path; its length is the span.
    work_seconds
        Time of all workers together.
    makespan_seconds
        What a run should take on `workers`, by list scheduling.
    are_known
        Whether tasks have estimates; else each counts as one second.
    """

    path: Path
    work_seconds: float
    makespan_seconds: float
    workers: int
    are_known: bool

    @property
    def parallelism(self) -> float:
        """How many workers have something to do on the average: work by span."""
        return self.work_seconds / self.path.seconds if self.path.seconds else 1.0


def bounds(tasks: TaskList, workers: int) -> Bounds:
    """Return what bounds a run on so many workers; O((tasks + edges) log tasks)."""
    are_known = bool(tasks.costs.any())
    costs = tasks.costs if are_known else np.ones(len(tasks))
    pieces = np.clip(tasks.tiles, 1, workers)
    return Bounds(
        longest_path(costs, tasks.edges),
        float(costs @ pieces),
        list_schedule(costs, pieces, tasks.edges, workers).makespan,
        workers,
        are_known,
    )


def bounds_lines(found: Bounds, marker: str) -> list[str]:
    """Return bounds as lines; `marker` marks the tasks of the path elsewhere."""
    path, workers = found.path, counted(found.workers, "worker")
    names = [f"t{task}" for task in path.tasks]
    if len(names) > _HEAD + _TAIL + 1:
        names[_HEAD:-_TAIL] = [f"{len(names) - _HEAD - _TAIL} more"]
    lines = [f"critical path ({marker}): {' → '.join(names) or 'none'}"]
    if not found.are_known:
        steps = counted(len(path.tasks), "task")
        return [*lines, f"no estimates: {steps} in a row, {_parallelism(found)}"]
    work, span = format_seconds(found.work_seconds), format_seconds(path.seconds)
    predicted = format_seconds(found.makespan_seconds)
    return [
        *lines,
        f"work {work}, span {span}, {_parallelism(found)}",
        f"predicted makespan {predicted} on {workers}",
    ]


def _parallelism(found: Bounds) -> str:
    return f"average parallelism {found.parallelism:.3g}"
