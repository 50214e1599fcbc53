"""Loops and branches on devices as work that is put on a stream."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazydag.backends.cuda.queued import Queued
from lazydag.backends.cuda.streams import NONE, Order, launches_block
from lazydag.backends.cuda.stubs import stub_addresses
from lazydag.compiler.far_control import runs
from lazydag.compiler.far_control.buffers import Buffers
from lazydag.compiler.far_control.scripts import Put, native
from lazydag.runtime import Access, CallTask, Mode, View, address_of

Array: TypeAlias = NDArray[Any]


@dataclass(frozen=True, slots=True)
class PutSteps:
    """Makes the task of a loop or branch; see `Queued.put`."""

    steps: Callable[[runs.Buffers], None]
    buffers: Buffers

    def __call__(self, work: Queued, order: Order) -> CallTask:
        """Return the task."""
        views = tuple(self.buffers.views(order))
        events = order.after if order.event == NONE else (*order.after, order.event)
        handles = tuple(View(slot, np.dtype(np.uint8), (8,)) for slot in events)
        count = len(order.after)
        # In a table of the stream and the events.
        own = Order(0, tuple(range(1, 1 + count)), context=order.context)
        recorded = NONE if order.event == NONE else 1 + count
        run = _Run(
            self.steps,
            len(views),
            _ends(work, own),
            _ends(work, replace(own, after=(), event=recorded)),
        )
        return CallTask(
            work.name,
            run,
            (*views, *handles),
            work.source,
            work.cost,
            key=work.key,
            bucket=work.bucket,
            exact=(*work.accesses, Access(order.stream, Mode.INOUT, 0, 8)),
        )


def _ends(work: Queued, order: Order) -> Put:
    """Return what waits for events and records one, and nothing else."""
    block = launches_block(work.device.driver, order, [], 0)
    return native([(stub_addresses()["launches"], block)])


@dataclass(frozen=True, slots=True)
class _Run:
    """What the task does: only addresses of its arrays count."""

    steps: Callable[[runs.Buffers], None]
    count: int
    begin: Put
    end: Put

    def __call__(self, *arrays: Array) -> None:
        addresses = list(map(address_of, arrays))
        buffers, events = addresses[: self.count], addresses[self.count :]
        table = runs.filled([buffers[-1], *events])
        self.begin(table)
        self.steps(buffers)
        self.end(table)
