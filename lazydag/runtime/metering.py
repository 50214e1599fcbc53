"""How far a run is, read from the words that its workers share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from lazydag.runtime import sink
from lazydag.runtime.engine import words
from lazydag.runtime.state import RunState

_REMAINING = words.REMAINING >> 3
_DONE, _LAST = words.DESK_DONE >> 3, words.DESK_LAST >> 3


class RunMeter:
    """Counters of a run; reading them costs its workers nothing.

    Parameters
    ----------
    name
        What is run.
    state
        The run, which must not be used again before the meter is dropped.
    """

    def __init__(self, name: str, state: RunState) -> None:
        self.name = name
        self._view = state.view
        self._ntasks = len(state.tables.order)
        grids = state.tables.grids.reshape(-1, words.GRID >> 3)
        self._tiles = grids[: state.tables.ngrids, words.GRID_NTILES >> 3]
        self._taken, self._over = state.grids()
        self._desks = state.desks()

    def total(self) -> int:
        """Return the number of tiles; a task without a grid is one."""
        return self._ntasks - len(self._tiles) + int(self._tiles.sum())

    def done(self) -> int:
        """Return how many tiles are over, or have been taken by a worker."""
        over = self._ntasks - self._view[_REMAINING] + int(self._desks[:, _DONE].sum())
        whole = int(np.count_nonzero(self._over == self._tiles))
        taken = int(np.minimum(self._taken, self._tiles).sum())
        return min(max(0, over - whole) + taken, self.total())

    def busy(self) -> int:
        """Return how many workers run a task."""
        return int(np.count_nonzero(self._desks[:, _LAST]))


@contextmanager
def metered(name: str, state: RunState) -> Iterator[None]:
    """Let those who watch read a run's counters."""
    meter = RunMeter(name, state)
    sink.begin(meter)
    try:
        yield
    finally:
        sink.end(meter)
