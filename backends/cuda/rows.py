"""Copies of rows that lie apart: tiles of matrices, in one call of the driver.

A copy is described to ``cuMemcpy2DAsync`` by a structure in memory, which the task
writes when it runs.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from lazydag.backends.cpu.native import native
from lazydag.backends.cuda.queued import MEANINGS, Lane, Queued
from lazydag.backends.cuda.streams import Order, common_words
from lazydag.backends.cuda.stubs import COPY, STREAM, WORD, base, begin, end
from lazydag.errors import SourceLine
from lazydag.runtime import Access, KernelTask, Mode
from lazydag.runtime.engine.memory import call32, load, store

if TYPE_CHECKING:
    from lazydag.backends.cuda.device import GpuDevice
    from lazydag.backends.cuda.driver import Driver

#: Of the structure ``CUDA_MEMCPY2D``.
ROOM_NBYTES: Final = 128

# The block of a copy of rows, behind what stubs have in common: the driver's function;
# slot and offset of the target, of the source, and of the room for the structure; the
# bytes from row to row in both; the bytes of a row, and how many rows there are.
_ROOM: Final = 104
_PITCHES: Final = 120
_ROW: Final = 136
_ROWS_HEAD: Final = 19

# Places in the structure; all else in it is zero.
_UNIFIED: Final = 4
_SOURCE_KIND: Final = 16
_SOURCE: Final = 32
_SOURCE_PITCH: Final = 48
_TARGET_KIND: Final = 72
_TARGET: Final = 88
_TARGET_PITCH: Final = 104
_WIDTH: Final = 112
_HEIGHT: Final = 120


def copy_rows(block: int, bases: int) -> int:
    """Put a copy of rows on a stream."""
    code = begin(block, bases)
    if code != 0:
        return code
    room = base(bases, load(block + _ROOM)) + load(block + _ROOM + WORD)
    at = room
    while at < room + ROOM_NBYTES:
        store(at, 0)
        at += WORD
    target = block + COPY + WORD
    source = target + 2 * WORD
    store(room + _SOURCE_KIND, _UNIFIED)
    store(room + _SOURCE, base(bases, load(source)) + load(source + WORD))
    store(room + _SOURCE_PITCH, load(block + _PITCHES + WORD))
    store(room + _TARGET_KIND, _UNIFIED)
    store(room + _TARGET, base(bases, load(target)) + load(target + WORD))
    store(room + _TARGET_PITCH, load(block + _PITCHES))
    store(room + _WIDTH, load(block + _ROW))
    store(room + _HEIGHT, load(block + _ROW + WORD))
    stream = base(bases, load(block + STREAM))
    code = call32(load(block + COPY), room, stream)
    if code != 0:
        return code
    return end(block, bases)


@cache
def rows_address() -> int:
    """Return the address of the kernel that puts a copy of rows on a stream."""
    (found,) = native((base, begin, end, copy_rows), ("copy_rows",))
    return found


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of bytes: where they are, how far apart, how long, and how many."""

    target: int
    target_pitch: int
    source: int
    source_pitch: int
    nbytes: int
    count: int


def rows_of(structure: int) -> Rows:
    """Return what a structure at an address of this process describes."""
    words = (ctypes.c_int64 * (ROOM_NBYTES // WORD)).from_address(structure)
    places = (_TARGET, _TARGET_PITCH, _SOURCE, _SOURCE_PITCH, _WIDTH, _HEIGHT)
    return Rows(*(words[place // WORD] for place in places))


@dataclass(frozen=True, slots=True)
class PutRows:
    """Puts a copy of rows on a stream; see `lazydag.backends.cuda.queued.Queued`.

    Parameters
    ----------
    target, source
        Slot, bytes from its start to the first row, and bytes from row to row.
    nbytes, count
        Bytes of a row, and how many rows.
    """

    target: tuple[int, int, int]
    source: tuple[int, int, int]
    nbytes: int
    count: int

    def __call__(self, work: Queued, order: Order) -> KernelTask:
        """Return the task."""
        first = order.room[1]
        room = Access(order.room[0], Mode.OUT, first, first + ROOM_NBYTES)
        return KernelTask(
            work.name,
            rows_address(),
            self._block(work.device.driver, order)[None],
            (*work.accesses, Access(order.stream, Mode.INOUT), room),
            work.source,
            work.cost,
            meanings=MEANINGS,
            owner=work.device,
        )

    def _block(self, driver: Driver, order: Order) -> NDArray[np.int64]:
        ends = (*order.at(*self.target[:2]), *order.at(*self.source[:2]))
        return np.array(
            [
                *common_words(driver, order, _ROWS_HEAD),
                *(driver.copy_rows, *ends, *order.room),
                *(self.target[2], self.source[2], self.nbytes, self.count),
                *order.after,
            ],
            np.int64,
        )


def queued_rows(
    device: GpuDevice,
    lane: Lane,
    put: PutRows,
    accesses: tuple[Access, ...],
    at: SourceLine | None,
) -> Queued:
    """Return a copy of rows as work for a device."""
    return Queued("copy", device, lane, put, accesses, at, room_nbytes=ROOM_NBYTES)
