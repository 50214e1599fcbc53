"""What a worker does in a job: take a task, run it, release what waited for it.

Tasks may be so small that helpers only stand in the leader's way: passing cache lines
between them takes longer than the tasks. A helper notices that it spends more time
between tasks than in them, and steps back.
"""

from __future__ import annotations

from typing import Final

from lazydag.runtime.engine.clock import now
from lazydag.runtime.engine.memory import atomic_add, load, load_relaxed, store
from lazydag.runtime.engine.park import wake
from lazydag.runtime.engine.take import leave_gate, share_native, take
from lazydag.runtime.engine.tiles import run
from lazydag.runtime.engine.words import (
    DESK_BUSY,
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
    WORK_FINE,
    WORK_LATE,
    WORK_NOTHING,
)

FINE_RUNS: Final = 16


def work(pool: int, job: int, desk: int, ticks: int) -> int:
    """Run tasks until none is ready or time is up.

    For a leader that is when `DESK_DUE` says; its `ticks` are 0. For a helper it is
    `ticks` after the first task began, or earlier if the tasks are too fine.
    """
    store(desk + DESK_LAST, 0)
    kept = NONE
    result = WORK_NOTHING
    runs = 0
    while result == WORK_NOTHING or result == WORK_DONE:
        if load_relaxed(job + STOP) != STOP_NO:
            break
        task = take(pool, job, desk, kept)
        if task == NONE:
            kept = NONE
            break
        if result == WORK_NOTHING:
            begin(pool, desk, ticks)
        kept = run(pool, job, desk, task)
        runs += 1
        result = WORK_DONE
        if load(desk + DESK_LAST) > load(desk + DESK_DUE):
            result = WORK_LATE
        elif ticks != 0 and runs == FINE_RUNS:
            result = WORK_FINE if is_fine(desk, ticks) == 1 else WORK_DONE
            runs = 0
    share_native(pool, job, kept)
    leave_gate(pool, job, desk)
    count(pool, job, desk)
    return result


def begin(pool: int, desk: int, ticks: int) -> None:
    """Note when the first task begins, and when to look up."""
    time = now(pool, desk + DESK_SCRATCH)
    store(desk + DESK_LAST, time)
    if ticks != 0:
        store(desk + DESK_DUE, time + ticks)
        store(desk + DESK_BUSY, 0)


def is_fine(desk: int, ticks: int) -> int:
    """Return 1 if a helper was outside of tasks for longer than inside."""
    elapsed = load(desk + DESK_LAST) - (load(desk + DESK_DUE) - ticks)
    return 1 if elapsed > 2 * load(desk + DESK_BUSY) else 0


def count(pool: int, job: int, desk: int) -> None:
    """Count the tasks that this worker finished; the last one wakes the leader."""
    done = load(desk + DESK_DONE)
    if done == 0:
        return
    store(desk + DESK_DONE, 0)
    if atomic_add(job + REMAINING, -done) == done and load(job + OWN_PLACE) != 0:
        wake(pool, load(job + OWN_PLACE), 1)
