"""Accesses of slots, and the edges that follow from them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from lazydag.runtime.alias.history import History, Meeting
from lazydag.runtime.mode import Mode

__all__ = ["Access", "Mode", "predecessors"]


@dataclass(frozen=True, slots=True)
class Access:
    """A task's access to the bytes ``[start, stop)`` of a slot; all by default."""

    slot: int
    mode: Mode
    start: int = 0
    stop: int = sys.maxsize


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
    Edges that follow from others are left out, see `lazydag.runtime.alias.history`. A
    range of bytes is compared with the others of its slot when it is first seen: tasks
    over whole slots take O(accesses + edges).
    """
    slots: dict[int, dict[tuple[int, int], History]] = {}
    waits = []
    for task, own in enumerate(accesses):
        found: set[int] = set()
        for access in own:
            ranges = slots.setdefault(access.slot, {})
            bounds = access.start, access.stop
            history = ranges.get(bounds) or _begin(access, ranges)
            if access.mode is Mode.IN:
                history.read(task, found)
            else:
                history.write(task, found)
        found.discard(task)
        waits.append(tuple(sorted(found)))
    return tuple(waits)


def _begin(access: Access, ranges: dict[tuple[int, int], History]) -> History:
    """Compare a new range with the others of its slot."""
    start, stop = access.start, access.stop
    history = History(stop - start)
    for (begin, end), older in ranges.items():
        if start < end and begin < stop:
            covers, covered = (
                start <= begin and end <= stop,
                begin <= start and stop <= end,
            )
            history.relate(older, Meeting(covers, covered))
    ranges[start, stop] = history
    return history
