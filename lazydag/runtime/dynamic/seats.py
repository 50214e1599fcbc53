"""What is known of each thread that spawns, runs or waits for tasks."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lazydag.runtime.dynamic.task import Task


class Client:
    """Whose tasks take turns with those of other clients: a thread of the user's.

    What a client's tasks spawn counts as the client's.
    """

    __slots__ = ("pid", "turn")

    def __init__(self) -> None:
        self.turn = 0
        self.pid = os.getpid()


class Seat:
    """A thread, as far as tasks are concerned; only that thread writes to it."""

    __slots__ = (
        "client",
        "depth",
        "done",
        "failed",
        "is_full",
        "spawned",
        "task",
        "thread",
    )

    def __init__(self) -> None:
        self.thread = threading.current_thread()
        self.client = Client()
        # The task that runs, innermost, and how many lie on the stack below it.
        self.task: Task[Any] | None = None
        self.depth = 0
        # Whether it spawns faster than tasks run; see `pressure`.
        self.is_full = False
        self.spawned = 0
        self.done = 0
        self.failed = 0


class _Local(threading.local):
    seat: Seat


local = _Local()
_lock = threading.Lock()
_seats: list[Seat] = []
# What threads counted that have ended.
_past = [0, 0, 0]


def here() -> Seat:
    """Return this thread's seat."""
    try:
        return local.seat
    except AttributeError:
        seat = local.seat = Seat()
        with _lock:
            _seats[:] = [known for known in _seats if not _has_ended(known)]
            _seats.append(seat)
        return seat


def _has_ended(seat: Seat) -> bool:
    if seat.thread.is_alive():
        return False
    counts = seat.spawned, seat.done, seat.failed
    _past[:] = [before + count for before, count in zip(_past, counts, strict=True)]
    return True


def counts() -> tuple[int, int, int]:
    """Return how many tasks were spawned, have ended, and have failed.

    Those that failed or were cancelled have ended, too.
    """
    with _lock:
        spawned, done, failed = _past
        for seat in _seats:
            spawned += seat.spawned
            done += seat.done
            failed += seat.failed
    return spawned, done, failed


def forget_others() -> None:
    """Drop the other threads, which a forked child does not have."""
    global _lock  # noqa: PLW0603 -- another thread may have held it
    _lock = threading.Lock()
    _seats.clear()
    _past[:] = [0, 0, 0]
    vars(local).pop("seat", None)
