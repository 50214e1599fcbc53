"""Work for a device that a plan has, before it is known what it waits for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazydag.backends.cuda.streams import Order, arrive_block, copy_block
from lazydag.backends.cuda.stubs import stub_addresses
from lazydag.errors import SourceLine
from lazydag.runtime import Access, KernelTask, Mode, View

if TYPE_CHECKING:
    from lazydag.backends.cuda.device import GpuDevice

Block: TypeAlias = Callable[[Order], NDArray[np.int64]]


class Lane(Enum):
    """What a device does side by side: each has a stream of its own."""

    COMPUTE = "compute"
    IN = "in"
    OUT = "out"


@dataclass(frozen=True, slots=True, eq=False)
class Queued:
    """A launch or a copy, which becomes a task once its order is known.

    Parameters
    ----------
    stub
        Which of `lazydag.backends.cuda.stubs` puts it on a stream.
    block
        Makes the stub's argument block.
    """

    name: str
    device: GpuDevice
    lane: Lane
    stub: str
    block: Block
    accesses: tuple[Access, ...]
    source: SourceLine | None = None
    cost: float = 0.0
    key: str = ""
    bucket: str = ""

    def task(self, order: Order) -> KernelTask:
        """Return the task that puts it on its stream, in the order of the plan."""
        return KernelTask(
            self.name,
            stub_addresses()[self.stub],
            self.block(order)[None],
            (*self.accesses, Access(order.stream, Mode.INOUT)),
            self.source,
            self.cost,
            key=self.key,
            bucket=self.bucket,
            meanings=MEANINGS,
            owner=self.device,
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
    return Queued("copy", device, lane, "copy", block, accesses, at)


def arrival(
    device: GpuDevice, event: int, accesses: tuple[Access, ...], name: str
) -> KernelTask:
    """Return a task that ends when an event has occurred.

    Parameters
    ----------
    event
        Slot of the event.
    accesses
        The bytes that nobody on the host may touch before.
    """
    return KernelTask(
        f"{name} has arrived",
        stub_addresses()["arrive"],
        arrive_block(device.driver, event, device.context)[None],
        tuple(replace(access, mode=Mode.INOUT) for access in accesses),
        meanings=MEANINGS,
        owner=device,
    )


__all__ = ["MEANINGS", "Lane", "Queued", "arrival", "queued_copy"]
