"""Waiting for a short while, before it is worth to sleep."""

from __future__ import annotations

from lazydag.runtime.engine.memory import call32, load, pause
from lazydag.runtime.engine.words import SPINS, YIELD_FUNCTION, YIELDS


def rest(pool: int, idle: int) -> int:
    """Wait for one round, the `idle`-th; return 0 when it is time to sleep."""
    if idle < load(pool + SPINS):
        pause()
        return 1
    if idle < load(pool + SPINS) + load(pool + YIELDS):
        call32(load(pool + YIELD_FUNCTION))
        return 1
    return 0
