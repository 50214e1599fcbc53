"""Bits of tasks: which have failed, which must not run."""

from __future__ import annotations

from lazydag.runtime.engine.memory import atomic_load, atomic_or


def mark(bits: int, task: int) -> int:
    """Set a task's bit; return 1 if it was clear before."""
    bit = 1 << (task & 63)
    return 1 if atomic_or(bits + ((task >> 6) << 3), bit) & bit == 0 else 0


def is_marked(bits: int, task: int) -> int:
    """Return 1 if a task's bit is set."""
    word = atomic_load(bits + ((task >> 6) << 3))
    return 1 if word & (1 << (task & 63)) != 0 else 0
