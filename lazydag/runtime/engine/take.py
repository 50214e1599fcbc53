"""Taking ready tasks, and sharing those that got ready.

Tasks that hold the GIL lie in a set of their own behind a gate, which one worker at a
time may pass: two of them could not run at once, and the second would only block. Who
has passed stays inside while such tasks are the best there are, and keeps the GIL.
"""

from __future__ import annotations

from lazydag.runtime.engine.calls import drop_gil
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
            gated = first_gated(pool, job, desk)
            if gated < min(best, kept):
                if pass_gate(pool, job, desk, gated) == 1:
                    share_native(pool, job, kept)
                    return gated
                continue
            leave_gate(pool, job, desk)
        if best >= kept:
            return kept
        if is_grid(job, best) == 1 or remove(pool, job, job + NATIVE, best) == 1:
            share_native(pool, job, kept)
            return best


def is_inside(job: int, desk: int) -> int:
    """Return 1 if this worker has passed the gate."""
    return 1 if atomic_load(job + GATE) == load(desk + DESK_WORKER) + 1 else 0


def first_gated(pool: int, job: int, desk: int) -> int:
    """Return the best task behind the gate, or `NONE` if another worker is there."""
    if atomic_load(job + GATE) != 0 and is_inside(job, desk) == 0:
        return NONE
    return first(pool, job, job + GATED)


def pass_gate(pool: int, job: int, desk: int, task: int) -> int:
    """Take a task behind the gate; return 0 if somebody was faster."""
    own = load(desk + DESK_WORKER) + 1
    if is_inside(job, desk) == 0 and compare_swap(job + GATE, 0, own) == 0:
        return 0
    return remove(pool, job, job + GATED, task)


def leave_gate(pool: int, job: int, desk: int) -> None:
    """Let the next one pass, if this worker is inside, and give up the GIL.

    Others who looked in between found the gate shut, so this one looks once more.
    """
    if is_inside(job, desk) == 0:
        return
    drop_gil(pool, desk)
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
        # Who is inside takes it, or calls for help when leaving.
        if atomic_load(job + GATE) == 0:
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
