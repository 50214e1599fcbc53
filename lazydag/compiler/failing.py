"""Calls on devices that can fail: their codes are looked at when they have arrived."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazydag.backends.backend import Backend
from lazydag.backends.cuda.library.table import library_call
from lazydag.backends.cuda.queued import Lane, queued_copy
from lazydag.backends.work import Work
from lazydag.compiler import devices
from lazydag.errors import SourceLine
from lazydag.ir.attrs import KernelAttrs
from lazydag.ir.node import Node
from lazydag.ir.refusals import refused
from lazydag.passes.work import cost_key
from lazydag.runtime import CallTask, Mode, Role, Slot, View

if TYPE_CHECKING:
    from lazydag.backends.cuda.device import GpuDevice

#: Returns the error that codes mean; None if nothing failed.
Meaning: TypeAlias = Callable[[NDArray[np.int32]], Exception | None]

_CODE = np.dtype(np.int32)


@dataclass(frozen=True, slots=True)
class Codes:
    """Where codes of a call are.

    Parameters
    ----------
    far, near
        On the device, and on the host.
    """

    device: GpuDevice
    far: View
    near: View

    @classmethod
    def added(
        cls, count: int, device: GpuDevice, slots: list[Slot], spaces: dict[int, str]
    ) -> Codes:
        """Return places for codes, in slots that are appended to those of a plan.

        Parameters
        ----------
        spaces
            The memory space of each slot that is not the host's.
        """
        nbytes = count * _CODE.itemsize
        slots += [Slot(nbytes, Role.TEMPORARY, "codes")] * 2
        far, near = (
            View(number, _CODE, (count,), (_CODE.itemsize,), 0, Mode.OUT)
            for number in (len(slots) - 2, len(slots) - 1)
        )
        spaces[far.slot] = device.space
        return cls(device, far, near)

    def looked_at(
        self, name: str, meaning: Meaning, source: SourceLine | None
    ) -> list[Work]:
        """Return what brings the codes, and raises the error that they mean."""
        read = replace(self.far, mode=Mode.IN)
        copy = queued_copy(self.device, Lane.OUT, read, self.near, source)
        arrived = replace(self.near, mode=Mode.IN)
        look = CallTask(f"{name} succeeded", _Look(meaning), (arrived,), source)
        return [copy, look]


@dataclass(frozen=True, slots=True)
class _Look:
    meaning: Meaning

    def __call__(self, codes: NDArray[Any]) -> None:
        error = self.meaning(codes)
        if error is not None:
            raise error


def failing_tasks(
    kernel: Node,
    inputs: Sequence[View],
    outputs: Sequence[View],
    backend: Backend,
    seconds: float,
    slots: list[Slot],
    spaces: dict[int, str],
) -> list[Work]:
    """Return the tasks of a kernel that is a call on a device which can fail.

    There are none for other kernels.
    """
    attrs = kernel.attrs
    assert isinstance(attrs, KernelAttrs)
    call = None if devices.is_near(kernel) else library_call(attrs.body)
    if call is None or not call.codes:
        return []
    device, source = devices.backend_of(kernel).device, kernel.source
    codes = Codes.added(call.codes, device, slots, spaces)
    views = [*outputs, codes.far]
    work = backend.lower_kernel(
        attrs.body.name, attrs.body, inputs, views, (), source=source, seconds=seconds
    )
    key, bucket = cost_key(kernel)
    stack = attrs.body.outputs[0].srcs[0].type.sizes[:-2]
    meaning = partial(_refused, call.name, stack)
    looked = codes.looked_at(attrs.body.name, meaning, source)
    return [replace(work, key=key, bucket=bucket), *looked]


def _refused(
    name: str, stack: tuple[int, ...], codes: NDArray[np.int32]
) -> Exception | None:
    return refused(name, codes, stack)
