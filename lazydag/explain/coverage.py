"""How long each worker spent on what, in each stretch of time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lazydag.explain.tracks import Track, track
from lazydag.runtime.tasklist import Words
from lazydag.runtime.timeline import Timeline


@dataclass(frozen=True, slots=True, eq=False)
class Coverage:
    """Nanoseconds by worker, name and stretch.

    Parameters
    ----------
    ends
        int64 (stretches + 1,): where stretches begin and end.
    titles
        What was run, without regard to lines; indexed by the numbers of `names`.
    waits
        Those that are waiting.
    spent
        int64 (tracks, names, stretches): without the time of what lies within.
    counts
        int64 (names,): tasks.
    """

    ends: Words
    titles: tuple[str, ...]
    waits: frozenset[int]
    spent: Words
    counts: Words

    @property
    def names(self) -> range:
        """The numbers of what was run."""
        return range(len(self.titles))

    def seconds(self, name: int) -> float:
        """Return the time that all workers spent on something."""
        return float(self.spent[:, name].sum()) * 1e-9

    def tasks(self, name: int) -> int:
        """Return the tasks of a name."""
        return int(self.counts[name])

    def busy(self, worker: int) -> int:
        """Return the nanoseconds that a worker did not wait."""
        return int(self.spent[worker].sum() - self._waiting(worker).sum())

    def row(self, worker: int) -> tuple[Words, Words, Words, Words]:
        """Return the stretches of a worker.

        Returns
        -------
        tuple of arrays
            The time and the name of what took most, the time of all but waiting, and
            of waiting.
        """
        waiting = self._waiting(worker)
        spent = self.spent[worker].copy()
        spent[list(self.waits)] = 0
        return spent.max(axis=0), spent.argmax(axis=0), spent.sum(axis=0), waiting

    def _waiting(self, worker: int) -> Words:
        return np.asarray(self.spent[worker, list(self.waits)].sum(axis=0), np.int64)


def coverage(timeline: Timeline, stretches: int) -> Coverage:
    """Return who did what in so many equal stretches; O(events log events)."""
    start, end = timeline.start_ns, max(timeline.end_ns, timeline.start_ns + 1)
    ends = start + (end - start) * np.arange(stretches + 1) // stretches
    titles, waits, name_of_label = _names(timeline)
    names = name_of_label[timeline.rows["label"]]
    spent = np.zeros((len(timeline.tracks), len(titles), stretches), np.int64)
    for number in range(len(timeline.tracks)):
        _add(spent[number], track(timeline.rows, number), names, ends)
    return Coverage(ends, titles, waits, spent, _counts(timeline, names, len(titles)))


def time_within(starts: Words, ends: Words, bounds: Words) -> Words:
    """Return the time that intervals cover between each two neighbouring bounds.

    Notes
    -----
    Up to a time t intervals cover the sum of t less their starts, where that is
    positive, less the same sum for their ends.

    Examples
    --------
    >>> bounds = np.array([0, 10, 20])
    >>> time_within(np.array([5, 12]), np.array([15, 13]), bounds).tolist()
    [5, 6]
    """
    covered = _since(starts, bounds) - _since(ends, bounds)
    return np.diff(covered)


def _since(times: Words, bounds: Words) -> Words:
    """Return the sum of the time from each of `times` to each bound after it."""
    times = np.sort(times) - bounds[0]
    sums = np.concatenate([[0], np.cumsum(times)])
    before = np.searchsorted(times, bounds - bounds[0])
    return np.asarray(before * (bounds - bounds[0]) - sums[before], np.int64)


def _names(timeline: Timeline) -> tuple[tuple[str, ...], frozenset[int], Words]:
    """Return names, those that are waiting, and the number of each label's name."""
    numbers: dict[tuple[str, bool], int] = {}
    of_label = [
        numbers.setdefault((label.name, label.kind == "wait"), len(numbers))
        for label in timeline.labels
    ]
    waits = frozenset(number for (_, waits), number in numbers.items() if waits)
    titles = tuple(title for title, _ in numbers)
    return titles, waits, np.array(of_label, np.int64)


def _add(spent: Words, found: Track, names: Words, ends: Words) -> None:
    """Add the time of a track's slices, less that of the slices within them."""
    own = names[found.rows]
    is_inside = found.parents >= 0
    outer = own[found.parents[is_inside]]
    for name in np.unique(own).tolist():
        here = own == name
        spent[name] += time_within(found.starts[here], found.ends[here], ends)
        within = np.flatnonzero(is_inside)[outer == name]
        spent[name] -= time_within(found.starts[within], found.ends[within], ends)


def _counts(timeline: Timeline, names: Words, count: int) -> Words:
    """Return how many tasks have each name; tasks that several workers ran are one."""
    rows = timeline.rows
    order = np.lexsort((rows["task"], rows["run"]))
    tasks, runs = rows["task"][order], rows["run"][order]
    is_new = np.ones(len(order), bool)
    is_new[1:] = (tasks[1:] != tasks[:-1]) | (runs[1:] != runs[:-1])
    return np.bincount(names[order][is_new], minlength=count)
