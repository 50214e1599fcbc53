"""What a tile program spawned, before it is known where it runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lazydag.backends.cuda.library import queued_views
from lazydag.runtime import Access, CallTask, KernelTask, View
from lazydag.runtime.placeholders import placeholder

if TYPE_CHECKING:
    from lazydag.backends.cuda.device import GpuDevice
    from lazydag.backends.cuda.queued import Queued
    from lazydag.runtime.native import Bind, NativeCall


@dataclass(frozen=True, slots=True)
class Spawned:
    """A task of a tile program.

    Parameters
    ----------
    task
        As it runs on the host.
    call
        What devices can compute, too; None for a Python function.
    bind
        Returns the call for arrays that lie otherwise.
    views
        The call's arrays.
    whole
        How it accesses them, if they are taken as a whole: a triangle that is written
        is a matrix that is read and written.
    after
        Numbers of tasks that must have succeeded, if they can fail on a device.
    """

    task: KernelTask | CallTask
    call: NativeCall | None = None
    bind: Bind | None = None
    views: tuple[View, ...] = ()
    whole: tuple[Access, ...] = ()
    after: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class FarTask:
    """A task of a tile program for a device, before it is known where its tiles are.

    Parameters
    ----------
    task
        As it would run on the host.
    views, accesses
        Its arrays, and how it accesses each, as if there were one memory.
    """

    task: KernelTask | CallTask
    device: GpuDevice
    call: NativeCall
    bind: Bind
    views: tuple[View, ...]
    accesses: tuple[Access, ...]
    seconds: float

    def queued(self, views: Sequence[View], accesses: Sequence[Access]) -> Queued:
        """Return the work that it is on arrays elsewhere."""
        tiles = map(placeholder, views[: len(self.call.operands)])
        call, _ = self.bind(*tiles)
        assert call.far is not None
        made = queued_views(
            self.device,
            call.name,
            call.far,
            views,
            self.task.source,
            self.seconds,
            accesses,
        )
        return replace(made, key=call.key, bucket=call.bucket)
