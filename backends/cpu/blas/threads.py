"""One BLAS thread a call, while tasks of a plan are what runs at the same time.

The number of threads is one setting of a whole library: two threads in each of two
workers' calls would take twice as long. The first plan to begin sets it, the last to
end restores it.
"""

import sys
from contextlib import AbstractContextManager
from threading import Lock
from types import TracebackType
from typing import Final

from lazydag.backends.cpu.blas.libraries import Swap, loaded_libraries, swaps
from lazydag.runtime.fork import after_fork

# Importing one of these loads a library.
_BRING_BLAS: Final = ("numpy", "scipy.linalg", "scipy.linalg.cython_blas")


class SingleThreaded(AbstractContextManager[None]):
    """Sets all loaded BLAS libraries to one thread, until every user has left.

    One object serves nested and concurrent users. A library that someone else sets in
    between keeps that number.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._users = 0
        self._swaps: tuple[Swap, ...] = ()
        self._before: list[int] = []
        self._nmodules = 0
        self._known: list[bool] = []
        after_fork(self._forget)

    def __enter__(self) -> None:
        with self._lock:
            if not self._users:
                if len(sys.modules) != self._nmodules:
                    self._look()
                for swap in self._swaps:
                    self._before.append(swap(1))
            self._users += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._lock:
            self._users -= 1
            if not self._users:
                self._restore()

    def _look(self) -> None:
        """Find the libraries again if an import may have brought one."""
        self._nmodules = len(sys.modules)
        known = [name in sys.modules for name in _BRING_BLAS]
        if known != self._known:
            self._swaps, self._known = swaps(loaded_libraries()), known

    def _restore(self) -> None:
        before = self._before
        for swap in self._swaps:
            if before and (now := swap(before.pop(0))) != 1:  # someone else's wish
                swap(now)

    def _forget(self) -> None:
        """Begin anew in a forked child: no plan runs there."""
        self._lock = Lock()
        self._users = 0
        self._restore()


_single_threaded: Final = SingleThreaded()


def single_threaded_blas() -> AbstractContextManager[None]:
    """Return the context in which BLAS calls use one thread each.

    The setting is the process's: all threads see it. Libraries without a switch that is
    known here keep their threads.
    """
    return _single_threaded
