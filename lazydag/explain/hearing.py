"""The runs of one region, told from all else that runs meanwhile."""

from __future__ import annotations

from dataclasses import replace
from types import TracebackType
from typing import Self

from lazydag.explain.listing import Region
from lazydag.runtime import sink
from lazydag.runtime.sink import Events, Note
from lazydag.runtime.tasklist import TaskList
from lazydag.runtime.timeline import Timeline
from lazydag.runtime.tracing import Log


class Hearing:
    """Listens, in a context, to the runs of a region.

    A region in which results were asked for is run in parts, one after the other, whose
    tasks are numbered from 0 each. Here they are numbered as in the region.
    """

    def __init__(self, region: Region) -> None:
        self._region = region
        self._first = 0
        self._log = Log()

    def __enter__(self) -> Self:
        sink.listen(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        sink.ignore(self)

    def timeline(self) -> Timeline:
        """Return what was heard."""
        return self._log.close()

    def record(self, name: str, run: int, events: Events, tasks: TaskList) -> None:
        """Take the events of a run, if it is one of those."""
        del run  # the parts are one run
        whole = self._region.task_list
        if name == self._region.name and self._first + len(tasks) <= len(whole):
            shifted = replace(events, task=events.task + self._first)
            self._first += len(tasks)
            self._log.record(name, 0, shifted, whole)

    def note(self, note: Note) -> None:
        """Leave other tasks to others."""
