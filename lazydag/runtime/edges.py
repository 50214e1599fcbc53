"""Accesses, and the edges that follow from them."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from lazydag.runtime.mode import Mode

__all__ = ["Access", "Mode", "predecessors"]


@dataclass(frozen=True, slots=True)
class Access:
    """A task's access to the bytes ``[start, stop)`` of a slot; all by default."""

    slot: int
    mode: Mode
    start: int = 0
    stop: int = sys.maxsize

    def overlaps(self, other: Access) -> bool:
        """Whether two accesses of one slot touch a common byte."""
        return self.start < other.stop and other.start < self.stop

    def covers(self, other: Access) -> bool:
        """Whether this access touches every byte that the other does."""
        return self.start <= other.start and other.stop <= self.stop


def predecessors(
    accesses: Sequence[Sequence[Access]],
) -> tuple[tuple[int, ...], ...]:
    """Return for each task the earlier tasks that it has to wait for, ascending.

    Parameters
    ----------
    accesses
        The accesses of each task, in sequential order.

    Notes
    -----
    Per slot only the accesses that no later write has covered are kept: tasks over
    whole slots take O(accesses + edges).
    """
    live: dict[int, _Live] = {}
    return tuple(_visit(task, own, live) for task, own in enumerate(accesses))


_Entry = tuple[int, Access]


@dataclass(slots=True)
class _Live:
    """The accesses of one slot that a later task may have to wait for."""

    writes: list[_Entry] = field(default_factory=list)
    reads: list[_Entry] = field(default_factory=list)

    def before(self, access: Access) -> Iterator[int]:
        """Yield the tasks that `access` has to wait for."""
        for entries in (self.writes, self.reads if access.mode.writes else []):
            yield from (task for task, other in entries if other.overlaps(access))

    def add(self, task: int, access: Access) -> None:
        """Add a task's access; a write replaces what it covers."""
        if not access.mode.writes:
            self.reads.append((task, access))
            return
        for entries in (self.writes, self.reads):
            entries[:] = [
                entry
                for entry in entries
                if entry[0] == task or not access.covers(entry[1])
            ]
        self.writes.append((task, access))


def _visit(task: int, own: Sequence[Access], live: dict[int, _Live]) -> tuple[int, ...]:
    found: set[int] = set()
    for access in own:
        if access.slot in live:
            found.update(live[access.slot].before(access))
    for access in own:
        live.setdefault(access.slot, _Live()).add(task, access)
    return tuple(sorted(found))
