"""What follows when a task is over: its successors, its failure, its event."""

from __future__ import annotations

from lazydag.runtime.engine.bits import mark
from lazydag.runtime.engine.memory import (
    atomic_add,
    atomic_add32,
    compare_swap,
    load,
    load32,
    store,
    store32,
)
from lazydag.runtime.engine.take import share
from lazydag.runtime.engine.words import (
    BROKEN,
    CODE_GATED,
    CODE_GRID,
    CODE_ONLY,
    CODE_SHIFT,
    COUNTERS,
    DEGREES,
    DESK_DONE,
    DESK_HEAD,
    DESK_LAST,
    DESK_RECORDS,
    DESK_WORKER,
    FAIL_FAST,
    FAILED,
    FAILURE,
    FAILURE_CODE,
    FAILURE_TASK,
    FAILURE_TILE,
    FAILURE_WORKER,
    FAILURES,
    FIRST,
    HELP_TICKS,
    NONE,
    POISONED,
    RECORD,
    RECORD_END,
    RECORD_START,
    RECORD_TASK,
    RECORD_TILES,
    RING_MASK,
    ROW,
    ROWS,
    STOP,
    STOP_FAILED,
    STOP_NO,
    SUCCESSORS,
)


def finish(pool: int, job: int, desk: int, task: int, is_bad: int) -> int:
    """Release a task's successors; return the best one to go on with, or `NONE`.

    Successors are sorted by rank. The first native one of a single tile is kept for the
    worker that made it ready, the rest is shared. Successors of a bad task are marked
    before they are released.
    """
    store(desk + DESK_DONE, load(desk + DESK_DONE) + 1)
    row = load(job + ROWS) + task * ROW
    at = load(job + SUCCESSORS) + (load(row + FIRST) << 2)
    end = load(job + SUCCESSORS) + (load(row + ROW + FIRST) << 2)
    kept = NONE
    while at < end:
        code = load32(at)
        if is_bad != 0:
            mark(load(job + POISONED), code >> CODE_SHIFT)
        if code & CODE_ONLY != 0 or count_down(job, code >> CODE_SHIFT) == 1:
            if kept == NONE and code & (CODE_GATED | CODE_GRID) == 0:
                kept = code >> CODE_SHIFT
            else:
                share(pool, job, code)
        at += 4
    return kept


def count_down(job: int, task: int) -> int:
    """Count one predecessor as finished; return 1 if it was the last.

    The counter is then set again for the next run.
    """
    counter = load(job + COUNTERS) + (task << 2)
    if atomic_add32(counter, -1) != 1:
        return 0
    store32(counter, load32(load(job + DEGREES) + (task << 2)))
    return 1


def fail(job: int, desk: int, task: int, tile: int, code: int) -> None:
    """Note that a tile failed; the first one of a task counts."""
    if mark(load(job + BROKEN), task) == 1:
        number = atomic_add(job + FAILED, 1)
        failure = load(job + FAILURES) + number * FAILURE
        store(failure + FAILURE_TASK, task)
        store(failure + FAILURE_TILE, tile)
        store(failure + FAILURE_CODE, code)
        store(failure + FAILURE_WORKER, load(desk + DESK_WORKER))
    if load(job + FAIL_FAST) != 0:
        compare_swap(job + STOP, STOP_NO, STOP_FAILED)


def record(job: int, desk: int, task: int, tiles: int, start: int, end: int) -> None:
    """Write an event into the worker's ring, over the oldest if it is full."""
    head = load(desk + DESK_HEAD)
    at = desk + DESK_RECORDS + (head & load(job + RING_MASK)) * RECORD
    store(at + RECORD_TASK, task)
    store(at + RECORD_TILES, tiles)
    store(at + RECORD_START, start)
    store(at + RECORD_END, end)
    store(desk + DESK_HEAD, head + 1)


def extend(pool: int, job: int, desk: int, task: int, tiles: int, end: int) -> int:
    """Add tiles to the last event, if the worker only looked up since; 1 if so."""
    head = load(desk + DESK_HEAD)
    if head == 0:
        return 0
    at = desk + DESK_RECORDS + ((head - 1) & load(job + RING_MASK)) * RECORD
    gap = load(desk + DESK_LAST) - load(at + RECORD_END)
    if load(at + RECORD_TASK) != task or gap > load(pool + HELP_TICKS) >> 4:
        return 0
    store(at + RECORD_TILES, load(at + RECORD_TILES) + tiles)
    store(at + RECORD_END, end)
    return 1
