"""What a run needs of devices: memory, streams, events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from ctypes import c_int64
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

from lazydag.backends.cuda.handles import Kind, leave, take
from lazydag.backends.cuda.memory import Held, allocated, held_result
from lazydag.backends.cuda.shared import stream_of, visiting
from lazydag.compiler.queues import Handles
from lazydag.compiler.session import session
from lazydag.cost.history import REMEMBERED
from lazydag.runtime.executor import Addresses

if TYPE_CHECKING:
    from lazydag.backends.cuda.device import GpuDevice


# Asking for the times of all works takes longer than a short run.
_TOLD_EACH = 64


def is_told(run: int) -> bool:
    """Tell whether the times of a run, counted from 0, are looked at."""
    return run < REMEMBERED or run % _TOLD_EACH == 0


@dataclass(frozen=True, slots=True)
class Far:
    """The slots of a plan that are not in the memory of the host.

    Parameters
    ----------
    buffers
        By slot: the device, and the bytes.
    handles
        Slots of streams and events.
    results
        Slots that outlive a run.
    """

    buffers: Mapping[int, tuple[GpuDevice, int]]
    handles: Handles
    results: frozenset[int] = frozenset()
    _idle: list[dict[int, int]] = field(default_factory=list)
    _runs: Iterator[int] = field(default_factory=count)

    @contextmanager
    def bound(self, bases: Addresses) -> Iterator[dict[int, Held]]:
        """Put addresses and handles into the table of a run, for as long as it takes.

        Yields the memory of the results by slot, which is there after the run.

        Parameters
        ----------
        bases
            Those of the host's slots, in order; becomes those of all.
        """
        try:
            events = self._idle.pop()
        except IndexError:
            events = self._events()
        for slot in self.handles.words:
            c_int64.from_address(events[slot]).value = 0
        found = events | self._streams()
        kept: dict[int, Held] = {}
        try:
            for slot, (device, nbytes) in self.buffers.items():
                found[slot] = allocated(device, nbytes)
            for slot in sorted(found):
                bases.insert(slot, found[slot])
            with visiting(self._devices()[0]):
                yield kept
            for slot in self.results:
                device, nbytes = self.buffers[slot]
                kept[slot] = held_result(device, found[slot], nbytes)
            self._tell(found)
        except BaseException:
            for device in self._devices():
                device.settle()
            raise
        finally:
            for slot, (device, _) in self.buffers.items():
                if found.get(slot) and slot not in kept:
                    device.free(found[slot])
            self._idle.append(events)

    def __del__(self) -> None:
        """Leave all handles to other plans."""
        for found in self._idle:
            for slot, device, kind in self._owned():
                leave(device, kind, found[slot])

    def _events(self) -> dict[int, int]:
        """Return handles that no other run has."""
        return {slot: take(device, kind) for slot, device, kind in self._owned()}

    def _owned(self) -> Iterator[tuple[int, GpuDevice, Kind]]:
        """Yield the slot of each handle, its device and its kind."""
        handles = self.handles
        tables: tuple[tuple[Kind, Mapping[int, GpuDevice]], ...] = (
            ("event", handles.events),
            ("word", handles.words),
            ("timer", handles.timers),
        )
        for kind, table in tables:
            for slot, device in table.items():
                yield slot, device, kind

    def _tell(self, found: Mapping[int, int]) -> None:
        """Let the history of costs know how long work took, now and then."""
        if not is_told(next(self._runs)):
            return
        history = session().history
        for timed in self.handles.timed:
            work = timed.work
            ends = found[timed.start], found[timed.stop]
            seconds = work.device.elapsed_seconds(*ends)
            name = work.device.name
            history.record(work.key, work.bucket, name, seconds, work.cost)

    def _devices(self) -> list[GpuDevice]:
        each = (*self.buffers.values(), *self.handles.streams.values())
        return list(dict.fromkeys(device for device, _ in each))

    def _streams(self) -> dict[int, int]:
        return {slot: stream_of(*each) for slot, each in self.handles.streams.items()}
