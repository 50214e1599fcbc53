"""What keeps a program from spawning tasks faster than they run, without end."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from lazydag.runtime.dynamic import seats
from lazydag.runtime.dynamic.waiting import run_here

if TYPE_CHECKING:
    from lazydag.runtime.dynamic.seats import Seat
    from lazydag.runtime.dynamic.task import Task

#: Tasks that were spawned and have not ended; beyond them those who spawn are slowed
#: down. A task with small arguments takes some 340 bytes, so these are 360 MB.
MOST_PENDING = 1 << 20
#: A thread looks how many there are at every so many spawns.
CHECK_EVERY: Final = 1 << 10
# A thread that has seen no task end for so long goes on spawning: it may be what the
# others wait for.
_PATIENCE_SECONDS: Final = 0.1
_STEP_SECONDS: Final = 0.005


def relieve(task: Task[Any], seat: Seat) -> None:
    """Slow down a thread that has just spawned a task, if there are too many.

    A task that spawns runs what it spawns at once. Another thread waits.
    """
    if not seat.spawned % CHECK_EVERY:
        seat.is_full = _pending() > MOST_PENDING
    if not seat.is_full:
        return
    if seat.task is not None:
        run_here(task, seat)
    else:
        _wait()
        seat.is_full = False


def _pending() -> int:
    spawned, done, _ = seats.counts()
    return spawned - done


def _wait() -> None:
    before, since = seats.counts()[1], time.monotonic()
    while _pending() > MOST_PENDING - CHECK_EVERY:
        time.sleep(_STEP_SECONDS)
        done, now = seats.counts()[1], time.monotonic()
        if done != before:
            before, since = done, now
        elif now - since > _PATIENCE_SECONDS:
            return
