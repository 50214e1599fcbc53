"""Tile programs on several devices: where each of their tasks runs, and as what.

In: the tasks that a program spawned, over slots as if there were one memory. Out: the
same tasks in the order in which they start, those of devices as calls of libraries.
Copies come later, see `lazydag.compiler.replicas`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from lazydag.backends.backend import Backend
from lazydag.backends.work import Work
from lazydag.compiler.assign import Assignment
from lazydag.compiler.joined_tiles import is_mapped, joined_spawned, mapped_spawned
from lazydag.compiler.planned_region import PlannedRegion
from lazydag.compiler.programs import run_program
from lazydag.compiler.shares import Group, assigned, estimated
from lazydag.compiler.spawned import FarTask, Form, Spawned
from lazydag.compiler.tiled import tile_order, tiled_program
from lazydag.compiler.whereabouts import Past
from lazydag.cost.target import Target
from lazydag.errors import SourceLine
from lazydag.ir.attrs import KernelAttrs
from lazydag.ir.node import Node
from lazydag.ir.types import dtype_name
from lazydag.runtime import Access, CallTask, KernelTask, Mode, Role, Slot, View

_CODE: Final = np.dtype(np.int32)


def tiled_tasks(
    kernel: Node,
    inputs: Sequence[View],
    outputs: Sequence[View],
    slots: list[Slot],
    past: Past,
    target: Target,
    backend: Backend,
) -> list[Work | FarTask]:
    """Return the tasks of a kernel that is placed on devices in tiles.

    Parameters
    ----------
    slots
        Those of the plan; slots of work memory are appended.
    past
        What runs before: it leaves its results where they were computed.
    backend
        That of the host.

    Raises
    ------
    UnsupportedError
        If one of the devices is not attached.
    """
    assert isinstance(kernel.attrs, KernelAttrs)
    program = tiled_program(kernel.attrs.body)
    devices = target.devices_of(kernel.attrs.device)
    filled = {view.slot for view in inputs}
    lies = past.leaves(filled, target.default.space)
    group = Group(target, devices, past.spaces, filled, lies)
    group.attached(kernel.source)
    region = PlannedRegion(slots, kernel.source, target)
    types = [src.type for src in kernel.srcs]
    most = max(max(each.sizes) for each in types)
    order = tile_order(most, dtype_name(types[0].dtype), devices)
    host = backend, target.default
    if is_mapped(kernel.attrs.body):
        spawned = mapped_spawned(kernel, inputs, outputs, order, host)
    elif program is None:
        spawned = joined_spawned(kernel, inputs, outputs, region, order, host)
    else:
        run_program(program, kernel, inputs, outputs, region, order)
        spawned = region.spawned()
    return group_tasks(spawned, slots, group)


def group_tasks(
    spawned: Sequence[Spawned],
    slots: list[Slot],
    group: Group,
    found: Assignment | None = None,
) -> list[Work | FarTask]:
    """Return what a program spawned as work for the devices of a group.

    Parameters
    ----------
    slots
        Those of the plan; some for codes of failures are appended.
    found
        Where the tasks run; by default it is looked for.

    Raises
    ------
    UnsupportedError
        If one of the devices is not attached.
    """
    source = spawned[0].task.source if spawned else None
    on = group.attached(source)
    found = found or assigned(spawned, slots, group)
    works: list[Work | FarTask] = []
    codes: dict[int, int] = {}
    for number in found.order():
        each, device = spawned[number], on[found.devices[number]]
        if device is None:
            works.append(_near_task(each, codes))
            continue
        assert each.form is not None
        seconds = estimated(each.form, group.workers[found.devices[number]]).seconds
        views, accesses = each.views, each.whole
        made = FarTask(each.task, device, each.form, views, accesses, seconds)
        if each.form.can_fail:
            codes[number] = len(slots)
            slots.append(Slot(_CODE.itemsize, Role.TEMPORARY, "code"))
            works += _checked(made, codes[number])
        else:
            works.append(made)
    return works


def _near_task(spawned: Spawned, codes: Mapping[int, int]) -> KernelTask | CallTask:
    """Return a task of the host, behind those that must have succeeded."""
    after = [codes[number] for number in spawned.after if number in codes]
    if not after or not isinstance(spawned.task, CallTask):
        return spawned.task
    reads = (Access(slot, Mode.IN, 0, _CODE.itemsize) for slot in after)
    return replace(spawned.task, exact=(*spawned.task.exact, *reads))


def _checked(task: FarTask, slot: int) -> list[Work | FarTask]:
    """Return a task that writes a code, and one that looks at it on the host."""
    code = View(slot, _CODE, (1,), None, 0, Mode.OUT)
    writes = Access(slot, Mode.OUT, *code.span())
    views, accesses = (*task.views, code), (*task.accesses, writes)
    source, name = task.task.source, f"{task.task.name} has succeeded"
    check = partial(_check, task.form, source)
    # Who reads the code later waits for this.
    looks = CallTask(name, check, (replace(code, mode=Mode.INOUT),), source)
    return [replace(task, views=views, accesses=accesses), looks]


def _check(form: Form, source: SourceLine | None, code: NDArray[Any]) -> None:
    """Raise what a code means."""
    if code[0]:
        raise form.failed(int(code[0]), source)


__all__ = ["Group", "assigned", "group_tasks", "tiled_tasks"]
