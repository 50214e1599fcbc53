"""The stretches of one thread as slices of tracks: nested, but never overlapping."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lazydag.runtime.tasklist import Words
from lazydag.runtime.timeline import Rows, Timeline

# Clocks of different sources disagree by less. Slices that overlap by more were run
# at the same time, as the tasks of an event loop are.
_JITTER_NS = 2_000
#: Tracks are numbered from here; viewers take 0 for idle time.
FIRST_TRACK = 1


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """Rows of one thread, by start; of those that start together the longest is first.

    Parameters
    ----------
    rows
        int64 (n,): positions in the timeline's rows.
    starts, ends
        int64 (n,): as in the rows, but for nanoseconds that a clock was off.
    parents
        int64 (n,): the position, here, of the slice that each lies in; -1 for none.
    lanes
        int64 (n,): slices of one lane are nested or disjoint.
    """

    rows: Words
    starts: Words
    ends: Words
    parents: Words
    lanes: Words

    @property
    def all_lanes(self) -> range:
        """The lanes there are."""
        return range(int(self.lanes.max(initial=0)) + 1)


def track(rows: Rows, number: int) -> Track:
    """Return what ran on thread `number` of a timeline."""
    own = np.flatnonzero(rows["track"] == number)
    starts, ends = rows["start"][own], rows["end"][own]
    order = np.lexsort((-ends, starts))
    starts, ends, own = starts[order], ends[order], own[order]
    if np.all(ends[:-1] <= starts[1:]):
        none = np.full(len(own), -1)
        return Track(own, starts, ends, none, np.zeros(len(own), np.int64))
    nesting = _Nesting()
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        nesting.add(start, end)
    return Track(own, *np.array(nesting.slices, np.int64).T)


@dataclass(frozen=True, slots=True, eq=False)
class Placement:
    """All rows of a timeline on tracks, a track for each lane of each thread.

    Parameters
    ----------
    order
        int64 (n,): the rows track by track, by start.
    tids
        int64 (n,): the track of each row, from `FIRST_TRACK`.
    starts, ends
        int64 (n,): of each row, as they are shown.
    names
        Of the tracks.
    """

    order: Words
    tids: Words
    starts: Words
    ends: Words
    names: tuple[str, ...]


def placement(timeline: Timeline) -> Placement:
    """Return the rows of a timeline on as many tracks as they need."""
    count = len(timeline.rows)
    tids, starts, ends = np.zeros((3, count), np.int64)
    names: list[str] = []
    order = [np.empty(0, np.int64)]
    for number, name in enumerate(timeline.tracks):
        found = track(timeline.rows, number)
        tids[found.rows] = found.lanes + len(names) + FIRST_TRACK
        starts[found.rows], ends[found.rows] = found.starts, found.ends
        names += [f"{name} ({lane + 1})" if lane else name for lane in found.all_lanes]
        # Lane by lane, and by start in each.
        order.append(found.rows[np.argsort(found.lanes, kind="stable")])
    return Placement(np.concatenate(order), tids, starts, ends, tuple(names))


class _Nesting:
    """Slices so far, and in each lane those that the next one may lie in."""

    def __init__(self) -> None:
        self.slices: list[tuple[int, int, int, int]] = []
        self._open: list[list[int]] = []
        self._last: list[int] = []

    def add(self, start: int, end: int) -> None:
        for lane in range(len(self._open)):
            place = self._place(lane, start, end)
            if place is not None:
                depth, begin = place
                del self._open[lane][depth:]
                self._put(lane, begin, max(begin, end))
                return
        self._open.append([])
        self._last.append(start)
        self._put(len(self._open) - 1, start, end)

    def _place(self, lane: int, start: int, end: int) -> tuple[int, int] | None:
        """Return how deep in a lane a slice fits, and its start there, if it does."""
        inside = self._open[lane]
        begin = max(start, self._last[lane])
        for depth in range(len(inside), 0, -1):
            until = self.slices[inside[depth - 1]][1]
            if begin < until and end <= until:
                return depth, begin
            if until - begin > _JITTER_NS:
                return None
            begin = max(begin, until)
        return 0, begin

    def _put(self, lane: int, start: int, end: int) -> None:
        inside = self._open[lane]
        parent = inside[-1] if inside else -1
        inside.append(len(self.slices))
        self.slices.append((start, end, parent, lane))
        self._last[lane] = start
