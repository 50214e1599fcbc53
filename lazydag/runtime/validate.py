"""The invariants of a task graph, checked when it is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from lazydag.errors import VerifyError
from lazydag.runtime.edges import Access
from lazydag.runtime.tasks import CallTask, KernelTask, Role, Slot, Task

if TYPE_CHECKING:
    from lazydag.runtime.taskgraph import TaskGraph

_FILLED: Final = {Role.PARAM, Role.CONSTANT, Role.HANDLE}


def validate(graph: TaskGraph) -> None:
    """Check that every task can run in its place.

    Raises
    ------
    VerifyError
        If a slot has a negative size; if a task accesses a slot that does not exist,
        bytes outside of one, or a constant for writing; if it reads an output or a
        temporary that no earlier task writes; if its blocks are not a C-contiguous
        int64 array of two axes, or its kernel has no address.
    """
    for number, slot in enumerate(graph.slots):
        if slot.nbytes < 0:
            what = f"slot {number} has {slot.nbytes} bytes"
            raise VerifyError(what, by=graph.name, invariant="sizes are not negative")
    filled = {
        number
        for number, slot in enumerate(graph.slots)
        if slot.role in _FILLED or slot.nbytes == 0
    }
    for number, task in enumerate(graph.tasks):
        _check_task(graph, number, task, filled)


def _check_task(graph: TaskGraph, number: int, task: Task, filled: set[int]) -> None:
    if isinstance(task, KernelTask):
        _check_kernel(graph, number, task)
    for access in task.accesses:
        if not 0 <= access.slot < len(graph.slots):
            slots = f"slots are 0 to {len(graph.slots) - 1}"
            raise _broken(graph, number, f"accesses slot {access.slot}", slots)
        _check_access(graph, number, task, access)
        is_read = access.mode.reads and access.start < access.stop
        if is_read and access.slot not in filled:
            what = f"reads {_named(graph, access.slot)}, which no earlier task writes"
            raise _broken(graph, number, what, "a buffer is written before it is read")
    filled.update(access.slot for access in task.accesses if access.mode.writes)


def _check_access(graph: TaskGraph, number: int, task: Task, access: Access) -> None:
    slot = graph.slots[access.slot]
    if access.mode.writes and slot.role is Role.CONSTANT:
        what = f"writes {_named(graph, access.slot)}"
        raise _broken(graph, number, what, "constants are not written")
    if isinstance(task, CallTask) and not _fits(access, slot):
        what = (
            f"views bytes {access.start} to {access.stop} of "
            f"{_named(graph, access.slot)}, which has {slot.nbytes}"
        )
        raise _broken(graph, number, what, "views lie inside their buffers")


def _fits(access: Access, slot: Slot) -> bool:
    return access.start >= 0 and access.stop <= slot.nbytes


def _check_kernel(graph: TaskGraph, number: int, task: KernelTask) -> None:
    blocks = task.blocks
    if task.address == 0:
        raise _broken(graph, number, "has no kernel address", "kernels are compiled")
    if blocks.ndim != 2 or blocks.dtype != np.int64 or not blocks.flags.c_contiguous:
        what = (
            f"has blocks {blocks.dtype}{list(blocks.shape)} "
            f"with strides {list(blocks.strides)}"
        )
        invariant = "blocks are a C-contiguous int64 array (tiles, words)"
        raise _broken(graph, number, what, invariant)


def _named(graph: TaskGraph, slot: int) -> str:
    role = graph.slots[slot].role.value
    name = graph.slots[slot].name
    return f"{role} slot {slot} ({name})" if name else f"{role} slot {slot}"


def _broken(graph: TaskGraph, number: int, what: str, invariant: str) -> VerifyError:
    task = graph.tasks[number]
    return VerifyError(
        f"task {number} ({task.name}) {what}",
        at=task.source,
        by=f"the lowering of {graph.name}",
        invariant=invariant,
        context="\n".join(
            _printed(index, graph.tasks[index])
            for index in range(max(0, number - 2), min(len(graph.tasks), number + 2))
        ),
    )


def _printed(number: int, task: Task) -> str:
    accesses = " ".join(
        f"{access.mode.value}({access.slot})" for access in task.accesses
    )
    return f"task {number}: {task.name} {accesses}"
