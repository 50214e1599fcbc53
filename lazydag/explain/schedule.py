"""What bounds a run: the longest path, and the schedule that a set of workers makes.

Tasks are numbers in an order in which they can run: edges lead from lower numbers to
higher ones. All functions take ``edges`` as sources and destinations, int64 (m,) each.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lazydag.explain.simulation import Machine, Schedule, by_source, simulate
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
    first, order = by_source(len(costs), edges)
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
    return simulate(costs, pieces, edges, Machine((workers,)))
