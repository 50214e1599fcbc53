"""Where values leave to: from a device to the host, from there to files."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lazydag.backends.cuda.queued import Lane, queued_copy
from lazydag.backends.work import Work
from lazydag.compiler.memory.lives import Life
from lazydag.cost.host import cache_folder
from lazydag.errors import SourceLine
from lazydag.runtime import CallTask, Mode, Role, Slot, View, address_of

if TYPE_CHECKING:
    from lazydag.backends.cuda.device import GpuDevice
    from lazydag.compiler.memory.shared import Place

Array = NDArray[Any]
_BYTE = np.dtype(np.uint8)
_lock = Lock()


@dataclass(frozen=True, slots=True)
class WithHost:
    """The memory of the host: a slot for each value, copied by the device.

    Parameters
    ----------
    slots
        Those of the plan; new ones are appended.
    """

    device: GpuDevice
    slots: list[Slot]
    slots_of: dict[Life, int] = field(default_factory=dict)

    def out(self, life: Life, view: View, at: SourceLine | None) -> Work:
        """Return the copy of a value out of the device."""
        if life not in self.slots_of:
            name = f"{self.slots[life.slot].name} moved out".strip()
            self.slots_of[life] = len(self.slots)
            self.slots.append(Slot(life.nbytes, Role.TEMPORARY, name))
        near = replace(view, slot=self.slots_of[life], offset=0, mode=Mode.OUT)
        return queued_copy(self.device, Lane.OUT, view, near, at)

    def back(
        self, life: Life, view: View, kept: Place | None, at: SourceLine | None
    ) -> Work:
        """Return the copy of a value into the device."""
        slot, start = (self.slots_of[life], 0) if kept is None else kept
        near = replace(view, slot=slot, offset=start)
        return queued_copy(self.device, Lane.IN, near, replace(view, mode=Mode.OUT), at)


@dataclass(frozen=True, slots=True)
class OnDisk:
    """Files, one for each value.

    A token for each of them stands for the file, so that tasks wait for each other.
    """

    slots: list[Slot]
    tokens: dict[Life, int] = field(default_factory=dict)

    def out(self, life: Life, view: View, at: SourceLine | None) -> Work:
        """Return what writes a value to its file."""
        if life not in self.tokens:
            self.tokens[life] = len(self.slots)
            self.slots.append(Slot(8, Role.TEMPORARY, "file"))
        token = View(self.tokens[life], _BYTE, (8,), None, 0, Mode.OUT)
        return CallTask("write to disk", _write, (token, view), at, holds_gil=False)

    def back(
        self, life: Life, view: View, kept: Place | None, at: SourceLine | None
    ) -> Work:
        """Return what reads a value from its file."""
        assert kept is None
        # Not only a reader: the last one removes the file.
        token = View(self.tokens[life], _BYTE, (8,), None, 0, Mode.INOUT)
        views = token, replace(view, mode=Mode.OUT)
        return CallTask("read from disk", _read, views, at, holds_gil=False)


def without_files(work: Sequence[Work]) -> list[Work]:
    """Return work that removes each file when it is read for the last time."""
    known: set[int] = set()
    found: list[Work] = []
    for each in reversed(work):
        if isinstance(each, CallTask) and each.function is _read:
            token = each.accesses[0].slot
            is_last = token not in known
            known.add(token)
            found.append(replace(each, function=_read_last) if is_last else each)
        else:
            found.append(each)
    return found[::-1]


def _folder() -> Path:
    """Return a folder that lasts as long as the process."""
    with _lock:  # of two folders one would be removed
        return Path(_made().name)


@cache
def _made() -> tempfile.TemporaryDirectory[str]:
    place = cache_folder()
    place.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryDirectory(prefix="spilled-", dir=place)


def _path(token: Array) -> Path:
    """Return the file that a token stands for: runs at the same time have their own."""
    return _folder() / f"{os.getpid()}-{address_of(token):x}"


def _write(token: Array, values: Array) -> None:
    with _path(token).open("wb", buffering=0) as file:
        left = values.data
        while left:
            left = left[file.write(left) :]
    token[...] = 0


def _read(token: Array, values: Array) -> None:
    with _path(token).open("rb", buffering=0) as file:
        left = values.data
        while left:
            count = file.readinto(left)
            if not count:
                raise EOFError(f"{_path(token)} is shorter than it was")
            left = left[count:]


def _read_last(token: Array, values: Array) -> None:
    _read(token, values)
    _path(token).unlink()
