"""Feeds what runs measure into the history of costs."""

from __future__ import annotations

from collections.abc import Callable

from lazydag.cost.history import History
from lazydag.runtime.events import RunReport
from lazydag.runtime.taskgraph import TaskGraph


def feedback(history: History, device: str) -> Callable[[TaskGraph, RunReport], None]:
    """Return what an `Executor` calls after runs on a device.

    Notes
    -----
    A task's `cost` must be the estimate without history: the ratio to it is kept.
    """

    def observe(graph: TaskGraph, report: RunReport) -> None:
        for number, time in report.times().items():
            task = graph.tasks[number]
            if task.key:
                history.record(task.key, task.bucket, device, time.seconds, task.cost)

    return observe
