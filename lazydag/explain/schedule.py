"""What bounds a run: the longest path, and the schedule that a set of workers makes.

Tasks are numbers in an order in which they can run: edges lead from lower numbers to
higher ones. All functions take ``edges`` as sources and destinations, int64 (m,) each.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from itertools import pairwise

import numpy as np

from lazydag.runtime.tasklist import Edges, Seconds, Words


@dataclass(frozen=True, slots=True)
class Path:
    """The tasks that no number of workers can run at the same time.

    Parameters
    ----------
    tasks
        Numbers of the tasks, in order.
    seconds
        Their estimated time together: the span of the graph.
    """

    tasks: tuple[int, ...]
    seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class Schedule:
    """When each task runs.

    Parameters
    ----------
    starts, ends
        float64 (n,): seconds from the start of the run; of the first piece and of the
        last one.
    """

    starts: Seconds
    ends: Seconds

    @property
    def makespan(self) -> float:
        """Seconds until all has ended."""
        return float(self.ends.max(initial=0.0))


def longest_path(costs: Seconds, edges: Edges) -> Path:
    """Return the path of dependent tasks that takes longest; O(tasks + edges).

    Examples
    --------
    >>> diamond = np.array([0, 0, 1, 2]), np.array([1, 2, 3, 3])
    >>> longest_path(np.array([1.0, 1.0, 5.0, 2.0]), diamond)
    Path(tasks=(0, 2, 3), seconds=8.0)
    """
    left = remaining(costs, edges)
    if not len(left):
        return Path((), 0.0)
    at = int(left.argmax())
    first, order = _by_source(len(costs), edges)
    path = [at]
    while len(after := order[first[at] : first[at + 1]]):
        at = int(after[left[after].argmax()])
        path.append(at)
    return Path(tuple(path), float(left.max()))


def remaining(costs: Seconds, edges: Edges) -> Seconds:
    """Return for each task the seconds from its start to the end of all, at best.

    Notes
    -----
    The longest path that begins with each task, also known as its bottom level.
    """
    left = costs.tolist()
    begun, own, longest = -1, 0.0, 0.0
    sources, destinations = edges
    order = np.argsort(sources, kind="stable")[::-1]
    pairs = zip(sources[order].tolist(), destinations[order].tolist(), strict=True)
    for source, destination in pairs:
        # A task's edges come together, after those of all that follow it.
        if source != begun:
            begun, own, longest = source, left[source], 0.0
        longest = max(longest, left[destination])
        left[source] = own + longest
    return np.array(left, np.float64)


def list_schedule(
    costs: Seconds, pieces: Words, edges: Edges, workers: int
) -> Schedule:
    """Return the schedule of `workers` that always take the most urgent ready task.

    Parameters
    ----------
    costs
        Seconds that each piece of a task takes.
    pieces
        How many pieces each task has, which may run at the same time; from 1.

    Notes
    -----
    Urgent is what most work follows in a row (`remaining`), as in the executor. The
    makespan is at most twice the best [1]_. O((pieces + edges) log tasks).

    References
    ----------
    .. [1] R. L. Graham, Bounds on multiprocessing timing anomalies, SIAM Journal on
       Applied Mathematics 17 (1969).

    Examples
    --------
    >>> independent = np.array([], np.int64), np.array([], np.int64)
    >>> one = np.ones(3, np.int64)
    >>> list_schedule(np.array([1.0, 1.0, 2.0]), one, independent, 2).makespan
    2.0
    """
    return _Simulation(costs, pieces, edges).run(workers)


class _Simulation:
    """The state of a simulated run; lists, since it looks at one number at a time."""

    def __init__(self, costs: Seconds, pieces: Words, edges: Edges) -> None:
        n = len(costs)
        first, order = _by_source(n, edges)
        self.costs = costs.tolist()
        self.unstarted = pieces.tolist()
        self.running = pieces.tolist()
        self.waits_for = np.bincount(edges[1], minlength=n).tolist()
        self.successors = order.tolist()
        self.bounds = list(pairwise(first.tolist()))
        # Ready tasks are popped by rank, which says the task again.
        by_rank = np.argsort(-remaining(costs, edges), kind="stable")
        self.task_of = by_rank.tolist()
        ranks = np.empty(n, np.int64)
        ranks[by_rank] = np.arange(n)
        self.rank = ranks.tolist()
        self.ready = [
            self.rank[task] for task, count in enumerate(self.waits_for) if not count
        ]
        heapify(self.ready)
        self.starts = [-1.0] * n
        self.ends = [0.0] * n

    def run(self, workers: int) -> Schedule:
        busy: list[tuple[float, int]] = []
        now = 0.0
        while self.ready or busy:
            while self.ready and len(busy) < workers:
                task = self._take(now)
                heappush(busy, (now + self.costs[task], task))
            now, task = heappop(busy)
            self._end(task, now)
            while busy and busy[0][0] <= now:
                self._end(heappop(busy)[1], now)
        return Schedule(np.array(self.starts), np.array(self.ends))

    def _take(self, now: float) -> int:
        """Return the most urgent ready task, of which one more piece is started."""
        task: int = self.task_of[self.ready[0]]
        if self.starts[task] < 0.0:
            self.starts[task] = now
        self.unstarted[task] -= 1
        if not self.unstarted[task]:
            heappop(self.ready)
        return task

    def _end(self, task: int, now: float) -> None:
        self.running[task] -= 1
        if self.running[task]:
            return
        self.ends[task] = now
        begin, end = self.bounds[task]
        for after in self.successors[begin:end]:
            self.waits_for[after] -= 1
            if not self.waits_for[after]:
                heappush(self.ready, self.rank[after])


def _by_source(n: int, edges: Edges) -> tuple[Words, Words]:
    """Return the successors of all tasks in one array, and where each task's begin."""
    sources, destinations = edges
    first = np.zeros(n + 1, np.int64)
    np.cumsum(np.bincount(sources, minlength=n), out=first[1:])
    return first, destinations[np.argsort(sources, kind="stable")]
