"""Calls at a later time."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count


class Alarm:
    """A call at a later time, until it is taken back."""

    __slots__ = ("action",)

    def __init__(self, action: Callable[[], object]) -> None:
        self.action: Callable[[], object] | None = action

    def cancel(self) -> None:
        """Do not call."""
        self.action = None


class Timers:
    """One thread, started when first needed, that calls when it is time."""

    def __init__(self) -> None:
        self._queue = _Queue()
        self._thread: threading.Thread | None = None
        self._finalizer = weakref.finalize(self, _close, self._queue)

    def after(self, seconds: float, action: Callable[[], object]) -> Alarm:
        """Call `action` in some seconds, on the thread of the timers.

        It must be short, and not raise.
        """
        alarm = Alarm(action)
        queue = self._queue
        with queue.changed:
            when = time.monotonic() + seconds
            heappush(queue.alarms, (when, next(queue.arrivals), alarm))
            if self._thread is None:
                self._thread = threading.Thread(
                    target=_serve, args=(queue,), name="lazydag-timers", daemon=True
                )
                self._thread.start()
            queue.changed.notify()
        return alarm

    def close(self) -> None:
        """End the thread and wait for it; alarms do not go off."""
        self._finalizer()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def forget(self) -> None:
        """Drop thread and alarms, which a forked child does not have."""
        self._finalizer.detach()
        self._queue, self._thread = _Queue(), None
        self._finalizer = weakref.finalize(self, _close, self._queue)


class _Queue:
    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.alarms: list[tuple[float, int, Alarm]] = []
        self.arrivals = count()
        self.closed = False


def _serve(queue: _Queue) -> None:
    while (action := _next(queue)) is not None:
        action()


def _next(queue: _Queue) -> Callable[[], object] | None:
    """Wait for the next call; None at the end."""
    with queue.changed:
        while not queue.closed:
            left = queue.alarms[0][0] - time.monotonic() if queue.alarms else None
            if left is not None and left <= 0:
                _, _, alarm = heappop(queue.alarms)
                if alarm.action is not None:
                    return alarm.action
            else:
                wait = None if left is None else min(left, threading.TIMEOUT_MAX)
                queue.changed.wait(wait)
    return None


def _close(queue: _Queue) -> None:
    with queue.changed:
        queue.closed = True
        queue.changed.notify()
