"""Who keeps memory of a device: plans that made it, or another library."""

from __future__ import annotations

import gc
import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from threading import RLock
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lazydag.backends.cuda import shared
from lazydag.backends.cuda.queued import Lane
from lazydag.errors import OutOfMemoryError
from lazydag.runtime import address_of
from lazydag.runtime.device_array import DeviceArray, contiguous
from lazydag.runtime.limits import printed

if TYPE_CHECKING:
    from lazydag.backends.cuda.device import GpuDevice


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """Memory of a device that stays as long as something refers to this.

    Parameters
    ----------
    on
        The device.
    owner
        Whatever keeps the memory.
    is_ours
        Whether nobody else can write into it.
    theirs
        Returns the stream on which another library works with it, if that is known.
    """

    on: GpuDevice
    owner: object
    is_ours: bool
    theirs: Callable[[], int | None] | None = None

    @property
    def device(self) -> str:
        """Name of the device in targets."""
        return self.on.name

    @property
    def space(self) -> str:
        """Name of its memory in targets."""
        return self.on.space

    def read(self, target: int, source: int, nbytes: int) -> None:
        """Copy bytes to an address of the host, and wait for them."""
        self.catch_up()
        shared.copy(self.on, Lane.OUT, target, source, nbytes)

    def write(self, target: int, source: int, nbytes: int, *, is_near: bool) -> None:
        """Copy bytes from the host, or from the same device, and wait for them."""
        self.catch_up()
        lane = Lane.IN if is_near else Lane.COMPUTE
        shared.copy(self.on, lane, target, source, nbytes)

    def copied(self, array: DeviceArray) -> DeviceArray:
        """Return a copy of an array in it, of memory that is ours."""
        self.catch_up()
        start, stop = array.span()
        made = _empty(self.on, (stop - start,), np.dtype(np.uint8))
        shared.copy(self.on, Lane.COMPUTE, made.address, start, stop - start)
        address = made.address + array.address - start
        return DeviceArray(
            address, array.shape, array.dtype, array.strides, made.memory
        )

    def catch_up(self) -> None:
        """Let what is put on the device come after what its owner does with it."""
        stream = None if self.theirs is None else self.theirs()
        if stream is not None:
            shared.follow(self.on, stream)

    def finish(self, stream: int) -> None:
        """Wait for what another library does with the memory on its stream."""
        shared.finish(self.on, stream)


_in_use: dict[GpuDevice, int] = {}
# Arrays die anywhere, also while it is held.
_lock = RLock()


@dataclass(slots=True, eq=False)
class Allocated:
    """Memory that a plan was given, until the last reference to this dies."""

    device: GpuDevice
    address: int
    nbytes: int

    def __post_init__(self) -> None:
        _count(self.device, self.nbytes)

    def __del__(self) -> None:
        with suppress(Exception):  # the process may be about to end
            _count(self.device, -self.nbytes)
            self.device.free(self.address)


def _count(device: GpuDevice, nbytes: int) -> None:
    with _lock:
        _in_use[device] = _in_use.get(device, 0) + nbytes


def require(device: GpuDevice, nbytes: int, limit_nbytes: int, what: str) -> None:
    """Check that a device has room beside the arrays that are on it.

    Raises
    ------
    OutOfMemoryError
        If it has not; arrays that only a cycle keeps go first.
    """
    if _in_use.get(device, 0) + nbytes > limit_nbytes:
        gc.collect()
    used = _in_use.get(device, 0)
    if used + nbytes > limit_nbytes:
        raise OutOfMemoryError(
            f"{what} needs {printed(nbytes)} of {device.name}; "
            f"the limit is {printed(limit_nbytes)}, "
            f"of which arrays have {printed(used)}",
            remedy="Drop arrays that are not needed, or move them: x.to_device('cpu').",
            nbytes=nbytes,
            limit_nbytes=limit_nbytes,
        )


def allocated(device: GpuDevice, nbytes: int) -> int:
    """Return the address of memory of a device; 0 for none.

    Arrays that only a cycle keeps go first, if there is no room.

    Raises
    ------
    OutOfMemoryError
        If there is not enough.
    """
    if not nbytes:
        return 0
    try:
        return device.allocate(nbytes)
    except OutOfMemoryError:
        gc.collect()
    return device.allocate(nbytes)


def held_result(device: GpuDevice, address: int, nbytes: int) -> Held:
    """Return what keeps memory that holds a plan's result."""
    owner = Allocated(device, address, nbytes) if address else None
    return Held(device, owner, is_ours=True)


def placed(device: GpuDevice, array: NDArray[Any]) -> DeviceArray:
    """Return a copy of an array of the host, in C order."""
    made = _empty(device, array.shape, array.dtype)
    source = np.ascontiguousarray(array)
    shared.copy(device, Lane.IN, made.address, address_of(source), source.nbytes)
    return made


def _empty(
    device: GpuDevice, shape: tuple[int, ...], dtype: np.dtype[Any]
) -> DeviceArray:
    nbytes = math.prod(shape) * dtype.itemsize
    address = allocated(device, nbytes)
    held = held_result(device, address, nbytes)
    return DeviceArray(address, shape, dtype, contiguous(shape, dtype), held)
