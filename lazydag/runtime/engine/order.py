"""Ordering the tasks of a graph by their critical paths, and linking successors.

Each function takes the address of a graph's words. `link` gathers the predecessors of
each task, `measure` walks back from the tasks without successors, and `number` writes
the successors once the tasks have ranks.
"""

from __future__ import annotations

from lazydag.runtime.engine.memory import load, store, store32
from lazydag.runtime.engine.words import (
    CODE_SHIFT,
    CODES,
    COSTS,
    CURSORS,
    DESTINATIONS,
    DISTANCES,
    EDGES,
    FLAGS,
    ORDER,
    OUT_DEGREES,
    POSITIONS,
    PREDECESSORS,
    SOURCES,
    STACK,
    STARTS,
    TASKS,
)


def link(graph: int) -> int:
    """Sort the edges by destination; fill `STARTS`, `PREDECESSORS`, `OUT_DEGREES`.

    `STARTS` has one word more than it needs, and is all zeros before.
    """
    sources = load(graph + SOURCES)
    destinations = load(graph + DESTINATIONS)
    nbytes = load(graph + EDGES) << 3
    starts = load(graph + STARTS)
    # Counted two places on, the sums are where a task's predecessors begin, one place
    # on; filling moves each to where they end, which is where the next begin.
    at = 0
    while at < nbytes:
        increment(starts + (load(destinations + at) << 3) + 16)
        increment(load(graph + OUT_DEGREES) + (load(sources + at) << 3))
        at += 8
    accumulate(starts, load(graph + TASKS) + 2)
    at = 0
    while at < nbytes:
        start = starts + (load(destinations + at) << 3) + 8
        store(load(graph + PREDECESSORS) + (load(start) << 3), load(sources + at))
        increment(start)
        at += 8
    return 0


def increment(address: int) -> None:
    """Add 1 to a word."""
    store(address, load(address) + 1)


def accumulate(address: int, count: int) -> None:
    """Replace words by their running sums."""
    total = 0
    end = address + (count << 3)
    while address < end:
        total += load(address)
        store(address, total)
        address += 8


def measure(graph: int) -> int:
    """Fill `DISTANCES`, zeros before; return how many tasks lie on no cycle.

    Uses up `OUT_DEGREES`.
    """
    distances = load(graph + DISTANCES)
    costs = load(graph + COSTS)
    stack = load(graph + STACK)
    end = push_last(graph)
    count = 0
    while end > stack:
        end -= 8
        task = load(end)
        distance = load(distances + (task << 3)) + load(costs + (task << 3))
        store(distances + (task << 3), distance)
        end = reach(graph, task, distance, end)
        count += 1
    return count


def push_last(graph: int) -> int:
    """Put the tasks without successors on the stack; return its end."""
    end = load(graph + STACK)
    task = 0
    while task < load(graph + TASKS):
        if load(load(graph + OUT_DEGREES) + (task << 3)) == 0:
            store(end, task)
            end += 8
        task += 1
    return end


def reach(graph: int, task: int, distance: int, end: int) -> int:
    """Tell a task's predecessors its distance; return the new end of the stack."""
    at = load(load(graph + STARTS) + (task << 3))
    stop = load(load(graph + STARTS) + (task << 3) + 8)
    while at < stop:
        before = load(load(graph + PREDECESSORS) + (at << 3)) << 3
        if load(load(graph + DISTANCES) + before) < distance:
            store(load(graph + DISTANCES) + before, distance)
        left = load(load(graph + OUT_DEGREES) + before) - 1
        store(load(graph + OUT_DEGREES) + before, left)
        if left == 0:
            store(end, before >> 3)
            end += 8
        at += 1
    return end


def number(graph: int) -> int:
    """Write the successors of each task, by rank: sorted, since we go by rank."""
    order = load(graph + ORDER)
    rank = 0
    while rank < load(graph + TASKS):
        code = (rank << CODE_SHIFT) | load(load(graph + FLAGS) + (rank << 3))
        task = load(order + (rank << 3)) << 3
        at = load(load(graph + STARTS) + task)
        stop = load(load(graph + STARTS) + task + 8)
        while at < stop:
            before = load(load(graph + PREDECESSORS) + (at << 3))
            position = load(load(graph + POSITIONS) + (before << 3))
            cursor = load(graph + CURSORS) + (position << 3)
            store32(load(graph + CODES) + (load(cursor) << 2), code)
            increment(cursor)
            at += 1
        rank += 1
    return 0
