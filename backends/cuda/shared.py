"""What all plans of a process share of a device: streams, and copies by the host."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from threading import RLock
from typing import TYPE_CHECKING, Any, Final

from lazydag.backends.cuda.queued import MEANINGS, Lane
from lazydag.errors import KernelError

if TYPE_CHECKING:
    from lazydag.backends.cuda.device import GpuDevice

_POINTER = ctypes.c_void_p
_ARGUMENTS: Final[dict[str, tuple[Any, ...]]] = {
    "enter": (_POINTER,),
    "copy": (_POINTER, _POINTER, ctypes.c_size_t, _POINTER),
    "record": (_POINTER, _POINTER),
    "wait": (_POINTER, _POINTER, ctypes.c_uint32),
    "synchronize": (_POINTER,),
}

_streams: Final[dict[tuple[GpuDevice, Lane], int]] = {}
_events: Final[dict[GpuDevice, int]] = {}
# What is dropped meanwhile may come back here: `follow` is called by finalizers.
_lock = RLock()


@contextmanager
def visiting(device: GpuDevice) -> Iterator[None]:
    """Let this thread call the driver for a device; then it is where it was before.

    Other libraries of the program ask the driver which device they are on.
    """
    before = device.entered()
    _call(device, "enter", device.context)
    try:
        yield
    finally:
        _call(device, "enter", before)


def stream_of(device: GpuDevice, lane: Lane) -> int:
    """Return the stream on which a device does one kind of things for all plans."""
    found = _streams.get((device, lane))
    if found is None:
        with _lock:  # another thread may make it meanwhile
            if (device, lane) not in _streams:
                _streams[device, lane] = device.stream()
            found = _streams[device, lane]
    return found


def copy(device: GpuDevice, lane: Lane, target: int, source: int, nbytes: int) -> None:
    """Copy bytes between addresses, and wait until they are there.

    What plans do with these bytes has been done: a run ends when all of it is.
    """
    if not nbytes:
        return
    stream = stream_of(device, lane)
    with _lock, visiting(device):
        event = _event(device)
        _call(device, "copy", target, source, nbytes, stream)
        _call(device, "record", event, stream)
        _call(device, "synchronize", event)


def follow(device: GpuDevice, stream: int) -> None:
    """Let all that is put on a device from now on wait for a foreign stream.

    Parameters
    ----------
    stream
        Another library's, or CUDA's numbers of its default streams.
    """
    with _lock, visiting(device):
        event = _event(device)
        _call(device, "record", event, stream)
        for lane in Lane:
            _call(device, "wait", stream_of(device, lane), event, 0)


def finish(device: GpuDevice, stream: int) -> None:
    """Wait for all that another library has put on its stream."""
    with _lock, visiting(device):
        event = _event(device)
        _call(device, "record", event, stream)
        _call(device, "synchronize", event)


def _event(device: GpuDevice) -> int:
    if device not in _events:
        _events[device] = device.event()
    return _events[device]


def _call(device: GpuDevice, name: str, *arguments: int) -> None:
    code = _function(name, getattr(device.driver, name))(*arguments)
    if code:
        meaning = MEANINGS.get(code, f"error {code} of the driver")
        raise KernelError(f"{device.name}: {name} failed: {meaning}", code=code)


@cache
def _function(name: str, address: int) -> Callable[..., int]:
    return ctypes.CFUNCTYPE(ctypes.c_int32, *_ARGUMENTS[name])(address)


__all__ = ["copy", "finish", "follow", "stream_of", "visiting"]
