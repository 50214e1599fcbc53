"""Calls of libraries on a device: functions of CuPy, on the arrays of a plan.

A call is a Python function that is given the library and arrays of the device, and puts
its work on the device's stream. CuPy has NumPy's names, so that the same text computes
on a simulated device.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazydag.backends.cuda.queued import Lane, Queued
from lazydag.backends.cuda.streams import NONE, Order
from lazydag.backends.cuda.touched import Reach
from lazydag.errors import SourceLine
from lazydag.runtime import Access, CallTask, Mode, View, address_of
from lazydag.runtime.placeholders import written

if TYPE_CHECKING:
    from lazydag.backends.cuda.device import GpuDevice

#: Called with the library, ``numpy`` or ``cupy``, then arrays to read, then to write.
Call: TypeAlias = Callable[..., object]
Array: TypeAlias = NDArray[Any]


def queued_call(
    device: GpuDevice,
    name: str,
    call: Call,
    inputs: Sequence[View],
    outputs: Sequence[View],
    source: SourceLine | None = None,
    seconds: float = 0.0,
) -> Queued:
    """Return a call of a library as work for a device.

    Parameters
    ----------
    call
        Its arrays are those of the views, inputs first. What it writes elsewhere is
        memory of its own, which the library's pool keeps in the order of the stream.
    """
    views = (
        *(replace(view, mode=Mode.IN) for view in inputs),
        *(v if v.mode.writes else replace(v, mode=Mode.OUT) for v in outputs),
    )
    return queued_views(device, name, call, views, source, seconds)


def queued_views(
    device: GpuDevice,
    name: str,
    call: Call,
    views: Sequence[View],
    source: SourceLine | None = None,
    seconds: float = 0.0,
) -> Queued:
    """Return a call on views in any order as work for a device.

    Parameters
    ----------
    views
        Of its arrays, each with the mode in which it is accessed.
    """
    spans = tuple(
        written(view)
        if view.mode is Mode.OUT
        else Access(view.slot, view.mode, *view.span())
        for view in views
    )
    put = _Put(call, tuple(views))
    return Queued(name, device, Lane.COMPUTE, put, spans, source, seconds)


@dataclass(frozen=True, slots=True)
class _Put:
    """Makes the task of a call; see `Queued.put`."""

    call: Call
    views: tuple[View, ...]

    def __call__(self, work: Queued, order: Order) -> CallTask:
        events = order.after if order.event == NONE else (*order.after, order.event)
        operands = tuple(_placed(view, order) for view in self.views)
        run = _Run(work.device, work.name, self.call, operands, len(order.after))
        return CallTask(
            work.name,
            run,
            (*operands, *map(_handle, (order.stream, *events))),
            work.source,
            work.cost,
            exact=(*work.accesses, Access(order.stream, Mode.INOUT, 0, 8)),
        )


def _placed(view: View, order: Order) -> View:
    slot, offset = order.at(view.slot, view.offset)
    return replace(view, slot=slot, offset=offset)


def _handle(slot: int) -> View:
    """Return a stand-in for a handle: an array that is never read, at its number."""
    return View(slot, np.dtype(np.uint8), (8,))


@dataclass(frozen=True, slots=True)
class _Run:
    """What a call's task does: only addresses of its arrays count, not their elements.

    Parameters
    ----------
    waits
        Number of events that come before.
    """

    device: GpuDevice
    name: str
    call: Call
    views: tuple[View, ...]
    waits: int

    def __call__(self, *arrays: Array) -> None:
        count = len(self.views)
        stream, *events = map(address_of, arrays[count:])
        reaches = [
            Reach(array, view.mode)
            for array, view in zip(arrays[:count], self.views, strict=True)
        ]
        after, recorded = events[: self.waits], events[self.waits :]
        self.device.call(self.name, self.call, reaches, stream, after, recorded)
