"""Threads that take over where others wait."""

from __future__ import annotations

import itertools
import threading
import time
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from lazydag.runtime.dynamic.task import Task

#: Runs a certain task, or those that are ready.
Work: TypeAlias = "Callable[[Task[Any] | None], None]"

#: Seconds after which a thread with nothing to do ends.
IDLE_SECONDS: Final = 5.0
#: Seconds to wait for threads to end, when they are told to.
PATIENCE_SECONDS: Final = 0.2
#: Threads that are started to keep all slots busy while tasks wait. Slots of those that
#: wait beyond these are idle, until what they wait for is done.
MOST: Final = 64
#: Threads that are started if no task runs, so that the program goes on.
MOST_IF_STUCK: Final = 1000


class Spares:
    """Threads that are started when needed and end when idle.

    Parameters
    ----------
    work
        What they do when called. It must not keep this object alive.
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self._crew = _Crew()
        self._finalizer = weakref.finalize(self, _close, self._crew)

    def call(self, *, is_stuck: bool) -> bool:
        """Let a thread run what is ready; tell whether there is one.

        Parameters
        ----------
        is_stuck
            Whether no task runs at present.
        """
        return self._send(None, MOST_IF_STUCK if is_stuck else MOST)

    def run(self, task: Task[Any]) -> bool:
        """Run a task on a stack of its own; tell whether there is a thread for it."""
        return self._send(task, None)

    def close(self) -> None:
        """End the threads and wait for them, but not long for those that run a task."""
        self._finalizer()

    def forget(self) -> None:
        """Drop the threads, which a forked child does not have."""
        self._finalizer.detach()
        self._crew = _Crew()
        self._finalizer = weakref.finalize(self, _close, self._crew)

    def _send(self, task: Task[Any] | None, most: int | None) -> bool:
        crew = self._crew
        if crew.closed:
            return False
        try:
            spare = crew.idle.pop()
        except IndexError:
            if most is not None and len(crew.all) >= most:
                return False
            return _Spare(crew, self._work, task).start()
        spare.task = task
        spare.wake.release()
        return True


class _Crew:
    """What the threads share; it does not keep `Spares` alive."""

    def __init__(self) -> None:
        # Appending, popping and removing are atomic: no lock.
        self.idle: list[_Spare] = []
        self.all: set[_Spare] = set()
        self.closed = False


class _Spare:
    def __init__(self, crew: _Crew, work: Work, task: Task[Any] | None) -> None:
        self.crew = crew
        self.work = work
        self.task = task
        self.wake = threading.Lock()
        self.wake.acquire()
        # Names come again, so that traces have few tracks.
        used = {spare.number for spare in tuple(crew.all)}
        self.number: int = next(i for i in itertools.count(1) if i not in used)
        # A daemon, but joined at exit by the finalizer: the interpreter joins others
        # before it runs exit handlers, and would wait for an idle one.
        name = f"lazydag-spare-{self.number}"
        self.thread = threading.Thread(target=self._loop, name=name, daemon=True)

    def start(self) -> bool:
        self.crew.all.add(self)
        try:
            self.thread.start()
        except RuntimeError as error:
            self.crew.all.discard(self)
            # Ctrl-C while `start` waits; otherwise the system has no more threads.
            if isinstance(error.__context__, KeyboardInterrupt):
                raise error.__context__ from None
            return False
        return True

    def _loop(self) -> None:
        crew = self.crew
        try:
            while True:
                task, self.task = self.task, None
                self.work(task)
                del task
                crew.idle.append(self)
                if crew.closed or not self._is_called():
                    return
        finally:
            crew.all.discard(self)

    def _is_called(self) -> bool:
        """Wait for a call; tell whether it came in time."""
        if self.wake.acquire(timeout=IDLE_SECONDS):
            return not self.crew.closed
        try:
            self.crew.idle.remove(self)
        except ValueError:
            # A caller has taken it at this moment.
            self.wake.acquire()
            return not self.crew.closed
        return False


def _close(crew: _Crew) -> None:
    crew.closed = True
    own = threading.current_thread()
    end = time.monotonic() + PATIENCE_SECONDS
    for spare in tuple(crew.all):
        thread = spare.thread
        # One that runs a task ends after it; one that does not end is left alone.
        while thread is not own and thread.is_alive() and time.monotonic() < end:
            if spare in crew.idle and spare.wake.locked():
                spare.wake.release()
            thread.join(0.01)
