"""The buffers of one piece of work: slots of the plan, by numbers of their own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING, Final

import numpy as np

from lazydag.backends.cuda.streams import NONE, Order
from lazydag.compiler.views import contiguous_strides
from lazydag.runtime import Access, Mode, Role, Slot, View

if TYPE_CHECKING:
    from lazydag.backends.cuda.device import GpuDevice
    from lazydag.compiler.far_control.runs import Place

#: What follows the addresses of buffers: a word for failures, and the stream.
FAILED: Final = (-2, 0)
STREAM: Final = (-1, 0)

_BYTE: Final = np.dtype(np.uint8)


@dataclass(slots=True)
class Buffers:
    """Slots that some work reads and writes.

    Parameters
    ----------
    slots, spaces
        Those of the plan, and where they are; work memory is appended.
    """

    device: GpuDevice
    slots: list[Slot]
    spaces: dict[int, str]
    numbers: dict[int, int] = field(default_factory=dict)
    accesses: list[Access] = field(default_factory=list)

    def place(self, view: View, mode: Mode) -> Place:
        """Return where a view begins, which is accessed as a whole."""
        self.accesses.append(Access(view.slot, mode, *view.span()))
        return self.numbers.setdefault(view.slot, len(self.numbers)), view.offset

    def far(self, nbytes: int) -> Place:
        """Return fresh memory of the device."""
        return self.place(self.array((nbytes,), _BYTE), Mode.OUT)

    def near(self, nbytes: int) -> Place:
        """Return fresh memory of the host."""
        self.slots.append(Slot(nbytes, Role.TEMPORARY, "steps"))
        view = View(len(self.slots) - 1, _BYTE, (nbytes,), (1,))
        return self.place(view, Mode.OUT)

    def array(self, shape: tuple[int, ...], dtype: np.dtype[np.generic]) -> View:
        """Return an array in fresh memory of the device."""
        nbytes = prod(shape) * dtype.itemsize
        self.slots.append(Slot(nbytes, Role.TEMPORARY, "steps"))
        slot = len(self.slots) - 1
        self.spaces[slot] = self.device.space
        strides = contiguous_strides(shape, dtype)
        return View(slot, dtype, shape, strides, 0, Mode.OUT)

    def views(self, order: Order) -> Iterator[View]:
        """Yield stand-ins for all buffers, whose addresses count, and for handles."""
        ends = dict.fromkeys(self.numbers, 0)
        writes = dict.fromkeys(self.numbers, False)
        for access in self.accesses:
            ends[access.slot] = max(ends[access.slot], access.stop)
            writes[access.slot] |= access.mode.writes
        for slot in self.numbers:
            held, start = order.at(slot)
            mode = Mode.INOUT if writes[slot] else Mode.IN
            yield View(held, _BYTE, (ends[slot],), (1,), start, mode)
        failed = order.stream if order.failed == NONE else order.failed
        for handle in (failed, order.stream):
            yield View(handle, _BYTE, (8,))
