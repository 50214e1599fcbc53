"""Taking ready tasks, and sharing those that got ready.

Tasks that hold the GIL lie in a set of their own behind a gate, which one worker at a
time may pass: two of them could not run at once, and the second would only block.
"""

from __future__ import annotations

from lazydag.runtime.engine.memory import (
    atomic_load,
    atomic_store,
    compare_swap,
    load,
)
from lazydag.runtime.engine.park import call_help
from lazydag.runtime.engine.ready_set import first, push, remove
from lazydag.runtime.engine.words import (
    CODE_GATED,
    CODE_GRID,
    CODE_SHIFT,
    DESK_WORKER,
    GATE,
    GATED,
    GRID,
    GRID_GRAIN,
    GRID_NTILES,
    GRIDS,
    LEVELS,
    LIMIT,
    NATIVE,
    NONE,
    ROW,
    ROWS,
    SHAPE,
)


def take(pool: int, job: int, desk: int, kept: int) -> int:
    """Return the best of the ready tasks and `kept`, or `NONE`.

    It is the caller's to run, and no longer in a set, except for a grid, which stays
    while it has tiles left. If `kept` is not the best it is shared.
    """
    while True:
        best = first(pool, job, job + NATIVE)
        if load(job + GATED + LEVELS) != 0:
            gated = first_gated(pool, job)
            if gated < best and gated < kept:
                if pass_gate(pool, job, desk, gated) == 1:
                    share_native(pool, job, kept)
                    return gated
                continue
        if best >= kept:
            return kept
        if is_grid(job, best) == 1 or remove(pool, job, job + NATIVE, best) == 1:
            share_native(pool, job, kept)
            return best


def first_gated(pool: int, job: int) -> int:
    """Return the best task behind the gate, or `NONE` if somebody has passed it."""
    if atomic_load(job + GATE) != 0:
        return NONE
    return first(pool, job, job + GATED)


def pass_gate(pool: int, job: int, desk: int, task: int) -> int:
    """Take a task behind the gate; return 0 if somebody was faster."""
    if compare_swap(job + GATE, 0, load(desk + DESK_WORKER) + 1) == 0:
        return 0
    if remove(pool, job, job + GATED, task) == 1:
        return 1
    leave_gate(pool, job)
    return 0


def leave_gate(pool: int, job: int) -> None:
    """Let the next one pass; who looked in between found nothing."""
    atomic_store(job + GATE, 0)
    if first(pool, job, job + GATED) != NONE:
        call_help(pool, job, 1)


def is_grid(job: int, task: int) -> int:
    """Return 1 if a task has several tiles."""
    return 1 if load(load(job + ROWS) + task * ROW + SHAPE) > 0 else 0


def share_native(pool: int, job: int, task: int) -> None:
    """Put a task of one tile that somebody else may take into the set; not `NONE`."""
    if task != NONE:
        push(job + NATIVE, task)
        call_help(pool, job, 1)


def share(pool: int, job: int, code: int) -> None:
    """Put a successor that got ready where it can be found."""
    task = code >> CODE_SHIFT
    if code & CODE_GATED != 0:
        push(job + GATED, task)
        call_help(pool, job, 1)
        return
    push(job + NATIVE, task)
    call_help(pool, job, ranges_of(job, task) if code & CODE_GRID != 0 else 1)


def ranges_of(job: int, task: int) -> int:
    """Return how many workers a grid could use at most."""
    shape = load(load(job + ROWS) + task * ROW + SHAPE)
    grid = load(job + GRIDS) + (shape - 1) * GRID
    ranges = load(grid + GRID_NTILES)
    limit = load(job + LIMIT)
    if load(grid + GRID_GRAIN) >= ranges:
        return 1
    return min(limit, ranges)
