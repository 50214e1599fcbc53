"""How many tasks there are, for those who watch."""

from __future__ import annotations

from lazydag.runtime.dynamic import seats
from lazydag.runtime.dynamic.scheduler import scheduler


class TaskMeter:
    """Counters of all spawned tasks."""

    name = "tasks"

    def total(self) -> int:
        """Return how many tasks were spawned."""
        return seats.counts()[0]

    def done(self) -> int:
        """Return how many of them have ended."""
        return seats.counts()[1]

    def busy(self) -> int:
        """Return how many threads run tasks."""
        return scheduler.slots.taken
