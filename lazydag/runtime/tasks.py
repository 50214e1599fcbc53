"""Slots and tasks: what a task graph is made of.

A grid of tiles is one task, and its tiles are the rows of one array, never objects.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazydag.errors import LazydagError, SourceLine
from lazydag.runtime.edges import Access, Mode

Blocks: TypeAlias = NDArray[np.int64]


class Role(Enum):
    """What a slot is to its graph."""

    PARAM = "param"
    OUTPUT = "output"
    TEMPORARY = "temporary"
    CONSTANT = "constant"
    HANDLE = "handle"


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for a buffer, bound to an address at each run.

    Parameters
    ----------
    nbytes
        Bytes that tasks may touch, from the bound address on.
    role
        Parameters and constants are filled before the run; outputs and temporaries
        hold nothing before a task writes them. Handles are no memory: streams and
        events of devices, by number.
    """

    nbytes: int
    role: Role
    name: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class KernelTask:
    """One grid of tiles, computed by a native kernel.

    The kernel is ``int32 kernel(const int64 *block, void *const *bases)``. `bases` is
    the run's table of buffer addresses, indexed by slot; `block` is the tile's row of
    `blocks`: extents, slot numbers, byte offsets, strides, as the kernel wants them. It
    returns 0, or a code that says what failed.

    Parameters
    ----------
    name
        For messages and displays.
    address
        Address of the kernel's machine code.
    blocks
        C-contiguous int64 array (tiles, words), constant from now on.
    accesses
        The slots that the tiles read and write, all tiles together.
    source
        The user's line that failures are reported at.
    cost
        Estimated seconds for all tiles on the whole device.
    key
        The kernel's structure, for the history of measured costs.
    bucket
        The shape bucket, for the history of measured costs.
    meanings
        What the kernel's failure codes mean, for messages.
    error
        Makes the error for a failure code, where it is a mistake in the user's data.
    owner
        Whatever keeps the machine code loaded.
    """

    name: str
    address: int
    blocks: Blocks
    accesses: tuple[Access, ...]
    source: SourceLine | None = None
    cost: float = 0.0
    key: str = ""
    bucket: str = ""
    meanings: Mapping[int, str] = field(default_factory=dict)
    error: Callable[[int], LazydagError] | None = None
    owner: object = None

    @property
    def ntiles(self) -> int:
        """Number of tiles."""
        return int(self.blocks.shape[0])


@dataclass(frozen=True, slots=True)
class View:
    """An array over a slot's buffer.

    Parameters
    ----------
    slot
        Number of the slot.
    strides
        Bytes, one per axis; `None` for a C-contiguous array.
    offset
        Bytes from the start of the buffer to the first element.
    mode
        `Mode.IN` views are read-only to the call.
    """

    slot: int
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    strides: tuple[int, ...] | None = None
    offset: int = 0
    mode: Mode = Mode.IN

    def span(self) -> tuple[int, int]:
        """Return the bytes ``[start, stop)`` of the buffer that the view may touch."""
        if 0 in self.shape:
            return self.offset, self.offset
        if self.strides is None:
            nbytes = math.prod(self.shape) * self.dtype.itemsize
            return self.offset, self.offset + nbytes
        ends = [
            (n - 1) * stride for n, stride in zip(self.shape, self.strides, strict=True)
        ]
        start = self.offset + sum(end for end in ends if end < 0)
        stop = self.offset + sum(end for end in ends if end > 0) + self.dtype.itemsize
        return start, stop


@dataclass(frozen=True, slots=True, eq=False)
class CallTask:
    """A Python function called on arrays over the slots, by the caller's thread.

    Parameters
    ----------
    function
        Called as ``function(*arrays)`` with one array per argument, in order. It writes
        its results into the arrays of its `Mode.OUT` and `Mode.INOUT` arguments; what
        it returns is dropped, what it raises ends the run.
    arguments
        The views to call it with.
    holds_gil
        Whether it keeps the interpreter to itself: of such calls one runs at a time.
    exact
        What it accesses, if that is less than all bytes between the ends of its views.
    """

    name: str
    function: Callable[..., object]
    arguments: tuple[View, ...]
    source: SourceLine | None = None
    cost: float = 0.0
    key: str = ""
    bucket: str = ""
    holds_gil: bool = True
    exact: tuple[Access, ...] = ()

    @property
    def accesses(self) -> tuple[Access, ...]:
        """What the call reads and writes: the bytes under its views."""
        return self.exact or tuple(
            Access(view.slot, view.mode, *view.span()) for view in self.arguments
        )


Task: TypeAlias = KernelTask | CallTask
