"""A lock-free set of ready tasks, in exact order of priority.

Tasks are numbered by rank, so the best task is the smallest member. The set is a bitmap
with summaries above it: bit i of a level says that word i of the level below is not
empty; the topmost level is one word.

A summary may be set over an empty word, which whoever meets it repairs, but is never
left clear over a full one: after clearing it, the word below is read again. A task that
was pushed can be found as soon as `push` returns, except while somebody is between
these two steps; who then puts the summary back calls for help, as a pusher does.
"""

from __future__ import annotations

from lazydag.runtime.engine.memory import (
    atomic_and,
    atomic_load,
    atomic_or,
    count_trailing_zeros,
    load,
)
from lazydag.runtime.engine.park import call_help
from lazydag.runtime.engine.words import LEVEL, LEVELS, NONE


def push(ready: int, task: int) -> None:
    """Add a task."""
    atomic_or(load(ready + LEVEL) + ((task >> 6) << 3), 1 << (task & 63))
    summarise(ready, ready + LEVEL, task >> 6)


def summarise(ready: int, level: int, at: int) -> None:
    """Set the bits above word `at` of a level."""
    top = top_of(ready)
    while level < top:
        level += 8
        word = load(level) + ((at >> 6) << 3)
        bit = 1 << (at & 63)
        if atomic_load(word) & bit == 0:
            atomic_or(word, bit)
        at >>= 6


def first(pool: int, job: int, ready: int) -> int:
    """Return the best task without removing it, or `NONE`."""
    top = top_of(ready)
    while True:
        level = top
        bits = atomic_load(load(level))
        if bits == 0:
            return NONE
        at = count_trailing_zeros(bits)
        while bits != 0 and level > ready + LEVEL:
            level -= 8
            bits = atomic_load(load(level) + (at << 3))
            if bits != 0:
                at = (at << 6) | count_trailing_zeros(bits)
        if bits != 0:
            return at
        clear(pool, job, ready, level, at)


def remove(pool: int, job: int, ready: int, task: int) -> int:
    """Remove a task; return 1 if it was there, 0 if somebody else took it."""
    bit = 1 << (task & 63)
    word = load(ready + LEVEL) + ((task >> 6) << 3)
    if atomic_and(word, ~bit) & bit == 0:
        return 0
    if atomic_load(word) == 0:
        clear(pool, job, ready, ready + LEVEL, task >> 6)
    return 1


def clear(pool: int, job: int, ready: int, level: int, at: int) -> None:
    """Clear the bits above word `at` of a level, which looked empty."""
    top = top_of(ready)
    while level < top:
        word = load(level + 8) + ((at >> 6) << 3)
        atomic_and(word, ~(1 << (at & 63)))
        if atomic_load(load(level) + (at << 3)) != 0:
            summarise(ready, level, at)
            call_help(pool, job, 1)
            return
        if atomic_load(word) != 0:
            return
        level += 8
        at >>= 6


def top_of(ready: int) -> int:
    """Return where the address of the topmost level is kept."""
    return ready + LEVEL - 8 + (load(ready + LEVELS) << 3)
