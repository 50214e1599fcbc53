"""Targets of several sockets: where the tiles of a plan lie, and a run on all cores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from lazydag.compiler import Plan
from lazydag.cost import Device, Target, route
from lazydag.explain.columns import counted
from lazydag.explain.simulation import (
    NOWHERE,
    Machine,
    Schedule,
    Traffic,
    Use,
    Way,
    simulate,
)
from lazydag.ir.attrs import GetAttrs, ParamAttrs, RetileAttrs
from lazydag.ir.distribution import grid_of, owners
from lazydag.ir.node import Node
from lazydag.ir.text.units import format_nbytes, format_seconds
from lazydag.ir.types import ArrayType
from lazydag.runtime import Mode, Role, TaskGraph
from lazydag.runtime.edges import Access
from lazydag.runtime.tasks import Slot

#: By slot, the array there and the layout that it is wanted in.
Dealt: TypeAlias = Mapping[int, tuple[ArrayType, RetileAttrs]]

# A grid of more tiles for each core is simulated by so many.
_PIECES = 16

# What routes between sockets are chosen for.
_TILE_NBYTES = 1 << 20


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """What a run on all cores of a target takes, simulated.

    Parameters
    ----------
    schedule
        When tasks run.
    cores, sockets
        Of the target.
    work_seconds
        Time of all tasks together.
    span_seconds
        The critical path.
    """

    schedule: Schedule
    cores: int
    sockets: int
    work_seconds: float
    span_seconds: float

    @property
    def efficiency(self) -> float:
        """The part of all cores' time that is spent in tasks."""
        makespan = self.schedule.makespan
        return self.work_seconds / (self.cores * makespan) if makespan else 1.0

    @property
    def bound_seconds(self) -> float:
        """What no schedule can undercut: the critical path, and the work shared."""
        return max(self.span_seconds, self.work_seconds / self.cores)

    @property
    def ratio(self) -> float:
        """The makespan over that bound."""
        bound = self.bound_seconds
        return self.schedule.makespan / bound if bound else 1.0

    def __str__(self) -> str:
        schedule = self.schedule
        sockets = counted(self.sockets, "socket")
        makespan = format_seconds(schedule.makespan)
        return (
            f"on {counted(self.cores, 'core')} of {sockets}: {makespan}, "
            f"{self.efficiency:.0%} efficient, {self.ratio:.3g} times the bound, "
            f"{format_nbytes(schedule.moved_nbytes)} between sockets"
        )


def sockets_of(target: Target) -> tuple[Device, ...]:
    """Return the devices that are processors."""
    return tuple(device for device in target.devices if device.kind == "cpu")


def predict(graph: TaskGraph, layouts: Dealt, target: Target) -> Prediction:
    """Simulate tasks on all processors of a target.

    Parameters
    ----------
    layouts
        Where arrays lie that are dealt to the sockets; see `dealt`.
    """
    sockets = sockets_of(target)
    tasks = graph.task_list
    cores = sum(device.threads for device in sockets)
    # Estimates of grids are for the threads of one socket, and all can take part.
    threads = target.default.threads
    work = tasks.costs * np.clip(tasks.tiles, 1, threads)
    pieces = np.clip(tasks.tiles, 1, _PIECES * cores)
    traffic = traffic_of(graph, layouts, len(sockets))
    machine = machine_of(target)
    schedule = simulate(work / pieces, pieces, tasks.edges, machine, traffic)
    return Prediction(
        schedule,
        cores,
        len(sockets),
        float(work.sum()),
        schedule.span_seconds,
    )


def machine_of(target: Target) -> Machine:
    """Return the sockets of a target and the ways between their memories."""
    sockets = sockets_of(target)
    spaces = [device.space for device in sockets]
    ways = tuple(
        tuple(None if a == b else _way(target, a, b) for b in spaces) for a in spaces
    )
    return Machine(tuple(device.threads for device in sockets), ways)


def _way(target: Target, src: str, dst: str) -> Way:
    links = route(target, _TILE_NBYTES, src, dst)
    return Way(
        tuple(map(target.links.index, links)),
        sum(link.latency_seconds for link in links),
        min(link.bytes_per_s for link in links),
    )


def dealt(plan: Plan) -> Dealt:
    """Return which slots hold arrays that are wanted in a distribution."""
    found: dict[int, tuple[ArrayType, RetileAttrs]] = {}
    for node in plan.graphs[-1].nodes():
        attrs = node.attrs
        if isinstance(attrs, RetileAttrs) and attrs.distribution:
            slot = _slot(plan, node.srcs[0])
            if slot is not None:
                found[slot] = node.type, attrs
    return found


def _slot(plan: Plan, value: Node) -> int | None:
    """Return the slot of a value that is no view of a part of one."""
    while isinstance(value.attrs, RetileAttrs):
        value = value.srcs[0]
    if isinstance(value.attrs, ParamAttrs):
        return value.attrs.slot
    if isinstance(value.attrs, GetAttrs):
        return plan.memory.buffers[value.srcs[0], value.attrs.index].slot
    return None


def traffic_of(graph: TaskGraph, layouts: Dealt, sockets: int) -> Traffic:
    """Return what tasks move, and where it lies.

    Arrays that are dealt lie where their distribution says; others of the user's in the
    memory of the first socket, and the rest where it is first used.
    """
    numbers: dict[tuple[int, int, int], int] = {}
    nbytes: list[int] = []
    homes: list[int] = []
    owned = {
        slot: owners(wish.distribution, grid_of(type_.sizes, wish.tile), sockets)
        for slot, (type_, wish) in layouts.items()
    }

    def home(access: Access) -> int:
        if access.slot not in layouts:
            is_given = graph.slots[access.slot].role is Role.PARAM
            return 0 if is_given else NOWHERE
        type_, wish = layouts[access.slot]
        at = np.unravel_index(access.start // type_.dtype.itemsize, type_.sizes)
        place = tuple(int(i) // t for i, t in zip(at, wish.tile, strict=True))
        return int(owned[access.slot][place])

    def use(access: Access) -> Use:
        key = access.slot, access.start, access.stop
        number = numbers.get(key)
        if number is None:
            number = numbers[key] = len(nbytes)
            nbytes.append(_nbytes(access, graph.slots[access.slot]))
            homes.append(home(access))
        return number, 2 if access.mode is Mode.INOUT else 1

    uses = [
        tuple(map(use, sorted(task.accesses, key=_writes_first))) if tiles <= 1 else ()
        for task, tiles in zip(graph.tasks, graph.task_list.tiles.tolist(), strict=True)
    ]
    return Traffic(uses, nbytes, homes)


def _writes_first(access: Access) -> bool:
    return access.mode is Mode.IN


def _nbytes(access: Access, slot: Slot) -> int:
    if access.region is not None:
        return access.region.nbytes
    return min(access.stop, slot.nbytes) - access.start
