"""Runs of tasks on cores that nobody has to have: what starts when, and where.

Cores belong to sockets. A task starts on a core of the socket whose memory holds what
it writes, as soon as one is idle and no more urgent task is ready there. An idle core
whose socket has nothing ready takes the most urgent task of another. What a task reads
or writes in the memory of another socket comes over links, one transfer at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from itertools import pairwise
from typing import Final, TypeAlias

import numpy as np

from lazydag.backends.cpu.engine import default_engine
from lazydag.runtime.ranking import rank
from lazydag.runtime.tasklist import Edges, Seconds, Words

#: The home of what nobody has written yet.
NOWHERE: Final = -1

#: A piece of memory, and how often a task moves it: once to read or to write, twice
#: for both.
Use: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Way:
    """How bytes get from the memory of one socket to that of another.

    Parameters
    ----------
    links
        Numbers of the links that they take.
    latency_seconds, bytes_per_s
        Of all of them together.
    """

    links: tuple[int, ...]
    latency_seconds: float
    bytes_per_s: float


@dataclass(frozen=True, slots=True)
class Machine:
    """Sockets.

    Parameters
    ----------
    cores
        How many each socket has.
    ways
        By the sockets from and to; those from one to itself are not looked at.
    """

    cores: tuple[int, ...]
    ways: Sequence[Sequence[Way | None]] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Traffic:
    """What tasks read and write.

    Parameters
    ----------
    uses
        By task, what it writes first.
    nbytes
        Of each piece of memory.
    homes
        The socket that holds it; `NOWHERE` for that of the first task that uses it.
    """

    uses: Sequence[tuple[Use, ...]]
    nbytes: Sequence[int]
    homes: Sequence[int]


@dataclass(frozen=True, slots=True, eq=False)
class Schedule:
    """When each task runs, and where.

    Parameters
    ----------
    starts, ends
        float64 (n,): seconds from the start of the run; of the first piece and of the
        last one.
    moved_nbytes
        Bytes that came from other sockets or went there.
    moving_seconds
        How long cores waited for them, all together.
    span_seconds
        The critical path.
    """

    starts: Seconds
    ends: Seconds
    moved_nbytes: int = 0
    moving_seconds: float = 0.0
    span_seconds: float = 0.0

    @property
    def makespan(self) -> float:
        """Seconds until all has ended."""
        return float(self.ends.max(initial=0.0))


def simulate(
    costs: Seconds,
    pieces: Words,
    edges: Edges,
    machine: Machine,
    traffic: Traffic | None = None,
) -> Schedule:
    """Return the schedule of the tasks on a machine.

    Parameters
    ----------
    costs
        Seconds that each piece of a task takes, but for transfers.
    pieces
        How many pieces each task has, which may run at the same time; from 1.
    traffic
        What tasks read and write; nothing by default.

    Notes
    -----
    Urgent is what most work follows in a row, by the ranks of the executor.
    O((pieces + edges) log tasks + pieces * sockets).
    """
    return _Simulation(costs, pieces, edges, machine, traffic).run()


class _Simulation:
    """The state of a simulated run; lists, since it looks at one number at a time."""

    def __init__(
        self,
        costs: Seconds,
        pieces: Words,
        edges: Edges,
        machine: Machine,
        traffic: Traffic | None,
    ) -> None:
        n = len(costs)
        first, order = by_source(n, edges)
        self.costs = costs.tolist()
        self.unstarted = pieces.tolist()
        self.running = pieces.tolist()
        self.waits_for = np.bincount(edges[1], minlength=n).tolist()
        self.successors = order.tolist()
        self.bounds = list(pairwise(first.tolist()))
        ranking = rank(default_engine(), *edges, costs)
        self.span = ranking.seconds
        # Ready tasks are popped by rank, which says the task again.
        self.task_of = ranking.order.tolist()
        self.rank = ranking.positions.tolist()
        self.idle = list(machine.cores)
        # The last queue is of tasks that may run anywhere.
        self.ready: list[list[int]] = [[] for _ in (*machine.cores, None)]
        self.memory = None if traffic is None else _Memory(machine, traffic)
        for task, count in enumerate(self.waits_for):
            if not count:
                self._queue(task).append(self.rank[task])
        for queue in self.ready:
            heapify(queue)
        self.starts = [-1.0] * n
        self.ends = [0.0] * n

    def run(self) -> Schedule:
        busy: list[tuple[float, int, int]] = []
        now = 0.0
        self._start(now, busy)
        while busy:
            now, task, socket = heappop(busy)
            self._end(task, socket, now)
            while busy and busy[0][0] <= now:
                _, task, socket = heappop(busy)
                self._end(task, socket, now)
            self._start(now, busy)
        memory = self.memory
        return Schedule(
            np.array(self.starts),
            np.array(self.ends),
            0 if memory is None else memory.moved_nbytes,
            0.0 if memory is None else memory.seconds,
            self.span,
        )

    def _start(self, now: float, busy: list[tuple[float, int, int]]) -> None:
        """Give idle cores what is ready: their own sockets', then whatever is there."""
        for socket in range(len(self.idle)):
            while self.idle[socket] and self.ready[socket]:
                self._begin(self.ready[socket], socket, now, busy)
        while any(self.idle):
            queue = min(filter(None, self.ready), default=None)
            if queue is None:
                return
            socket = max(range(len(self.idle)), key=self.idle.__getitem__)
            self._begin(queue, socket, now, busy)

    def _begin(
        self,
        queue: list[int],
        socket: int,
        now: float,
        busy: list[tuple[float, int, int]],
    ) -> None:
        """Start one more piece of the most urgent task of a queue."""
        task: int = self.task_of[queue[0]]
        if self.starts[task] < 0.0:
            self.starts[task] = now
        self.unstarted[task] -= 1
        if not self.unstarted[task]:
            heappop(queue)
        self.idle[socket] -= 1
        begin = now if self.memory is None else self.memory.move(task, socket, now)
        heappush(busy, (begin + self.costs[task], task, socket))

    def _end(self, task: int, socket: int, now: float) -> None:
        self.idle[socket] += 1
        self.running[task] -= 1
        if self.running[task]:
            return
        self.ends[task] = now
        begin, end = self.bounds[task]
        for after in self.successors[begin:end]:
            self.waits_for[after] -= 1
            if not self.waits_for[after]:
                heappush(self._queue(after), self.rank[after])

    def _queue(self, task: int) -> list[int]:
        return self.ready[NOWHERE if self.memory is None else self.memory.home(task)]


@dataclass(slots=True)
class _Memory:
    """Where pieces of memory are, and when links are free."""

    machine: Machine
    traffic: Traffic
    homes: list[int] = field(init=False)
    free: dict[int, float] = field(default_factory=dict)
    moved_nbytes: int = 0
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self.homes = list(self.traffic.homes)

    def home(self, task: int) -> int:
        """Return the socket of what a task writes, else of what it reads."""
        for piece, _ in self.traffic.uses[task]:
            if self.homes[piece] != NOWHERE:
                return self.homes[piece]
        return NOWHERE

    def move(self, task: int, socket: int, now: float) -> float:
        """Return when a task that starts has all it needs on a socket."""
        begin = now
        for piece, times in self.traffic.uses[task]:
            home = self.homes[piece]
            if home == NOWHERE:
                self.homes[piece] = socket
            elif home != socket:
                nbytes = times * self.traffic.nbytes[piece]
                way = self.machine.ways[home][socket]
                assert way is not None
                now = self._transfer(way, nbytes, now)
                self.moved_nbytes += nbytes
        self.seconds += now - begin
        return now

    def _transfer(self, way: Way, nbytes: int, now: float) -> float:
        free = self.free
        start = max(now, *[free.get(link, 0.0) for link in way.links])
        end = start + nbytes / way.bytes_per_s
        for link in way.links:
            free[link] = end
        return end + way.latency_seconds


def by_source(n: int, edges: Edges) -> tuple[Words, Words]:
    """Return the successors of all tasks in one array, and where each task's begin."""
    sources, destinations = edges
    first = np.zeros(n + 1, np.int64)
    np.cumsum(np.bincount(sources, minlength=n), out=first[1:])
    return first, destinations[np.argsort(sources, kind="stable")]
