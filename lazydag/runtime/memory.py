"""A pool of aligned buffers that are used again.

Fresh pages are the enemy: writing a fresh 160 MB array takes three times as long as
writing one whose pages are there already. So buffers go back to the pool, and stay.

Users get arrays over leases (see `lazydag.runtime.lease`), which end by themselves.
"""

from __future__ import annotations

import gc
import math
import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazydag.errors import OutOfMemoryError, SourceLine
from lazydag.runtime.fork import after_fork
from lazydag.runtime.lease import Lease, lease_type
from lazydag.runtime.limits import VARIABLE, default_limit, printed
from lazydag.runtime.pages import Pages, new_pages, size_class

# Buffers of at least this size are worth a search for a near fit, and a trim.
LARGE_NBYTES = 1 << 20
REMEMBERED_SIZES = 4096

_REMEDY = (
    "Drop arrays that are not needed, compute on parts of the data, "
    f"or raise {VARIABLE}."
)


@dataclass(frozen=True, slots=True)
class MemoryStats:
    """What a pool holds.

    Parameters
    ----------
    held_nbytes
        Bytes of all buffers, leased or idle.
    idle_nbytes
        Bytes of those that are not leased.
    peak_nbytes
        Most bytes ever held at one time.
    limit_nbytes
        The budget.
    """

    held_nbytes: int
    idle_nbytes: int
    peak_nbytes: int
    limit_nbytes: int

    @property
    def leased_nbytes(self) -> int:
        """Bytes of the buffers in use."""
        return self.held_nbytes - self.idle_nbytes


class MemoryPool:
    """Buffers within a budget.

    Parameters
    ----------
    limit_nbytes
        Most bytes to hold; by default ``LAZYDAG_MEMORY_LIMIT``, or a fraction of the
        memory that this process may use.
    idle_nbytes
        Most bytes to hold idle; by default half of the limit.

    Notes
    -----
    Idle buffers wait in one list per size class. Lists push and pop atomically, so the
    usual lease and return take no lock. The lock is for mapping and unmapping. A return
    may happen anywhere, since it is caused by the death of an object, even while the
    same thread holds the lock: it never waits for it.
    """

    def __init__(
        self, limit_nbytes: int | None = None, idle_nbytes: int | None = None
    ) -> None:
        self.limit_nbytes = default_limit() if limit_nbytes is None else limit_nbytes
        self.idle_limit_nbytes = (
            self.limit_nbytes // 2 if idle_nbytes is None else idle_nbytes
        )
        self._idle: dict[int, list[Pages]] = {}
        self._leases: dict[int, type[Lease]] = {}
        # By the size asked for: its class's list and type. Plans ask for few sizes.
        self._known: dict[int, tuple[list[Pages], type[Lease]]] = {}
        self._held_nbytes = 0
        self._peak_nbytes = 0
        self._new_lock()
        after_fork(self._new_lock)

    def lease(self, nbytes: int, at: SourceLine | None = None) -> Lease:
        """Return the right to a buffer of at least `nbytes`, its contents undefined.

        Raises
        ------
        OutOfMemoryError
            If the budget or the system does not allow it.
        """
        try:
            idle, kind = self._known[nbytes]
            pages = idle.pop()
        except (KeyError, IndexError):
            pages = self._find(size_class(nbytes), at)
            kind = self._leases[pages.nbytes]
            self._remember(nbytes)
        lease = kind.from_address(pages.address)
        lease.pages = pages
        return lease

    def empty(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
        """Return a C-contiguous array of undefined contents.

        Raises
        ------
        OutOfMemoryError
            If the budget or the system does not allow it.
        """
        return self.lease(math.prod(shape) * dtype.itemsize).array(shape, dtype)

    def require(
        self, nbytes: int, plan: str = "the plan", at: SourceLine | None = None
    ) -> None:
        """Check, before a plan runs, that it can lease `nbytes` at its peak.

        Raises
        ------
        OutOfMemoryError
            If the budget less what is in use does not allow it.
        """
        if self._held_nbytes + nbytes <= self.limit_nbytes:
            return
        used = self.stats().leased_nbytes
        if used + nbytes > self.limit_nbytes:
            gc.collect()
            used = self.stats().leased_nbytes
        if used + nbytes > self.limit_nbytes:
            what = (
                f"{plan} needs {printed(nbytes)} at its peak; "
                f"the limit is {printed(self.limit_nbytes)}, "
                f"of which {printed(used)} are in use"
            )
            raise self._error(what, nbytes, at)

    def trim(self, idle_nbytes: int = 0) -> int:
        """Give idle buffers back to the system until `idle_nbytes` are left.

        Returns
        -------
        int
            Bytes given back.
        """
        with self._lock:
            return self._trim(idle_nbytes)

    def stats(self) -> MemoryStats:
        """Return what the pool holds now."""
        return MemoryStats(
            held_nbytes=self._held_nbytes,
            idle_nbytes=self._idle_nbytes(),
            peak_nbytes=self._peak_nbytes,
            limit_nbytes=self.limit_nbytes,
        )

    def _new_lock(self) -> None:
        self._lock = threading.Lock()

    def _idle_nbytes(self) -> int:
        return sum(nbytes * len(idle) for nbytes, idle in list(self._idle.items()))

    def _find(self, wanted: int, at: SourceLine | None) -> Pages:
        with self._lock:
            if wanted >= LARGE_NBYTES:
                near = self._near(wanted)
                if near is not None:
                    return near
            self._make_room(wanted, at)
            pages = self._map(wanted, at)
            self._held_nbytes += wanted
            self._peak_nbytes = max(self._peak_nbytes, self._held_nbytes)
            self._add_class(wanted)
            return pages

    def _add_class(self, nbytes: int) -> None:
        if nbytes not in self._leases:
            idle = self._idle[nbytes] = []
            end = self._end if nbytes >= LARGE_NBYTES else idle.append
            self._leases[nbytes] = lease_type(nbytes, end)

    def _remember(self, nbytes: int) -> None:
        """Keep the way to a size's class; after a near fit there may be none."""
        wanted = size_class(nbytes)
        if wanted in self._leases:
            if len(self._known) >= REMEMBERED_SIZES:
                self._known.clear()
            self._known[nbytes] = self._idle[wanted], self._leases[wanted]

    def _near(self, wanted: int) -> Pages | None:
        """Return the idle buffer that fits best, below twice the size."""
        for nbytes in sorted(self._idle):
            if wanted <= nbytes < 2 * wanted:
                try:
                    return self._idle[nbytes].pop()
                except IndexError:
                    continue
        return None

    def _make_room(self, wanted: int, at: SourceLine | None) -> None:
        excess = self._held_nbytes + wanted - self.limit_nbytes
        if excess > 0:
            excess -= self._trim(max(0, self._idle_nbytes() - excess))
        if excess > 0:
            gc.collect()  # arrays that only a cycle keeps
            excess -= self._trim(max(0, self._idle_nbytes() - excess))
        if excess > 0:
            what = (
                f"no room for {printed(wanted)}: {printed(self._held_nbytes)} of "
                f"{printed(self.limit_nbytes)} are in use"
            )
            raise self._error(what, wanted, at)

    def _map(self, wanted: int, at: SourceLine | None) -> Pages:
        try:
            return new_pages(wanted)
        except MemoryError:
            self._trim(0)
        try:
            return new_pages(wanted)
        except MemoryError as error:
            what = f"the system refused {printed(wanted)}"
            raise self._error(what, wanted, at) from error

    def _error(self, what: str, nbytes: int, at: SourceLine | None) -> OutOfMemoryError:
        limit = self.limit_nbytes
        return OutOfMemoryError(what, at, _REMEDY, nbytes=nbytes, limit_nbytes=limit)

    def _trim(self, idle_nbytes: int) -> int:
        """Drop the longest idle buffers, the largest classes first."""
        freed = 0
        excess = self._idle_nbytes() - idle_nbytes
        for nbytes in sorted(self._idle, reverse=True):
            idle = self._idle[nbytes]
            while idle and freed < excess:
                try:
                    idle.pop(0)
                except IndexError:
                    break
                freed += nbytes
        self._held_nbytes -= freed
        return freed

    def _end(self, pages: Pages) -> None:
        """Take a large buffer back, and trim if nobody holds the lock."""
        self._idle[pages.nbytes].append(pages)
        if self._lock.acquire(blocking=False):
            try:
                if self._idle_nbytes() > self.idle_limit_nbytes:
                    self._trim(self.idle_limit_nbytes)
            finally:
                self._lock.release()
