"""Assign: a device and a time for each task of a tile program, before it runs.

Tasks are given out as they become ready, the one with the longest path behind it first,
in a simulation of the devices, of their links, and of what lies in which memory. A task
goes where it ends first, transfers included; or where what it writes belongs, if tiles
are dealt to the devices as over a grid. Each is tried, and the quickest is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from math import inf
from typing import Final, TypeAlias


@dataclass(frozen=True, slots=True)
class Job:
    """A task, as far as it matters where it runs.

    Parameters
    ----------
    seconds
        By device, on one of its workers; infinite where it cannot run.
    reads, writes
        Pieces of memory, by number.
    returns
        Those that it is the last to write, and that are wanted at home.
    """

    seconds: tuple[float, ...]
    reads: tuple[int, ...] = ()
    writes: tuple[int, ...] = ()
    returns: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes that move together.

    Parameters
    ----------
    place
        Row and column among the pieces of its array.
    space
        Where it lies at first; negative if nobody has written it.
    home
        Where it is wanted at last, if it is.
    """

    nbytes: int
    place: tuple[int, int] = (0, 0)
    space: int = -1
    home: int = 0


@dataclass(frozen=True, slots=True)
class Hop:
    """A link on the way between two spaces, by number, and the space behind it."""

    link: int
    space: int
    latency_seconds: float
    bytes_per_s: float


@dataclass(frozen=True, slots=True)
class Machine:
    """Devices, and the links between their memories.

    Parameters
    ----------
    workers
        By device, how many tasks it runs at a time.
    spaces
        By device, the number of its memory space.
    ways
        By the spaces from and to.
    nlinks
        How many links there are.
    """

    workers: tuple[int, ...]
    spaces: tuple[int, ...]
    ways: Mapping[tuple[int, int], tuple[Hop, ...]] = field(default_factory=dict)
    nlinks: int = 0


@dataclass(frozen=True, slots=True)
class Assignment:
    """Where tasks run, and when.

    Parameters
    ----------
    devices
        By task.
    starts, ends
        By task, in seconds.
    busy_seconds
        By device, of all its workers together.
    makespan
        Seconds until all has ended, and is where it is wanted.
    policy
        What chose them.
    """

    devices: tuple[int, ...]
    starts: tuple[float, ...]
    ends: tuple[float, ...]
    busy_seconds: tuple[float, ...]
    makespan: float
    policy: str

    def order(self) -> list[int]:
        """Return the tasks as they start."""
        numbers = range(len(self.starts))
        return sorted(numbers, key=lambda n: (self.starts[n], self.ends[n], n))


#: Returns the device for a task that has become ready; negative where it does not care.
Policy: TypeAlias = Callable[[int], int]


def assign(
    jobs: Sequence[Job],
    before: Sequence[Sequence[int]],
    pieces: Sequence[Piece],
    machine: Machine,
) -> Assignment:
    """Return the best assignment that was found.

    Parameters
    ----------
    before
        For each job the earlier ones that it waits for.

    Notes
    -----
    Ends of tasks are those of a list schedule with transfers over links that carry one
    at a time, as by the policy *dmdas* of StarPU [1]_. Tiles dealt over a grid are
    ScaLAPACK's two-dimensional block-cyclic distribution. Each policy takes
    O((jobs + edges) log jobs + accesses * devices).

    References
    ----------
    .. [1] C. Augonnet, S. Thibault, R. Namyst, P.-A. Wacrenier, "StarPU: a unified
       platform for task scheduling on heterogeneous multicore architectures",
       Concurrency and Computation: Practice and Experience 23 (2011).
    """
    ranks = _ranks(jobs, before)
    found = [
        _Simulation(jobs, before, pieces, machine, ranks, policy).run(name)
        for name, policy in _policies(jobs, pieces, machine)
    ]
    return min(found, key=lambda each: each.makespan)


def _policies(
    jobs: Sequence[Job], pieces: Sequence[Piece], machine: Machine
) -> Iterator[tuple[str, Policy]]:
    yield "earliest end", lambda _: -1
    dealt = _fastest(jobs, len(machine.workers))
    for rows in range(1, len(dealt) + 1):
        columns, rest = divmod(len(dealt), rows)
        if not rest and len(dealt) > 1:
            name = f"dealt over {rows} by {columns} devices"
            yield name, _Dealt(jobs, pieces, dealt, columns)


def _fastest(jobs: Sequence[Job], ndevices: int) -> list[int]:
    """Return the devices that are as fast as the fastest, nearly, in most of the work.

    They are those that tiles can be dealt to; the others help.
    """
    total = [0.0] * ndevices
    for job in jobs:
        slowest = max((s for s in job.seconds if s < inf), default=0.0)
        for device, seconds in enumerate(job.seconds):
            total[device] += min(seconds, slowest)
    return [d for d, seconds in enumerate(total) if seconds <= _EQUAL * min(total)]


@dataclass(frozen=True, slots=True)
class _Dealt:
    """Has tasks run where what they write belongs, in a grid of devices."""

    jobs: Sequence[Job]
    pieces: Sequence[Piece]
    devices: Sequence[int]
    columns: int

    def __call__(self, number: int) -> int:
        job = self.jobs[number]
        if not job.writes:
            return -1
        row, column = self.pieces[job.writes[0]].place
        rows = len(self.devices) // self.columns
        at = row % rows * self.columns + column % self.columns
        device = self.devices[at]
        return device if job.seconds[device] < inf else -1


def _ranks(jobs: Sequence[Job], before: Sequence[Sequence[int]]) -> list[float]:
    """Return the seconds of the longest path from the start of each job."""
    behind = [0.0] * len(jobs)
    for number in range(len(jobs) - 1, -1, -1):
        behind[number] += min(jobs[number].seconds)
        for earlier in before[number]:
            behind[earlier] = max(behind[earlier], behind[number])
    return behind


class _Simulation:
    """A run: what is where, who is busy until when, and what happens next."""

    def __init__(
        self,
        jobs: Sequence[Job],
        before: Sequence[Sequence[int]],
        pieces: Sequence[Piece],
        machine: Machine,
        ranks: Sequence[float],
        policy: Policy,
    ) -> None:
        self._jobs, self._pieces, self._machine = jobs, pieces, machine
        self._ranks, self._policy = ranks, policy
        self._left = [len(each) for each in before]
        self._after: list[list[int]] = [[] for _ in jobs]
        for number, each in enumerate(before):
            for earlier in each:
                self._after[earlier].append(number)
        #: By piece, when it is in which space.
        self._there = [{p.space: 0.0} if p.space >= 0 else {} for p in pieces]
        self._free = [0.0] * machine.nlinks
        self._idle = list(machine.workers)
        #: By device, when what it was given will have ended, shared by its workers.
        self._promised = [0.0] * len(machine.workers)
        self._ready: list[list[tuple[float, int]]] = [[] for _ in machine.workers]
        self._events: list[tuple[float, int, int]] = []
        self._devices = [-1] * len(jobs)
        self._starts, self._ends = [0.0] * len(jobs), [0.0] * len(jobs)
        self._busy = [0.0] * len(machine.workers)
        self._now = self._returned = 0.0

    def run(self, name: str) -> Assignment:
        """Return what happened."""
        for number, count in enumerate(self._left):
            if not count:
                self._release(number)
        self._start()
        while self._events:
            self._now = self._events[0][0]
            while self._events and self._events[0][0] <= self._now:
                _, kind, number = heappop(self._events)
                (self._arrived if kind == _ARRIVAL else self._ended)(number)
            self._start()
        return Assignment(
            tuple(self._devices),
            tuple(self._starts),
            tuple(self._ends),
            tuple(self._busy),
            max(self._now, self._returned),
            name,
        )

    def _release(self, number: int) -> None:
        """Give a job that waits for no other one to a device."""
        device = self._filling(number)
        if device < 0:
            device = self._policy(number)
        if device < 0:
            device = self._soonest(number)
        self._devices[number] = device
        space = self._machine.spaces[device]
        job = self._jobs[number]
        arrival = max((self._fetch(p, space) for p in job.reads), default=0.0)
        seconds = job.seconds[device] / self._machine.workers[device]
        self._promised[device] = max(self._promised[device], self._now) + seconds
        heappush(self._events, (max(arrival, self._now), _ARRIVAL, number))

    def _filling(self, number: int) -> int:
        """Return the device at home of what a job only fills, if it can be there.

        Links have better things to carry.
        """
        job = self._jobs[number]
        homes = {self._pieces[piece].home for piece in job.returns}
        if job.reads or len(job.returns) < len(job.writes) or len(homes) != 1:
            return -1
        for device, seconds in enumerate(job.seconds):
            if seconds < inf and self._machine.spaces[device] in homes:
                return device
        return -1

    def _soonest(self, number: int) -> int:
        """Return the device where a job ends first.

        What has to come there counts even if the device is busy meanwhile: links are.
        """
        job, spaces = self._jobs[number], self._machine.spaces
        best, found = inf, 0
        for device, seconds in enumerate(job.seconds):
            if seconds < inf:
                moving = sum(self._moving(p, spaces[device]) for p in job.reads)
                moving += sum(self._returning(p, spaces[device]) for p in job.returns)
                end = max(self._promised[device], self._now) + moving + seconds
                if end < best:
                    best, found = end, device
        return found

    def _moving(self, piece: int, space: int) -> float:
        """Return how long it takes to bring a piece to a space."""
        there = self._there[piece]
        if space in there or not there:
            return 0.0
        return min(self._way_seconds(piece, src, space) for src in there)

    def _returning(self, piece: int, space: int) -> float:
        home = self._pieces[piece].home
        return 0.0 if space == home else self._way_seconds(piece, space, home)

    def _way_seconds(self, piece: int, src: int, dst: int) -> float:
        nbytes = self._pieces[piece].nbytes
        return sum(
            hop.latency_seconds + nbytes / hop.bytes_per_s
            for hop in self._machine.ways[src, dst]
        )

    def _fetch(self, piece: int, space: int) -> float:
        """Bring a piece to a space; return when it is there."""
        there = self._there[piece]
        if space in there or not there:
            return there.get(space, 0.0)
        nbytes = self._pieces[piece].nbytes
        source = min(
            there, key=lambda src: there[src] + self._way_seconds(piece, src, space)
        )
        time = there[source]
        for hop in self._machine.ways[source, space]:
            start = max(time, self._now, self._free[hop.link])
            end = self._free[hop.link] = start + nbytes / hop.bytes_per_s
            time = there[hop.space] = end + hop.latency_seconds
        return time

    def _arrived(self, number: int) -> None:
        ready = self._ready[self._devices[number]]
        heappush(ready, (-self._ranks[number], number))

    def _ended(self, number: int) -> None:
        device = self._devices[number]
        self._idle[device] += 1
        space = self._machine.spaces[device]
        for piece in self._jobs[number].writes:
            self._there[piece] = {space: self._now}
        for piece in self._jobs[number].returns:
            home = self._pieces[piece].home
            self._returned = max(self._returned, self._fetch(piece, home))
        for later in self._after[number]:
            self._left[later] -= 1
            if not self._left[later]:
                self._release(later)

    def _start(self) -> None:
        """Let idle workers take the most urgent jobs that are ready."""
        for device, ready in enumerate(self._ready):
            while ready and self._idle[device]:
                _, number = heappop(ready)
                self._idle[device] -= 1
                seconds = self._jobs[number].seconds[device]
                self._busy[device] += seconds
                self._starts[number] = self._now
                self._ends[number] = self._now + seconds
                heappush(self._events, (self._now + seconds, _END, number))


_ARRIVAL: Final = 0
_END: Final = 1
# Devices are alike if the work of all takes no more than this times as long.
_EQUAL: Final = 1.25

__all__ = ["Assignment", "Hop", "Job", "Machine", "Piece", "assign"]
