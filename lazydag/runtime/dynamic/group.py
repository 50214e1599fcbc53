"""The tasks that were spawned in a `sync` block."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lazydag.runtime.dynamic.states import FAILED

if TYPE_CHECKING:
    from lazydag.runtime.dynamic.task import Task


class Group:
    """Tasks to be waited for, those spawned by such tasks among them."""

    __slots__ = ("failed", "is_cancelled", "pending", "spawned")

    def __init__(self) -> None:
        # In order of arrival. Setting and removing a key is atomic.
        self.pending: dict[Task[Any], None] = {}
        self.failed: dict[Task[Any], None] = {}
        self.is_cancelled = False
        # Two threads may count one for two; messages say it.
        self.spawned = 0

    def left(self, task: Task[Any]) -> None:
        """Take note that a task has ended; it may be told twice."""
        if task._state == FAILED:
            self.failed[task] = None
        self.pending.pop(task, None)

    def cancel(self) -> None:
        """Cancel what has not started, and ask the rest to end."""
        self.is_cancelled = True
        for task in list(self.pending):
            task.cancel()
