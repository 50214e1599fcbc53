"""What a worker does in a job: take a task, run it, release what waited for it."""

from __future__ import annotations

from lazydag.runtime.engine.clock import now
from lazydag.runtime.engine.memory import atomic_add, load, load_relaxed, store
from lazydag.runtime.engine.park import wake
from lazydag.runtime.engine.take import share_native, take
from lazydag.runtime.engine.tiles import run
from lazydag.runtime.engine.words import (
    DESK_DONE,
    DESK_DUE,
    DESK_LAST,
    DESK_SCRATCH,
    NONE,
    OWN_PLACE,
    REMAINING,
    STOP,
    STOP_NO,
    WORK_DONE,
    WORK_LATE,
    WORK_NOTHING,
)


def work(pool: int, job: int, desk: int, ticks: int) -> int:
    """Run tasks until none is ready or time is up, which is when `DESK_DUE` says.

    Unless `ticks` is 0, that is so long after the first task began.
    """
    store(desk + DESK_LAST, 0)
    kept = NONE
    result = WORK_NOTHING
    while result != WORK_LATE and load_relaxed(job + STOP) == STOP_NO:
        task = take(pool, job, desk, kept)
        if task == NONE:
            kept = NONE
            break
        if result == WORK_NOTHING:
            begin(pool, desk, ticks)
        kept = run(pool, job, desk, task)
        left = load(desk + DESK_DUE) - load(desk + DESK_LAST)
        result = WORK_LATE if left < 0 else WORK_DONE
    share_native(pool, job, kept)
    count(pool, job, desk)
    return result


def begin(pool: int, desk: int, ticks: int) -> None:
    """Note when the first task begins, and when to look up."""
    time = now(pool, desk + DESK_SCRATCH)
    store(desk + DESK_LAST, time)
    if ticks != 0:
        store(desk + DESK_DUE, time + ticks)


def count(pool: int, job: int, desk: int) -> None:
    """Count the tasks that this worker finished; the last one wakes the leader."""
    done = load(desk + DESK_DONE)
    if done == 0:
        return
    store(desk + DESK_DONE, 0)
    if atomic_add(job + REMAINING, -done) == done and load(job + OWN_PLACE) != 0:
        wake(pool, load(job + OWN_PLACE), 1)
