"""What helping threads do: serve the open jobs in turn, and sleep between them."""

from __future__ import annotations

from typing import Final

from lazydag.runtime.engine.idle import rest
from lazydag.runtime.engine.memory import (
    atomic_add,
    atomic_load,
    atomic_store,
    compare_swap,
    count_trailing_zeros,
    load,
)
from lazydag.runtime.engine.park import announce, retract, sleep, wait, wake
from lazydag.runtime.engine.words import (
    BYE,
    DESK_NBYTES,
    DESKS,
    DYNAMIC,
    DYNAMIC_WORK,
    FIRST_SLOT,
    HELP_TICKS,
    HELPERS,
    NAP,
    NONE,
    NWORKERS,
    OPEN,
    QUIT,
    SLEEPERS,
    SLOT,
    SLOT_INSIDE,
    SLOT_JOB,
    SLOT_PLACE,
    SLOTS,
    WORK_FINE,
    WORK_NOTHING,
)
from lazydag.runtime.engine.work import work

# A helper that stepped back looks again after so long, and then less and less often.
NAP_NS: Final = 50_000
LONGEST_NAP_NS: Final = 250_000


def help_jobs(pool: int, worker: int) -> int:
    """Serve jobs as worker `worker`.

    Returns `BYE` when the pool ends, and `DYNAMIC_WORK` when Python wants the thread.
    """
    idle = 0
    nap = NAP_NS
    while True:
        if atomic_load(pool + QUIT) != 0:
            return BYE
        if answer(pool) == 1:
            return DYNAMIC_WORK
        result = serve(pool, worker)
        if result == WORK_FINE:
            wait(pool, pool + NAP, nap)
            nap = min(2 * nap, LONGEST_NAP_NS)
            continue
        idle = idle + 1 if result == WORK_NOTHING else 0
        nap = nap if result == WORK_NOTHING else NAP_NS
        if rest(pool, idle) == 0:
            announce(pool + HELPERS)
            if is_called(pool) == 1 or serve(pool, worker) != WORK_NOTHING:
                retract(pool, pool + HELPERS)
            else:
                sleep(pool, pool + HELPERS)
            idle = 0


def is_called(pool: int) -> int:
    """Return 1 if helpers are wanted outside of jobs."""
    if atomic_load(pool + QUIT) != 0:
        return 1
    return 1 if atomic_load(pool + DYNAMIC) > 0 else 0


def answer(pool: int) -> int:
    """Return 1 if Python wants a helper, and this is the one."""
    wanted = atomic_load(pool + DYNAMIC)
    while wanted > 0:
        if compare_swap(pool + DYNAMIC, wanted, wanted - 1) == 1:
            return 1
        wanted = atomic_load(pool + DYNAMIC)
    return 0


def rouse(pool: int, count: int, most: int) -> int:
    """Call `count` helpers to Python, or as many as make `most` on their way."""
    wanted = atomic_load(pool + DYNAMIC)
    while wanted < most:
        more = min(count, most - wanted)
        if compare_swap(pool + DYNAMIC, wanted, wanted + more) == 1:
            if atomic_load(pool + HELPERS + SLEEPERS) > 0:
                wake(pool, pool + HELPERS, more)
            return 0
        wanted = atomic_load(pool + DYNAMIC)
    return 0


def quit_pool(pool: int) -> int:
    """Send all helpers home."""
    atomic_store(pool + QUIT, 1)
    wake(pool, pool + HELPERS, NONE)
    return 0


def serve(pool: int, worker: int) -> int:
    """Work for a while in each open job.

    Returns `WORK_FINE` if one had work, but only such that is too fine to share.
    """
    left = atomic_load(pool + OPEN)
    result = WORK_NOTHING
    number = count_trailing_zeros(left)
    while number < SLOTS:
        left &= ~(1 << number)
        result = max(result, visit(pool, pool + FIRST_SLOT + number * SLOT, worker))
        number = count_trailing_zeros(left)
    return result


def visit(pool: int, slot: int, worker: int) -> int:
    """Work in the job of a slot, if it is open."""
    result = WORK_NOTHING
    atomic_add(slot + SLOT_INSIDE, 1)
    job = atomic_load(slot + SLOT_JOB)
    if job != 0 and worker < load(job + NWORKERS):
        desk = load(job + DESKS) + worker * load(job + DESK_NBYTES)
        result = work(pool, job, desk, load(pool + HELP_TICKS))
    inside = atomic_add(slot + SLOT_INSIDE, -1)
    if inside == 1 and atomic_load(slot + SLOT_JOB) == 0:
        wake(pool, slot + SLOT_PLACE, 1)
    return result
