"""Opening and closing jobs, and the leader's part in them."""

from __future__ import annotations

from lazydag.runtime.engine.clock import now
from lazydag.runtime.engine.idle import rest
from lazydag.runtime.engine.memory import (
    atomic_and,
    atomic_load,
    atomic_or,
    atomic_store,
    count_trailing_zeros,
    load,
    store,
)
from lazydag.runtime.engine.park import announce, call_help, doze, retract, wake
from lazydag.runtime.engine.words import (
    DESK_DONE,
    DESK_DUE,
    DESK_HEAD,
    DESK_NBYTES,
    DESK_SCRATCH,
    DESKS,
    END,
    FINISHED,
    FIRST_SLOT,
    FREE,
    GRID_COUNTER,
    GRID_COUNTERS,
    GRID_DONE,
    GRID_NEXT,
    LEAD_TICKS,
    LIMIT,
    NGRIDS,
    NTASKS,
    NWORKERS,
    OPEN,
    OWN_PLACE,
    OWN_SLOT,
    PHASE,
    PHASE_CLOSING,
    PHASE_OPEN,
    PHASE_SHUT,
    REMAINING,
    ROOT_RANGES,
    ROOTS,
    SETS,
    SETS_WORDS,
    SLEEP_NS,
    SLOT,
    SLOT_INSIDE,
    SLOT_JOB,
    SLOT_PLACE,
    SLOTS,
    START,
    STOP,
    STOP_NO,
    STOPPED,
    TICK,
    WORK_DONE,
    WORK_LATE,
    WORK_NOTHING,
)
from lazydag.runtime.engine.work import work


def lead(pool: int, job: int) -> int:
    """Run a job as its worker 0.

    Returns `FINISHED`, `STOPPED`, or `TICK`: then the caller looks at signals and calls
    again. After the other two nobody touches the job any more.
    """
    if load(job + PHASE) == PHASE_SHUT:
        open_job(pool, job)
    if load(job + PHASE) == PHASE_OPEN:
        if direct(pool, job) == WORK_LATE:
            return TICK
        shut(pool, job)
    if await_helpers(pool, job) == WORK_LATE:
        return TICK
    release(pool, job)
    return FINISHED if load(job + STOP) == STOP_NO else STOPPED


def stop(pool: int, job: int, reason: int) -> int:
    """Stop a job, from any thread that knows that it is not over yet."""
    atomic_store(job + STOP, reason)
    if load(job + OWN_PLACE) != 0:
        wake(pool, load(job + OWN_PLACE), 1)
    return 0


def open_job(pool: int, job: int) -> None:
    """Set the words of a run to where it begins, and let helpers in.

    Those that a run leaves as they were are not set: a job that failed or was stopped
    is never used again.
    """
    reset_sets(job)
    reset_grids(job)
    reset_desks(job)
    store(job + REMAINING, load(job + NTASKS))
    store(job + OWN_PLACE, 0)
    store(job + OWN_SLOT, -1)
    store(job + START, now(pool, load(job + DESKS) + DESK_SCRATCH))
    store(job + PHASE, PHASE_OPEN)
    if load(job + LIMIT) > 0:
        invite(pool, job)


def reset_sets(job: int) -> None:
    """Make the tasks without predecessors ready."""
    source = load(job + ROOTS)
    target = load(job + SETS)
    end = target + (load(job + SETS_WORDS) << 3)
    while target < end:
        store(target, load(source))
        source += 8
        target += 8


def reset_grids(job: int) -> None:
    """Give the grids their tiles back."""
    counter = load(job + GRID_COUNTERS)
    end = counter + load(job + NGRIDS) * GRID_COUNTER
    while counter < end:
        store(counter + GRID_NEXT, 0)
        store(counter + GRID_DONE, 0)
        counter += GRID_COUNTER


def reset_desks(job: int) -> None:
    """Clear the rings of all workers."""
    desk = load(job + DESKS)
    end = desk + load(job + NWORKERS) * load(job + DESK_NBYTES)
    while desk < end:
        store(desk + DESK_HEAD, 0)
        store(desk + DESK_DONE, 0)
        desk += load(job + DESK_NBYTES)


def invite(pool: int, job: int) -> None:
    """Give a job a slot, if one is free, and wake helpers for what is ready."""
    number = claim(pool)
    if number == SLOTS:
        return
    slot = slot_of(pool, number)
    store(job + OWN_SLOT, number)
    store(job + OWN_PLACE, slot + SLOT_PLACE)
    atomic_store(slot + SLOT_JOB, job)
    atomic_or(pool + OPEN, 1 << number)
    if load(job + ROOT_RANGES) > 1:
        call_help(pool, job, min(load(job + ROOT_RANGES) - 1, load(job + LIMIT)))


def claim(pool: int) -> int:
    """Take a free slot and return its number; `SLOTS` if there is none."""
    while True:
        number = count_trailing_zeros(atomic_load(pool + FREE))
        if number == SLOTS:
            return SLOTS
        bit = 1 << number
        if atomic_and(pool + FREE, ~bit) & bit != 0:
            return number


def slot_of(pool: int, number: int) -> int:
    """Return the address of a slot."""
    return pool + FIRST_SLOT + number * SLOT


def direct(pool: int, job: int) -> int:
    """Work, and wait for work, until all is done, stopped, or time to look up."""
    desk = load(job + DESKS)
    place = load(job + OWN_PLACE)
    due = now(pool, desk + DESK_SCRATCH) + load(pool + LEAD_TICKS)
    store(desk + DESK_DUE, due)
    idle = 0
    while True:
        result = work(pool, job, desk, 0)
        if result == WORK_LATE or is_over(job) == 1:
            return result
        idle = idle + 1 if result == WORK_NOTHING else 0
        if rest(pool, idle) == 0:
            announce(place)
            result = work(pool, job, desk, 0)
            if result != WORK_NOTHING or is_over(job) == 1:
                retract(pool, place)
            elif doze(pool, place, load(pool + SLEEP_NS)) == 0:
                return WORK_LATE
            if result == WORK_LATE or now(pool, desk + DESK_SCRATCH) > due:
                return WORK_LATE
            idle = 0


def is_over(job: int) -> int:
    """Return 1 if all tasks are finished, or the job is stopped."""
    # In one order with announcing to sleep: who stops a job looks for sleepers after.
    if atomic_load(job + STOP) != STOP_NO:
        return 1
    return 1 if atomic_load(job + REMAINING) == 0 else 0


def shut(pool: int, job: int) -> None:
    """Let no more helpers in."""
    store(job + PHASE, PHASE_CLOSING)
    number = load(job + OWN_SLOT)
    if number >= 0:
        atomic_and(pool + OPEN, ~(1 << number))
        atomic_store(slot_of(pool, number) + SLOT_JOB, 0)


def await_helpers(pool: int, job: int) -> int:
    """Wait until no helper is inside."""
    number = load(job + OWN_SLOT)
    if number < 0:
        return WORK_DONE
    inside = slot_of(pool, number) + SLOT_INSIDE
    place = load(job + OWN_PLACE)
    idle = 0
    while atomic_load(inside) != 0:
        idle += 1
        if rest(pool, idle) == 0:
            announce(place)
            if atomic_load(inside) == 0:
                retract(pool, place)
            elif doze(pool, place, load(pool + SLEEP_NS)) == 0:
                return WORK_LATE
            idle = 0
    return WORK_DONE


def release(pool: int, job: int) -> None:
    """Give the slot back; the run is over."""
    number = load(job + OWN_SLOT)
    store(job + OWN_SLOT, -1)
    store(job + OWN_PLACE, 0)
    store(job + END, now(pool, load(job + DESKS) + DESK_SCRATCH))
    store(job + PHASE, PHASE_SHUT)
    if number >= 0:
        atomic_or(pool + FREE, 1 << number)
