"""The time, in ticks of the pool's clock."""

from __future__ import annotations

from lazydag.runtime.engine.memory import call32, cycles, load
from lazydag.runtime.engine.words import (
    CLOCK,
    CLOCK_CYCLES,
    CLOCK_FUNCTION,
    CLOCK_GETTIME,
    CLOCK_ID,
)


def now(pool: int, scratch: int) -> int:
    """Return the time; `scratch` is the address of two words to write to."""
    kind = load(pool + CLOCK)
    if kind == CLOCK_CYCLES:
        return cycles()
    if kind == CLOCK_GETTIME:
        call32(load(pool + CLOCK_FUNCTION), load(pool + CLOCK_ID), scratch)
        return load(scratch) * 1_000_000_000 + load(scratch + 8)
    call32(load(pool + CLOCK_FUNCTION), scratch)
    return load(scratch)
