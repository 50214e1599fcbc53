"""What a run needs of devices: memory, streams, events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from ctypes import c_int64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lazydag.backends.cuda.queued import Lane
from lazydag.compiler.queues import Handles
from lazydag.runtime.executor import Addresses

if TYPE_CHECKING:
    from lazydag.backends.cuda.device import GpuDevice

# Streams of devices; all plans of a process share them.
_streams: dict[tuple[GpuDevice, Lane], int] = {}


@dataclass(frozen=True, slots=True)
class Far:
    """The slots of a plan that are not in the memory of the host.

    Parameters
    ----------
    buffers
        By slot: the device, and the bytes.
    handles
        Slots of streams and events.
    """

    buffers: Mapping[int, tuple[GpuDevice, int]]
    handles: Handles
    _idle: list[dict[int, int]] = field(default_factory=list)

    @contextmanager
    def bound(self, bases: Addresses) -> Iterator[None]:
        """Put addresses and handles into the table of a run, for as long as it takes.

        Parameters
        ----------
        bases
            Those of the host's slots, in order; becomes those of all.
        """
        try:
            events = self._idle.pop()
        except IndexError:
            events = {slot: d.event() for slot, d in self.handles.events.items()}
            events |= {slot: d.word() for slot, d in self.handles.words.items()}
        for slot in self.handles.words:
            c_int64.from_address(events[slot]).value = 0
        found = events | self._streams()
        try:
            for slot, (device, nbytes) in self.buffers.items():
                found[slot] = device.allocate(nbytes) if nbytes else 0
            for slot in sorted(found):
                bases.insert(slot, found[slot])
            yield
        except BaseException:
            for device in self._devices():
                device.settle()
            raise
        finally:
            for slot, (device, _) in self.buffers.items():
                if found.get(slot):
                    device.free(found[slot])
            self._idle.append(events)

    def _devices(self) -> list[GpuDevice]:
        return list(dict.fromkeys(device for device, _ in self.buffers.values()))

    def _streams(self) -> dict[int, int]:
        found = {}
        for slot, (device, lane) in self.handles.streams.items():
            known = _streams.get((device, lane))
            if known is None:
                known = _streams[device, lane] = device.stream()
            found[slot] = known
        return found
