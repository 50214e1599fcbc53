"""The right to run a task, of which there are as many as threads are asked for."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lazydag.runtime.dynamic.seats import Seat
    from lazydag.runtime.dynamic.task import Task


class Slots:
    """Slots, each held by a thread while it runs tasks.

    A task that waits gives its thread's slot up, and takes one before it goes on. Such
    threads come before those that would start other tasks.

    Parameters
    ----------
    count
        How many there are.
    """

    def __init__(self, count: int) -> None:
        self._lock = threading.Lock()
        self._count = count
        # Held by identity, so that giving up twice, after an interrupt, does no harm.
        self._held: set[Seat] = set()
        self._returning: deque[tuple[Seat, threading.Lock]] = deque()
        self._note()

    @property
    def count(self) -> int:
        """How many there are."""
        return self._count

    @property
    def taken(self) -> int:
        """How many are held."""
        return len(self._held)

    def holder(self, task: Task[Any]) -> Seat | None:
        """Return the thread that has a slot and runs a task."""
        with self._lock:
            return next((seat for seat in self._held if seat.task is task), None)

    def is_held(self, seat: Seat) -> bool:
        """Tell whether a thread has a slot."""
        return seat in self._held

    def resize(self, count: int) -> None:
        """Have another number of slots; surplus ones are given up between tasks."""
        with self._lock:
            self._count = count
            self._hand_on()

    def take(self, seat: Seat) -> bool:
        """Take a slot for a thread, if there is one; tell whether there was."""
        with self._lock:
            if self.free <= 0:
                return False
            self._held.add(seat)
            self._note()
            return True

    def give(self, seat: Seat) -> None:
        """Give a thread's slot up, if it has one."""
        with self._lock:
            self._held.discard(seat)
            self._hand_on()

    def retake(self, seat: Seat) -> None:
        """Wait for a slot, if the thread has none, to go on with a task."""
        gate = threading.Lock()
        with self._lock:
            if seat in self._held:
                return
            if self.free > 0:
                self._held.add(seat)
                self._note()
                return
            gate.acquire()
            self._returning.append((seat, gate))
            self._note()
        try:
            gate.acquire()
        except BaseException:  # Ctrl-C, in the main thread
            with self._lock:
                if (seat, gate) in self._returning:
                    self._returning.remove((seat, gate))
                self._note()
            raise

    def _hand_on(self) -> None:
        while self._returning and len(self._held) < self._count:
            seat, gate = self._returning.popleft()
            self._held.add(seat)
            gate.release()
        self._note()

    def _note(self) -> None:
        #: How many are free; read without the lock as a hint.
        self.free = self._count - len(self._held)
        #: Whether those who run tasks should give their slots up after the present one.
        self.crowded = self.free < 0 or bool(self._returning)
