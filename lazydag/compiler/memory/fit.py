"""Fit the work of a plan into the memories of devices, and what leaves them in RAM."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lazydag.backends.cuda.queued import Queued
from lazydag.backends.work import Work
from lazydag.compiler.devices import device_of
from lazydag.compiler.memory.kept import kept_copies
from lazydag.compiler.memory.outside import OnDisk, WithHost, without_files
from lazydag.compiler.memory.shared import Memory, SharedMemory
from lazydag.cost.target import Target
from lazydag.runtime import Role, Slot
from lazydag.runtime.limits import (
    DEVICE_VARIABLE,
    VARIABLE,
    default_limit,
    device_limit,
)


def fit(
    work: Sequence[Work],
    slots: list[Slot],
    spaces: dict[int, str],
    target: Target | None,
) -> Sequence[Work]:
    """Return the work of a plan within the memories of its devices.

    Parameters
    ----------
    work
        In an order in which it can run.
    slots, spaces
        Those of the plan, and where they are. One slot for each device is appended,
        which takes the place of all its temporaries; they have no bytes from now on.
        So is one for what leaves the devices, if not all of it fits in RAM.
    target
        How much memory there is; None if there is but that of the host.

    Raises
    ------
    OutOfMemoryError
        If a step alone does not fit.
    """
    if target is None:
        return work
    home = target.default.space
    left: list[int] = []
    for space in dict.fromkeys(spaces.values()):
        device = None if space == home else device_of(space)
        if device is not None:
            outside = WithHost(device, slots)
            limit = device_limit(target.space(space).nbytes)
            sizes, used = _temporaries(work, slots, spaces, space)
            memory = Memory(device.name, space, limit - used, DEVICE_VARIABLE)
            shared = SharedMemory(work, slots, spaces, memory, outside)
            work = shared.run(sizes, kept_copies(work, sizes, spaces, home))
            left += outside.slots_of.values()
    return _in_ram(work, slots, spaces, home, left)


def _temporaries(
    work: Sequence[Work], slots: Sequence[Slot], spaces: Mapping[int, str], space: str
) -> tuple[dict[int, int], int]:
    """Return the slots that may lie anywhere, with their bytes; and those of others.

    Only work for devices can be moved.
    """
    hosts = {a.slot for w in work if not isinstance(w, Queued) for a in w.accesses}
    sizes, used = {}, 0
    for number, found in spaces.items():
        slot = slots[number]
        if found != space:
            continue
        if slot.role is Role.TEMPORARY and number not in hosts:
            sizes[number] = slot.nbytes
        else:
            used += slot.nbytes
    return sizes, used


def _in_ram(
    work: Sequence[Work],
    slots: list[Slot],
    spaces: dict[int, str],
    home: str,
    left: Sequence[int],
) -> Sequence[Work]:
    """Return the work with what left the devices within the budget of the host."""
    sizes = {number: slots[number].nbytes for number in left}
    used = sum(
        slot.nbytes
        for number, slot in enumerate(slots)
        if slot.role in {Role.TEMPORARY, Role.OUTPUT}
        and (spaces.get(number) or home) == home
    )
    free = default_limit() - used
    if not left or free >= 0:
        return work
    memory = Memory("the host", home, free + sum(sizes.values()), VARIABLE)
    shared = SharedMemory(work, slots, spaces, memory, OnDisk(slots))
    return without_files(shared.run(sizes, {}))
