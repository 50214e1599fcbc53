"""Rehearsals: what devices, links and memories do while tasks are given out.

Each task is given to a device as soon as it is ready. What it reads comes there, one
transfer at a time over each link; then it waits for a worker, the one with the longest
path behind it first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from math import inf
from typing import Final, TypeAlias

from lazydag.compiler.jobs import Assignment, Job, Machine, Piece
from lazydag.passes.place.timeline import Timeline

_ARRIVAL: Final = 0
_END: Final = 1

#: Returns the device for a task that has become ready; negative where it does not care.
Policy: TypeAlias = Callable[[int], int]


class Rehearsal:
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
        self._links = [Timeline() for _ in range(machine.nlinks)]
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
            link, seconds = self._links[hop.link], nbytes / hop.bytes_per_s
            start = link.gap(max(time, self._now), seconds)
            end = start + seconds
            link.add(start, end)
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
