"""What only some tasks need: callbacks, deadlines, further attempts, cancellation."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lazydag.runtime.dynamic.task import Task
    from lazydag.runtime.dynamic.timers import Alarm


class Control:
    """Parts of a task that most do without."""

    __slots__ = (
        "alarm",
        "attempts",
        "is_asked",
        "is_over",
        "is_resting",
        "number",
        "stop",
    )

    def __init__(self) -> None:
        # Whether it was asked to end.
        self.is_asked = False
        # Ends what runs elsewhere for it: a coroutine, a call in another process.
        self.stop: Callable[[], object] | None = None
        self.attempts = 0
        # Whether it waits until it is time for the next attempt.
        self.is_resting = False
        # Whether its last attempt has come to an end.
        self.is_over = False
        # Goes off when its time is over.
        self.alarm: Alarm | None = None
        # What traces call it.
        self.number = 0


class Callback:
    """A person's function to be called with a task when it has ended, once."""

    __slots__ = ("_functions",)

    def __init__(self, function: Callable[[Any], object]) -> None:
        self._functions = [function]

    def told(self, task: Task[Any]) -> None:
        """Call the function, unless it has been called."""
        try:
            # Atomic: the thread that ended the task, or the one that added this.
            function = self._functions.pop()
        except IndexError:
            return
        try:
            function(task)
        except Exception:
            logging.getLogger("lazydag").exception("callback of %r failed", task)


class Gate:
    """Where a thread waits until a task has ended."""

    __slots__ = ("lock",)

    def __init__(self) -> None:
        self.lock = Lock()
        self.lock.acquire()

    def told(self, task: Task[Any]) -> None:  # noqa: ARG002
        """Let the thread go on."""
        self.open()

    def open(self) -> None:
        """Let the thread go on, which may be doing so already."""
        try:
            self.lock.release()
        except RuntimeError:
            return


class Several(Gate):
    """Where a thread waits until some of several tasks have ended.

    Parameters
    ----------
    tasks
        Those that are waited for.
    is_enough
        Tells, with a task that has ended, whether the thread is to go on at once; else
        it goes on when all have.
    """

    __slots__ = ("_is_enough", "ended", "left")

    def __init__(
        self, tasks: Iterable[Task[Any]], is_enough: Callable[[Task[Any]], bool]
    ) -> None:
        super().__init__()
        self.left = dict.fromkeys(tasks)
        # In the order in which they end.
        self.ended: deque[Task[Any]] = deque()
        self._is_enough = is_enough

    def told(self, task: Task[Any]) -> None:
        """Take note that a task has ended, once."""
        try:
            del self.left[task]
        except KeyError:
            return
        self.ended.append(task)
        if not self.left or self._is_enough(task):
            self.open()
