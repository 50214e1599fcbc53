"""Running the tiles of a task.

A grid is a task of many tiles. It stays in the ready set while tiles are left; workers
take ranges of them by an atomic add, and whoever ends the last tile finishes the task.
"""

from __future__ import annotations

from lazydag.runtime.engine.bits import is_marked
from lazydag.runtime.engine.calls import call_python, drop_gil
from lazydag.runtime.engine.clock import now
from lazydag.runtime.engine.finish import extend, fail, finish, record
from lazydag.runtime.engine.memory import (
    atomic_add,
    atomic_swap,
    call_kernel,
    load,
    load_relaxed,
    store,
)
from lazydag.runtime.engine.ready_set import first, remove
from lazydag.runtime.engine.take import is_inside
from lazydag.runtime.engine.words import (
    BASES,
    BLOCK,
    BROKEN,
    DESK_BUSY,
    DESK_DUE,
    DESK_LAST,
    DESK_SCRATCH,
    DESK_TASK,
    DESK_WORKER,
    FAILED,
    GRID,
    GRID_COUNTER,
    GRID_COUNTERS,
    GRID_DONE,
    GRID_GRAIN,
    GRID_NEXT,
    GRID_NTILES,
    GRID_STRIDE,
    GRIDS,
    KERNEL,
    NATIVE,
    NONE,
    POISONED,
    ROW,
    ROWS,
    SHAPE,
    SHAPE_ONE,
    STOP,
    STOP_NO,
)


def run(pool: int, job: int, desk: int, task: int) -> int:
    """Run a task, or some tiles of it; return the successor to go on with."""
    row = load(job + ROWS) + task * ROW
    shape = load(row + SHAPE)
    if shape > 0:
        return run_grid(pool, job, desk, task, shape - 1)
    is_bad = is_poisoned(job, task)
    if is_bad == 0 and shape == SHAPE_ONE:
        is_bad = run_one(pool, job, desk, task, row)
    return finish(pool, job, desk, task, is_bad)


def is_poisoned(job: int, task: int) -> int:
    """Return 1 if a task depends on one that failed."""
    if load_relaxed(job + FAILED) == 0:
        return 0
    return is_marked(load(job + POISONED), task)


def run_one(pool: int, job: int, desk: int, task: int, row: int) -> int:
    """Run the only tile of a task; return 1 if it failed."""
    kernel = load(row + KERNEL)
    block = load(row + BLOCK)
    clock_in(pool, desk)
    if kernel != 0:
        code = call_kernel(kernel, block, load(job + BASES))
    else:
        store(desk + DESK_TASK, task)
        code = call_python(pool, job, desk, block)
        if is_inside(job, desk) == 0:
            drop_gil(pool, desk)
    clock_out(pool, job, desk, task, 1)
    if code == 0:
        return 0
    fail(job, desk, task, 0, code)
    return 1


def clock_in(pool: int, desk: int) -> None:
    """Note when a helper begins a task; for a leader, when the one before ended."""
    if load(desk + DESK_WORKER) != 0:
        store(desk + DESK_LAST, now(pool, desk + DESK_SCRATCH))


def clock_out(pool: int, job: int, desk: int, task: int, tiles: int) -> None:
    """Write the event of the tiles that ran since."""
    start = load(desk + DESK_LAST)
    end = now(pool, desk + DESK_SCRATCH)
    # Only a grid is come back to.
    if tiles == 1 or extend(pool, job, desk, task, tiles, end) == 0:
        record(job, desk, task, tiles, start, end)
    store(desk + DESK_BUSY, load(desk + DESK_BUSY) + end - start)
    store(desk + DESK_LAST, end)


def run_grid(pool: int, job: int, desk: int, task: int, number: int) -> int:
    """Run tiles of a grid, as long as there are some and it is the best task."""
    counter = load(job + GRID_COUNTERS) + number * GRID_COUNTER
    grid = load(job + GRIDS) + number * GRID
    ntiles = load(grid + GRID_NTILES)
    grain = load(grid + GRID_GRAIN)
    over = skip_rest(counter, ntiles) if is_poisoned(job, task) == 1 else 0
    clock_in(pool, desk)
    ran = 0
    is_open = 1 if over == 0 else 0
    while is_open == 1:
        begin = atomic_add(counter + GRID_NEXT, grain)
        end = min(ntiles, begin + grain)
        is_open = 1 if end < ntiles else 0
        if begin < ntiles:
            good = run_range(job, desk, task, begin, end)
            ran += good
            over += end - begin
            if begin + good < end:
                over += skip_rest(counter, ntiles)
                is_open = 0
            elif is_open == 1 and is_due(pool, job, desk, task) == 1:
                break
    if is_open == 0:
        remove(pool, job, job + NATIVE, task)
    if ran > 0:
        clock_out(pool, job, desk, task, ran)
    if over == 0 or atomic_add(counter + GRID_DONE, over) + over != ntiles:
        return NONE
    return finish(pool, job, desk, task, is_spoiled(job, task))


def run_range(job: int, desk: int, task: int, begin: int, end: int) -> int:
    """Run some tiles; return how many there were before one failed, or a stop."""
    row = load(job + ROWS) + task * ROW
    kernel = load(row + KERNEL)
    stride = load(load(job + GRIDS) + (load(row + SHAPE) - 1) * GRID + GRID_STRIDE)
    block = load(row + BLOCK) + begin * stride
    bases = load(job + BASES)
    tile = begin
    while tile < end and load_relaxed(job + STOP) == STOP_NO:
        code = call_kernel(kernel, block, bases)
        if code != 0:
            fail(job, desk, task, tile, code)
            break
        block += stride
        tile += 1
    return tile - begin


def skip_rest(counter: int, ntiles: int) -> int:
    """Take all tiles that nobody has taken, and return how many."""
    taken = atomic_swap(counter + GRID_NEXT, NONE)
    return max(0, ntiles - taken)


def is_due(pool: int, job: int, desk: int, task: int) -> int:
    """Return 1 if time is up, or a task that is better is ready."""
    if now(pool, desk + DESK_SCRATCH) > load(desk + DESK_DUE):
        return 1
    return 1 if first(pool, job, job + NATIVE) < task else 0


def is_spoiled(job: int, task: int) -> int:
    """Return 1 if a task failed, or depends on one that did."""
    if load_relaxed(job + FAILED) == 0:
        return 0
    return is_marked(load(job + BROKEN), task) | is_marked(load(job + POISONED), task)
