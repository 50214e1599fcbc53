"""What a tile program spawned, before it is known where it runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from lazydag.backends.cuda.queued import Queued
from lazydag.compiler.devices import backend_on
from lazydag.cost.estimate import Work
from lazydag.errors import LazydagError, SourceLine
from lazydag.ir.graph import Graph
from lazydag.runtime import Access, CallTask, KernelTask, View
from lazydag.runtime.placeholders import placeholder

if TYPE_CHECKING:
    from lazydag.backends.cuda.device import GpuDevice
    from lazydag.runtime.native import Bind, NativeCall


class Form(Protocol):
    """What a device can compute."""

    @property
    def work(self) -> Work:
        """What it costs."""
        ...

    @property
    def cost_key(self) -> tuple[str, str]:
        """Its structure and its sizes, for the history of measured costs."""
        ...

    @property
    def can_fail(self) -> bool:
        """Whether it writes a code, which is its last view."""
        ...

    def failed(self, code: int, at: SourceLine | None) -> LazydagError:
        """Return the error that a code means."""
        ...

    def queued(self, task: FarTask, views: Sequence[View]) -> Queued:
        """Return the work of a task on arrays that lie anywhere."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Routine:
    """A call of BLAS or LAPACK.

    Parameters
    ----------
    bind
        Returns the call for arrays that lie otherwise.
    """

    call: NativeCall
    bind: Bind

    @property
    def work(self) -> Work:
        """What it costs."""
        return self.call.work

    @property
    def cost_key(self) -> tuple[str, str]:
        """Its structure and its sizes."""
        return self.call.key, self.call.bucket

    @property
    def can_fail(self) -> bool:
        """Whether it writes a code."""
        return self.call.far is not None and self.call.far.can_fail

    def failed(self, code: int, at: SourceLine | None) -> LazydagError:
        """Return the error that a code means."""
        return self.call.failed(code, at)

    def queued(self, task: FarTask, views: Sequence[View]) -> Queued:
        """Return the work of a task on arrays that lie anywhere."""
        from lazydag.backends.cuda.library import queued_views  # noqa: PLC0415 -- GPUs

        call, _ = self.bind(*map(placeholder, views[: len(self.call.operands)]))
        assert call.far is not None
        source, seconds = task.task.source, task.seconds
        return queued_views(task.device, call.name, call.far, views, source, seconds)


@dataclass(frozen=True, slots=True, eq=False)
class Launch:
    """A kernel.

    Parameters
    ----------
    inputs
        How many of its views it reads; it writes the others.
    """

    body: Graph
    inputs: int
    work: Work
    cost_key: tuple[str, str] = ("", "")
    can_fail: bool = False

    def failed(self, code: int, at: SourceLine | None) -> LazydagError:
        """Return no error: it cannot fail."""
        raise NotImplementedError(f"{self.body.name} returned {code} at {at}")

    def queued(self, task: FarTask, views: Sequence[View]) -> Queued:
        """Return the work of a task on arrays that lie anywhere."""
        made = backend_on(task.device).lower_kernel(
            self.body.name,
            self.body,
            views[: self.inputs],
            views[self.inputs :],
            (),
            source=task.task.source,
            seconds=task.seconds,
        )
        assert isinstance(made, Queued)
        return made


@dataclass(frozen=True, slots=True)
class Spawned:
    """A task of a tile program.

    Parameters
    ----------
    task
        As it runs on the host.
    form
        What devices can compute, too; None if they cannot.
    views
        Its arrays.
    whole
        How it accesses them, if they are taken as a whole: a triangle that is written
        is a matrix that is read and written.
    after
        Numbers of tasks that must have succeeded, if they can fail on a device.
    """

    task: KernelTask | CallTask
    form: Form | None = None
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
    seconds
        What it was estimated to take, without corrections.
    """

    task: KernelTask | CallTask
    device: GpuDevice
    form: Form
    views: tuple[View, ...]
    accesses: tuple[Access, ...]
    seconds: float

    def queued(self, views: Sequence[View], accesses: Sequence[Access]) -> Queued:
        """Return the work that it is on arrays elsewhere."""
        return replace(self.form.queued(self, views), accesses=tuple(accesses))


def routine(call: NativeCall, bind: Bind | None) -> Routine | None:
    """Return what devices compute of a native call; None if that is nothing."""
    return None if call.far is None or bind is None else Routine(call, bind)
