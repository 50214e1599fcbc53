"""Work for a device that a plan has, before it is known what it waits for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import partial
from sys import maxsize
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazydag.backends.cuda.streams import (
    NONE,
    Order,
    arrive_block,
    copy_block,
    mark_block,
)
from lazydag.backends.cuda.stubs import stub_addresses
from lazydag.errors import KernelError, LazydagError, SourceLine
from lazydag.runtime import Access, KernelTask, Mode, Task, View
from lazydag.runtime.placeholders import space_of

if TYPE_CHECKING:
    from lazydag.backends.cuda.device import GpuDevice

Block: TypeAlias = Callable[[Order], NDArray[np.int64]]
#: Where slots are: another slot, and the bytes from its start.
Places: TypeAlias = Mapping[int, tuple[int, int]]


class Lane(Enum):
    """What a device does side by side: each has a stream of its own."""

    COMPUTE = "compute"
    IN = "in"
    OUT = "out"
    PEER = "peer"


@dataclass(frozen=True, slots=True, eq=False)
class Queued:
    """Work for a device, which becomes a task once its order is known.

    Parameters
    ----------
    put
        Makes the task that puts the work on its stream.
    accesses
        What it reads and writes, without streams and events.
    places
        Where slots that the work was made for are now; `accesses` say so already.
    room_nbytes
        Memory of the host that putting it takes.
    error
        Makes the error of a failure that it tells while it runs, a negative number;
        None if it tells of none.
    """

    name: str
    device: GpuDevice
    lane: Lane
    put: Callable[[Queued, Order], Task]
    accesses: tuple[Access, ...]
    source: SourceLine | None = None
    cost: float = 0.0
    key: str = ""
    bucket: str = ""
    places: Places = field(default_factory=dict)
    room_nbytes: int = 0
    error: Callable[[int], LazydagError] | None = None

    def task(self, order: Order) -> Task:
        """Return the task that puts it on its stream, in the order of the plan."""
        return self.put(self, replace(order, places=self.places))

    def located(self, places: Places) -> Queued:
        """Return the same work with the buffers of some slots elsewhere.

        Parameters
        ----------
        places
            By slot of `accesses`: the slot that holds it, and where in it it begins.
        """
        moved = {slot: _at(places, *place) for slot, place in self.places.items()}
        accesses = tuple(_moved(access, places) for access in self.accesses)
        return replace(self, accesses=accesses, places={**places, **moved})


def _at(places: Places, slot: int, offset: int) -> tuple[int, int]:
    held, start = places.get(slot, (slot, 0))
    return held, start + offset


def _moved(access: Access, places: Places) -> Access:
    if access.slot not in places:
        return access
    slot, offset = places[access.slot]
    region = access.region
    if region is not None:
        start = region.start + offset
        region = replace(region, space=space_of(slot), start=start)
    stop = access.stop if access.stop == maxsize else access.stop + offset
    return Access(slot, access.mode, access.start + offset, stop, region)


@dataclass(frozen=True, slots=True)
class Stub:
    """Puts work on a stream by native code.

    Parameters
    ----------
    name
        Which of `lazydag.backends.cuda.stubs`.
    block
        Makes its argument block.
    """

    name: str
    block: Block

    def __call__(self, work: Queued, order: Order) -> KernelTask:
        """Return the task; see `Queued.put`."""
        accesses = [*work.accesses, Access(order.stream, Mode.INOUT)]
        if work.room_nbytes:
            slot, first = order.room
            last = first + work.room_nbytes
            accesses.append(Access(slot, Mode.OUT, first, last))
        return KernelTask(
            work.name,
            stub_addresses()[self.name],
            self.block(order)[None],
            tuple(accesses),
            work.source,
            work.cost,
            meanings=MEANINGS,
            owner=work.device,
        )


#: What the driver's commonest errors mean.
MEANINGS: Final[Mapping[int, str]] = {
    2: "the device is out of memory",
    400: "a handle is not valid",
    700: "memory was accessed that does not belong to the kernel",
    719: "the kernel failed on the device",
}


def queued_copy(
    device: GpuDevice, lane: Lane, source: View, target: View, at: SourceLine | None
) -> Queued:
    """Return the copy of all bytes between the ends of a view, which stay as they lie.

    Parameters
    ----------
    source, target
        Views of the same strides.
    """
    start, stop = source.span()
    first, last = target.span()
    assert stop - start == last - first

    def block(order: Order) -> NDArray[np.int64]:
        places = (target.slot, first), (source.slot, start)
        return copy_block(device.driver, order, *places, stop - start)

    accesses = (
        Access(source.slot, Mode.IN, start, stop),
        Access(target.slot, Mode.OUT, first, last),
    )
    return Queued("copy", device, lane, Stub("copy", block), accesses, at)


def mark(work: Queued, order: Order) -> KernelTask:
    """Return a task that records an event before or after some work, to time it."""
    return KernelTask(
        f"{work.name} is timed",
        stub_addresses()["mark"],
        mark_block(work.device.driver, order)[None],
        (*work.accesses, Access(order.stream, Mode.INOUT)),
        work.source,
        meanings=MEANINGS,
        owner=work.device,
    )


def arrival(
    work: Queued, event: int, accesses: tuple[Access, ...], failed: int = NONE
) -> KernelTask:
    """Return a task that ends when some work is done; it fails as the work did.

    Parameters
    ----------
    event
        Slot of the event that occurs then.
    accesses
        The bytes that nobody on the host may touch before.
    failed
        Slot of the word that tells of failures.
    """
    device = work.device
    return KernelTask(
        f"{work.name} has arrived",
        stub_addresses()["arrive"],
        arrive_block(device.driver, event, device.context, failed)[None],
        tuple(replace(access, mode=Mode.INOUT) for access in accesses),
        work.source,
        meanings=MEANINGS,
        error=None if work.error is None else partial(_error, work.error),
        owner=device,
    )


def _error(error: Callable[[int], LazydagError], code: int) -> LazydagError:
    """Return what went wrong: in the work, or else in the driver."""
    if code < 0:
        return error(code)
    return KernelError(f"the driver failed: {MEANINGS.get(code, f'code {code}')}")


__all__ = ["MEANINGS", "Lane", "Queued", "Stub", "arrival", "mark", "queued_copy"]
