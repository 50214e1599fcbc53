"""Assign: a device and a time for each task of a tile program, before it runs.

Tasks are given out as they become ready, the one with the longest path behind it first,
in a simulation of the devices, of their links, and of what lies in which memory. A task
goes where it ends first, transfers included; or where what it writes belongs, if tiles
are dealt to the devices as over a grid. Each is tried, and the quickest is taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf
from typing import Final

from lazydag.compiler.jobs import Assignment, Hop, Job, Machine, Piece
from lazydag.compiler.rehearsal import Policy, Rehearsal

# Devices are alike if the work of all takes no more than this times as long.
_EQUAL: Final = 1.25


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
        Rehearsal(jobs, before, pieces, machine, ranks, policy).run(name)
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


__all__ = ["Assignment", "Hop", "Job", "Machine", "Piece", "assign"]
