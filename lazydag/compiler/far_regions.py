"""Regions of spawned tasks on devices: the same tasks, where they end soonest.

In: what was recorded, over the user's arrays. Out: a graph in which operations on tiles
run on devices, Python functions on the host, and the arrays are what they are on the
host when all has ended.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from numpy.lib.array_utils import byte_bounds

from lazydag.backends.cuda.queued import MEANINGS
from lazydag.compiler.devices import device_of
from lazydag.compiler.far import Far
from lazydag.compiler.groups import Group, assigned, group_tasks
from lazydag.compiler.memory.fit import fit
from lazydag.compiler.moves import replicated
from lazydag.compiler.pinning import pin, slots_to_pin
from lazydag.compiler.queues import in_order
from lazydag.compiler.recorded import RecordedTasks
from lazydag.compiler.session import memory_pool, session
from lazydag.compiler.spawned import FarTask
from lazydag.compiler.staging import Staging, staged
from lazydag.errors import KernelError
from lazydag.runtime import (
    CallTask,
    Executor,
    FrozenGraph,
    KernelTask,
    Outcome,
    Role,
    TaskGraph,
)
from lazydag.runtime.executor import Addresses
from lazydag.runtime.graph_tasks import freeze
from lazydag.runtime.outcome import Failure

if TYPE_CHECKING:
    from lazydag.backends.cuda.device import GpuDevice
    from lazydag.backends.work import Work
    from lazydag.cost.target import Target
    from lazydag.runtime.regions.planning import RegionPlan
    from lazydag.runtime.regions.recording import Recording

#: Devices are asked for what takes the host longer.
LEAST_SECONDS: Final = 5e-3
# How much sooner devices have to be done: estimates are rough.
_GAIN: Final = 0.8


@dataclass(frozen=True, slots=True)
class Ended:
    """What came of a run; see `lazydag.runtime.regions.region.Ended`."""

    is_clean: bool
    failures: Mapping[int, Failure] = field(default_factory=dict)
    skipped: Sequence[int] = ()


class _UncleanError(Exception):
    """Some tasks failed: devices have to end their work."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self.outcome = outcome


@dataclass(frozen=True, slots=True, eq=False)
class FarRegion:
    """A region's tasks on devices.

    Parameters
    ----------
    graph
        Its first slots are the region's buffers and the number of the run.
    numbers
        The recorded tasks of those tasks of the graph that run on the host.
    natives
        Recorded tasks that are no Python functions.
    pinned
        Slots whose pages must not move, since a device copies them.
    """

    graph: TaskGraph
    frozen: FrozenGraph
    far: Far
    numbers: Mapping[int, int]
    natives: frozenset[int]
    pinned: Mapping[int, GpuDevice]

    def execute(self, executor: Executor, addresses: Addresses) -> Ended:
        """Run the tasks.

        Raises
        ------
        KernelError
            If work could not be put on a device.
        """
        bases: Addresses = list(addresses)
        near = (
            (number, slot)
            for number, slot in enumerate(self.graph.slots)
            if slot.role is not Role.HANDLE and number not in self.far.buffers
        )
        leases = []
        for number, slot in near:
            if number >= len(addresses):
                leases.append(memory_pool().lease(max(1, slot.nbytes)))
                bases.append(leases[-1].address)
                if number in self.pinned:
                    pin(leases[-1].pages, self.pinned[number])
        try:
            with self.far.bound(bases):
                self._run(executor, bases)
        except _UncleanError as error:
            return self._failed(error.outcome)
        return Ended(is_clean=True)

    def _run(self, executor: Executor, bases: Addresses) -> None:
        outcome = executor.execute(self.frozen, bases)
        if not outcome.is_clean:
            raise _UncleanError(outcome)

    def _failed(self, outcome: Outcome) -> Ended:
        """Return what failed; what devices have is lost, whatever computed it."""
        failures = {}
        for number, failure in outcome.failures.items():
            if number not in self.numbers:
                raise self._unable(number, failure)
            failures[self.numbers[number]] = failure
        skipped = {self.numbers.get(number) for number in outcome.skipped}
        lost = self.natives | {number for number in skipped if number is not None}
        return Ended(False, failures, sorted(lost - failures.keys()))

    def _unable(self, number: int, failure: Failure) -> KernelError:
        task = self.graph.tasks[number]
        meaning = MEANINGS.get(failure.code, f"code {failure.code}")
        error = KernelError(f"{task.name} failed: {meaning}", task.source)
        error.__cause__ = failure.exception
        return error


def far_region(
    plan: RegionPlan, recording: Recording, target: Target
) -> FarRegion | None:
    """Return how devices run a recording; None if the host is about as quick."""
    known: tuple[Target, FarRegion | None] | None = plan.others.get("far")
    if known is None or known[0] is not target:
        known = plan.others["far"] = target, _planned(recording, target)
    return known[1]


def _planned(recording: Recording, target: Target) -> FarRegion | None:
    host = target.default
    seconds = sum(site.template.seconds for site in recording.sites) / host.threads
    buffers = recording.places.buffers
    is_upright = all(
        byte_bounds(owner)[0] == address
        for owner, address in zip(buffers.owners, buffers.addresses, strict=True)
    )
    if seconds < LEAST_SECONDS or any(buffers.relations()) or not is_upright:
        return None
    gpus = [d for d in target.devices if d.kind == "gpu" and device_of(d.space)]
    tasks = RecordedTasks(recording)
    group = Group(target, tuple(gpus), {}, range(len(buffers.owners)))
    found = assigned(tasks.spawned, tasks.slots, group) if gpus else None
    if found is None or found.makespan > _GAIN * seconds:
        return None
    works = group_tasks(tasks.spawned, tasks.slots, group, found)
    if not any(isinstance(work, FarTask) for work in works):
        return None
    return _lowered(recording, works, tasks, target)


def _lowered(
    recording: Recording,
    works: Sequence[Work | FarTask],
    tasks: RecordedTasks,
    target: Target,
) -> FarRegion:
    slots, spaces = tasks.slots, dict.fromkeys(range(len(tasks.slots)), "")
    owners = {id(each): number for number, each in _hosts(works, tasks)}
    placed = fit(replicated(works, slots, spaces, target), slots, spaces, target)
    placed = staged(placed, Staging(session().backend, target, slots, spaces))
    pinned = slots_to_pin(placed, slots, spaces, target)
    ordered, handles = in_order(placed, slots)
    graph = TaskGraph(tuple(slots), ordered, recording.name)
    buffers = {
        number: (device, slots[number].nbytes)
        for number, space in spaces.items()
        if space and (device := device_of(space)) is not None
    }
    numbers = {
        place: owners[id(task)]
        for place, task in enumerate(ordered)
        if id(task) in owners
    }
    natives = frozenset(range(len(recording))) - recording.calls.keys()
    frozen = freeze(graph, fail_fast=False)
    return FarRegion(graph, frozen, Far(buffers, handles), numbers, natives, pinned)


def _hosts(
    works: Sequence[Work | FarTask], tasks: RecordedTasks
) -> list[tuple[int, KernelTask | CallTask]]:
    """Return the tasks of the host with the numbers of those that were recorded.

    What looks at the code of a task of a device comes just behind that.
    """
    own = {_identity(each.task): number for number, each in enumerate(tasks.spawned)}
    found, last = [], -1
    for work in works:
        if isinstance(work, FarTask):
            last = own[_identity(work.task)]
        elif isinstance(work, (KernelTask, CallTask)):
            found.append((own.get(_identity(work), last), work))
    return found


def _identity(task: KernelTask | CallTask) -> int:
    """Return what stays the same when a task is told of more that it accesses."""
    return id(task.function) if isinstance(task, CallTask) else id(task)
