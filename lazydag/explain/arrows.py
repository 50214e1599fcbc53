"""What waited for what on a timeline, and how many tasks were ready."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lazydag.runtime.tasklist import Words
from lazydag.runtime.timeline import Timeline


@dataclass(frozen=True, slots=True, eq=False)
class Dependencies:
    """The edges between tasks that ran, and the tasks of runs whose edges are known.

    Parameters
    ----------
    sources, destinations
        int64 (m,): positions in `first` and `last`.
    first, last
        int64 (n,): for each task the rows that started first and ended last.
    """

    sources: Words
    destinations: Words
    first: Words
    last: Words


def dependencies(timeline: Timeline) -> Dependencies:
    """Return the edges of a timeline; O(events log events)."""
    rows = timeline.rows
    runs = np.unique([run for run, _ in timeline.edges])
    own = np.flatnonzero(np.isin(rows["run"], runs))
    tasks = rows["task"][own]
    count = int(tasks.max(initial=0)) + 1
    keys = np.searchsorted(runs, rows["run"][own]) * count + tasks
    by_start = np.lexsort((rows["start"][own], keys))
    by_end = np.lexsort((rows["end"][own], keys))
    known, begins = np.unique(keys[by_start], return_index=True)
    ends = np.append(begins[1:], len(own))[: len(begins)] - 1
    sources, destinations = _keyed_edges(timeline, runs, count)
    has_both = np.isin(sources, known) & np.isin(destinations, known)
    return Dependencies(
        np.searchsorted(known, sources[has_both]),
        np.searchsorted(known, destinations[has_both]),
        own[by_start[begins]],
        own[by_end[ends]],
    )


def ready_tasks(
    timeline: Timeline, found: Dependencies, most: int
) -> list[tuple[int, float]]:
    """Return how many tasks were ready but did not run, at up to `most` times.

    Dynamic tasks (run 0) are not counted: what released them is not known.
    """
    rows = timeline.rows
    runs, starts = rows["run"][found.first], rows["start"][found.first]
    released = _starts_of_runs(runs, starts)
    ends = rows["end"][found.last]
    np.maximum.at(released, found.destinations, ends[found.sources])
    counted = (runs > 0) & (starts > released)
    times = np.concatenate([released[counted], starts[counted]])
    steps = np.repeat([1, -1], np.count_nonzero(counted))
    order = np.argsort(times, kind="stable")
    times, levels = times[order], np.cumsum(steps[order])
    is_last = np.append(times[1:] != times[:-1], True)[: len(times)]
    times, levels = times[is_last], levels[is_last]
    every = -(-len(times) // most) or 1
    return list(zip(times[::every].tolist(), levels[::every].tolist(), strict=True))


def _keyed_edges(timeline: Timeline, runs: Words, count: int) -> tuple[Words, Words]:
    """Return both ends of all edges, as numbers of run and task in one."""
    ends: tuple[list[Words], list[Words]] = [], []
    for run, edges in timeline.edges:
        base = int(np.searchsorted(runs, run)) * count
        # A task that did not run has no key, not even by chance.
        for end, tasks in zip(ends, edges, strict=True):
            end.append(np.where(tasks < count, base + tasks, -1))
    none = np.empty(0, np.int64)
    return np.concatenate([none, *ends[0]]), np.concatenate([none, *ends[1]])


def _starts_of_runs(runs: Words, starts: Words) -> Words:
    """Return for each task the start of its run."""
    _, member = np.unique(runs, return_inverse=True)
    earliest = np.full(int(member.max(initial=-1)) + 1, np.iinfo(np.int64).max)
    np.minimum.at(earliest, member, starts)
    return np.asarray(earliest[member], np.int64)
