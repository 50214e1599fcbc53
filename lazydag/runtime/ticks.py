"""From ticks of the engine's clock to the time of `time.perf_counter_ns`."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from lazydag.runtime.address import address_of
from lazydag.runtime.engines import Engine

# Reading both clocks takes 0.3 µs; over this long the rate is right to 0.1%.
FIRST_SECONDS = 0.5e-3
TRIES = 5
# If it seems to change by more, one of the clocks stood still: the machine slept.
MOST_CHANGE = 0.01


class Clock:
    """Relates two clocks of constant rates, the better the longer it lives.

    Parameters
    ----------
    engine
        The engine that reads its clock.
    pool
        Address of the pool's words, which say which clock it is.
    """

    def __init__(self, engine: Engine, pool: int) -> None:
        self._now = engine.now
        self._pool = pool
        self._scratch = np.zeros(2, np.int64)
        self._first = self._anchor()
        # Events refer to the latest anchor, so that errors of the rate stay small.
        while time.perf_counter_ns() - self._first[1] < FIRST_SECONDS * 1e9:
            pass
        self.ticks_per_ns = self._rate(self._anchor())

    def nanoseconds(self, ticks: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the times that recent readings of the engine's clock stand for."""
        last = self._anchor()
        rate = self._rate(last)
        if abs(rate / self.ticks_per_ns - 1.0) < MOST_CHANGE:
            self.ticks_per_ns = rate
        else:
            self._first = last
        ago = np.rint((last[0] - ticks) / self.ticks_per_ns)
        return last[1] - ago.astype(np.int64)

    def _rate(self, last: tuple[int, int]) -> float:
        first = self._first
        return (last[0] - first[0]) / (last[1] - first[1])

    def _anchor(self) -> tuple[int, int]:
        """Return one moment on both clocks: the reading that took least."""
        return min(map(self._reading, range(TRIES)), key=lambda reading: reading[0])[1]

    def _reading(self, _: int) -> tuple[int, tuple[int, int]]:
        before = time.perf_counter_ns()
        ticks = self._now(self._pool, address_of(self._scratch))
        after = time.perf_counter_ns()
        return after - before, (ticks, (before + after) // 2)
