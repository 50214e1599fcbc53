"""What happened to a region so far: whom the next task that accesses it waits for.

Every region that tasks access has one `History`. Those with common bytes know each
other, and of two the one with fewer bytes, the *narrow* one, does the work: it looks at
the wide one when it is accessed, and leaves word there that it was. A matrix with ten
thousand tiles then costs its tiles one step each, and an access to the whole matrix
costs only the tiles that were accessed since it was written.

A task waits for no access before the last write that covers its region, since that
writer waited for it. It needs no edge to that writer either if there are later accesses
to these bytes, which waited for the writer too.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple


class Meeting(NamedTuple):
    """How two regions lie that have bytes in common, a new one and an older one.

    Parameters
    ----------
    covers
        Whether the new region is known to hold all of the older one.
    covered
        Whether the older region is known to hold all of the new one.
    is_sure
        Whether there are common bytes, or only may be.
    """

    covers: bool
    covered: bool
    is_sure: bool = True


class History:
    """The accesses of one region that a later task may have to wait for.

    Tasks are numbers that ascend in the order in which they are recorded.

    Parameters
    ----------
    nbytes
        Size of the region.
    """

    __slots__ = (
        "_coverers",
        "_is_sure",
        "_nbytes",
        "_reads",
        "_touched",
        "_wide",
        "_write",
        "_written",
    )

    def __init__(self, nbytes: int) -> None:
        self._nbytes = nbytes
        self._write = -1  # the last task that wrote all of it
        # Most regions have no neighbours, and there may be many of them: no lists.
        self._reads: list[int] | tuple[()] = ()  # the tasks that read it since
        self._wide: tuple[History, ...] = ()
        self._coverers: tuple[History, ...] = ()  # those wide ones that hold all of it
        self._is_sure = True  # that all neighbours have bytes in common with it
        # The narrow ones that were accessed, and those written, since the last write.
        self._touched: dict[History, None] = {}
        self._written: dict[History, None] = {}

    def relate(self, older: History, meeting: Meeting) -> None:
        """Tell a new history of an older one whose region meets its own."""
        self._is_sure &= meeting.is_sure
        older._is_sure &= meeting.is_sure
        if older._nbytes < self._nbytes:
            older._wide += (self,)
            if meeting.covers:
                older._coverers += (self,)
            older._leave_word(self)
        else:
            self._wide += (older,)
            if meeting.covered:
                self._coverers += (older,)

    def _leave_word(self, wide: History) -> None:
        if self._reads or self._write >= 0:
            wide._touched[self] = None
        if self._write >= 0:
            wide._written[self] = None

    def read(self, task: int, found: set[int]) -> None:
        """Record that a task reads the region, and add whom it waits for."""
        if self._coverers:
            self._settle()
        last = self._write
        idle = True  # nobody touched these bytes since
        for wide in self._wide:
            if wide._write > last:
                found.add(wide._write)
                idle = False
            wide._touched[self] = None
        for narrow in self._written:
            if narrow._write > last:
                found.add(narrow._write)
                idle = False
        if last >= 0 and (idle or not self._is_sure):
            found.add(last)
        if self._reads:
            self._reads.append(task)
        else:
            self._reads = [task]

    def write(self, task: int, found: set[int]) -> None:
        """Record that a task writes the region, and add whom it waits for."""
        if self._coverers:
            self._settle()
        last = self._write
        reads = self._reads
        found.update(reads)
        idle, last_read = (False, reads[-1]) if reads else (True, last)
        for other in (*self._wide, *self._touched):
            later = other._since(last, last_read)
            found.update(later)
            idle = idle and not later
        if last >= 0 and (idle or not self._is_sure):
            found.add(last)
        self._write, self._reads = task, ()
        for wide in self._wide:
            wide._touched[self] = wide._written[self] = None
        if self._touched:
            self._touched.clear()
            self._written.clear()

    def _settle(self) -> None:
        """Count a later write of all of a region around this one as one of this one."""
        last = max(wide._write for wide in self._coverers)
        if last > self._write:
            self._write, self._reads = last, ()

    def _since(self, write: int, read: int) -> Sequence[int]:
        """Return whom a writer of another region waits for.

        It waits already for the last task that wrote that region, and for the last that
        read it, if that was later; the reader waited for all writers before it.
        """
        later = self._reads[bisect_right(self._reads, write) :]
        if later:
            return later
        return (self._write,) if self._write > read else ()
