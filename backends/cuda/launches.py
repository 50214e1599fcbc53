"""Launches of kernels as work for a device: one, or several that follow each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lazydag.backends.cpu.space import strides_of
from lazydag.backends.cuda.device import GpuDevice
from lazydag.backends.cuda.grid import THREADS, GridKernel
from lazydag.backends.cuda.grid_plan import GridPlan
from lazydag.backends.cuda.queued import Lane, Queued, Stub
from lazydag.backends.cuda.streams import (
    NONE,
    Order,
    launch_block,
    launches_block,
    room_nbytes,
)
from lazydag.backends.cuda.touched import Operand
from lazydag.errors import LazydagError, SourceLine
from lazydag.runtime import Access, View
from lazydag.runtime.placeholders import placeholder, region_of


@dataclass(frozen=True, slots=True)
class Launch:
    """A kernel and what it is given.

    Parameters
    ----------
    grid
        Number of groups of threads, and threads of each.
    words
        With offsets in the place of addresses.
    places
        For each operand the word of its address, and the slot of its buffer.
    failed
        The word of the address that failures are told at; negative if there are none.
    error
        Makes the error of what it tells there.
    """

    device: GpuDevice
    handle: int
    grid: tuple[int, int]
    words: NDArray[np.int64]
    places: tuple[tuple[int, int], ...]
    failed: int = NONE
    error: Callable[[int], LazydagError] | None = None

    def block(self, order: Order) -> NDArray[np.int64]:
        """Return the argument block; see `launch_block`."""
        driver, places = self.device.driver, self.places
        if self.failed != NONE:
            places = (*places, (self.failed, order.failed))
        return launch_block(driver, order, self.handle, self.grid, self.words, places)


def launch_of(
    device: GpuDevice, name: str, kernel: GridKernel, plan: GridPlan
) -> Launch:
    """Return the launch of a planned kernel."""
    operands = [_operand(plan, k, view) for k, view in enumerate(plan.views)]
    return Launch(
        device,
        device.load(name, kernel, operands),
        (max(1, min(plan.items, device.blocks)), THREADS),
        plan.words([view.offset for view in plan.views]),
        tuple((plan.places[k], view.slot) for k, view in enumerate(plan.views)),
        plan.failed,
        plan.error,
    )


def queued_launches(
    name: str,
    launches: Sequence[Launch],
    accesses: Sequence[Access],
    source: SourceLine | None = None,
    seconds: float = 0.0,
    times: int = 1,
) -> Queued:
    """Return launches that follow each other, all of them so many times, as one work.

    Parameters
    ----------
    accesses
        What all of them together read and write.
    """
    device = launches[0].device

    def block(order: Order) -> NDArray[np.int64]:
        alone = replace(order, after=(), event=NONE)
        blocks = [launch.block(alone) for launch in launches]
        return launches_block(device.driver, order, blocks, times)

    is_one = len(launches) == times == 1
    stub = Stub("launch", launches[0].block) if is_one else Stub("launches", block)
    room = max(room_nbytes(len(launch.words)) for launch in launches)
    return Queued(
        name,
        device,
        Lane.COMPUTE,
        stub,
        tuple(accesses),
        source,
        seconds,
        room_nbytes=room,
        error=launches[-1].error,
    )


def _operand(plan: GridPlan, number: int, view: View) -> Operand:
    """Return what a kernel does to an operand, from the address in its word on."""
    strides = strides_of(view)
    start, stop = View(0, view.dtype, view.shape, strides).span()
    word = plan.places[number]
    shift = plan.template[word]
    region = region_of(placeholder(View(0, view.dtype, view.shape, strides, -start)))
    axes = () if region.is_empty or region.is_dense else region.axes
    return Operand(word, int(start - shift), int(stop - shift), view.mode, axes)
