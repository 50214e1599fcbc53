"""Accesses of slots, and the edges that follow from them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from lazydag.runtime.alias.history import History, Meeting
from lazydag.runtime.alias.recorder import Recorder
from lazydag.runtime.alias.region import Region
from lazydag.runtime.mode import Mode

__all__ = ["Access", "Mode", "predecessors"]

#: The first byte, and the one behind the last.
_Bounds: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Access:
    """A task's access to the bytes ``[start, stop)`` of a slot; all by default.

    Parameters
    ----------
    region
        The very bytes, counted from the start of the slot, if they are not all of
        these.
    """

    slot: int
    mode: Mode
    start: int = 0
    stop: int = sys.maxsize
    region: Region | None = None


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
    range of bytes is compared with those around it when it is first seen: tasks take
    O(accesses + edges), however many ranges of a slot there are.
    """
    if any(access.region is not None for own in accesses for access in own):
        return _by_regions(accesses)
    slots: dict[int, _Ranges] = {}
    waits = []
    for task, own in enumerate(accesses):
        found: set[int] = set()
        for access in own:
            ranges = slots.get(access.slot)
            if ranges is None:
                ranges = slots[access.slot] = _Ranges()
            history = ranges.history((access.start, access.stop))
            if access.mode is Mode.IN:
                history.read(task, found)
            else:
                history.write(task, found)
        found.discard(task)
        waits.append(tuple(sorted(found)))
    return tuple(waits)


def _by_regions(
    accesses: Sequence[Sequence[Access]],
) -> tuple[tuple[int, ...], ...]:
    """Return what tasks wait for where accesses have gaps, exactly."""
    recorder = Recorder()
    numbers: dict[int, int] = {}  # by identity: regions take long to hash
    for task, own in enumerate(accesses):
        found = []
        for access in own:
            number = numbers.get(id(access))
            if number is None:
                number = numbers[id(access)] = recorder.number_of(_region(access))
            found.append((number, access.mode))
        recorder.add(task, found)
    sources, tasks = recorder.edges()
    bounds = np.searchsorted(tasks, np.arange(1, len(accesses)))
    return tuple(tuple(part.tolist()) for part in np.split(sources, bounds))


def _region(access: Access) -> Region:
    if access.region is not None:
        return access.region
    return Region.dense(("slot", access.slot), access.start, access.stop)


class _Ranges:
    """The histories of a slot's ranges of bytes.

    Ranges of one size, to the power of two, are kept in cells of that size, so that
    each touches two cells at most.
    """

    __slots__ = ("_cells", "_histories", "_sizes")

    def __init__(self) -> None:
        self._histories: dict[_Bounds, History] = {}
        self._sizes: dict[int, list[_Bounds]] = {}
        self._cells: dict[tuple[int, int], list[_Bounds]] = {}

    def history(self, bounds: _Bounds) -> History:
        """Return the history of a range, which is compared when it is first seen."""
        known = self._histories.get(bounds)
        if known is not None:
            return known
        start, stop = bounds
        history = History(stop - start)
        for begin, end in self._near(start, stop):
            if start < end and begin < stop:
                covers = start <= begin and end <= stop
                covered = begin <= start and stop <= end
                older = self._histories[begin, end]
                history.relate(older, Meeting(covers, covered))
        self._histories[bounds] = history
        self._add(bounds)
        return history

    def _near(self, start: int, stop: int) -> Iterable[_Bounds]:
        """Return ranges, those that have bytes in common with one among them."""
        found: dict[_Bounds, None] = {}
        for shift, ranges in self._sizes.items():
            first, last = start >> shift, max(start, stop - 1) >> shift
            if last - first >= len(ranges):
                found |= dict.fromkeys(ranges)
                continue
            for cell in range(first, last + 1):
                found |= dict.fromkeys(self._cells.get((shift, cell), ()))
        return found

    def _add(self, bounds: _Bounds) -> None:
        start, stop = bounds
        shift = max(stop - start, 1).bit_length()
        self._sizes.setdefault(shift, []).append(bounds)
        for cell in {start >> shift, max(start, stop - 1) >> shift}:
            self._cells.setdefault((shift, cell), []).append(bounds)
