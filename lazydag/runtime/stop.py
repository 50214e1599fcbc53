"""Stopping runs from outside."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from lazydag.runtime.engine import words
from lazydag.runtime.pool import Pool
from lazydag.runtime.state import RunState


class Stop:
    """Stops the runs that it was given to, from any thread.

    Tiles that run come to their end; nothing new begins.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._runs: list[tuple[Pool, RunState]] = []
        self._is_set = False

    @property
    def is_set(self) -> bool:
        """Whether `set` was called."""
        return self._is_set

    def set(self) -> None:
        """Stop the runs under way; later ones end before they begin."""
        with self._lock:
            self._is_set = True
            for pool, state in self._runs:
                pool.engine.stop(pool.address, state.address, words.STOP_CANCELLED)

    @contextmanager
    def watching(self, pool: Pool, state: RunState) -> Iterator[None]:
        """Let `set` stop this run while the context lasts."""
        run = (pool, state)
        with self._lock:
            self._runs.append(run)
            if self._is_set:
                state.view[words.STOP >> 3] = words.STOP_CANCELLED
        try:
            yield
        finally:
            with self._lock:
                self._runs.remove(run)
