"""Arguments and results of plans that are not in the memory of the host."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from lazydag.backends.cuda.memory import placed, require
from lazydag.compiler.devices import device_of
from lazydag.compiler.pinning import pin
from lazydag.compiler.session import memory_pool
from lazydag.cost.target import Target
from lazydag.errors import UsageError
from lazydag.runtime import View
from lazydag.runtime.device_array import DeviceArray, Memory, contiguous
from lazydag.runtime.limits import device_limit
from lazydag.runtime.pages import MAPPED_NBYTES

if TYPE_CHECKING:
    from lazydag.backends.cuda.device import GpuDevice


@dataclass(frozen=True, slots=True)
class Need:
    """What a plan allocates of a device, and how much there is."""

    device: GpuDevice
    nbytes: int
    limit_nbytes: int

    def check(self, plan: str) -> None:
        """Check that there is room, before anything runs.

        Raises
        ------
        OutOfMemoryError
            If there is not.
        """
        require(self.device, self.nbytes, self.limit_nbytes, f"plan {plan}")


def needs(far: Mapping[int, tuple[GpuDevice, int]], target: Target) -> tuple[Need, ...]:
    """Return what slots on devices need of each."""
    totals: dict[GpuDevice, int] = {}
    for device, nbytes in far.values():
        totals[device] = totals.get(device, 0) + nbytes
    return tuple(
        Need(device, nbytes, device_limit(target.space(device.space).nbytes))
        for device, nbytes in totals.items()
    )


def fetched(array: DeviceArray) -> NDArray[Any]:
    """Return a copy for NumPy, read-only; of many elements in pages of the pool.

    Devices copy to those at the speed of the link, once they are pinned.
    """
    start, stop = array.span()
    device = device_of(array.space)
    if device is None or stop - start < MAPPED_NBYTES or not array.is_dense:
        return array.on_host()
    lease = memory_pool().lease(stop - start)
    pin(lease.pages, device)
    array.memory.read(lease.address, start, stop - start)
    strides, offset = array.strides, array.address - start
    value = lease.array(array.shape, array.dtype, strides, offset)
    value.flags.writeable = False
    return value


def far_argument(
    slot: int,
    array: object,
    wanted: tuple[tuple[int, ...], Any],
    space: str,
    *,
    is_compact: bool,
) -> DeviceArray:
    """Return the array for a parameter that a plan takes from a device.

    Parameters
    ----------
    wanted
        The parameter's shape and dtype.
    space
        Where it is to lie.
    is_compact
        Whether its elements have to follow each other. Those that do not are moved by
        way of the host.

    Raises
    ------
    UsageError
        If the argument is another array, or lies elsewhere.
    """
    if not isinstance(array, DeviceArray) or array.space != space:
        where = getattr(array, "space", "the memory of the host")
        what = f"parameter {slot} lies in {space}, but its argument in {where}"
        raise UsageError(what)
    shape, dtype = wanted
    if array.shape != shape or array.dtype != dtype:
        raise UsageError(
            f"parameter {slot} is {dtype}{list(shape)}, "
            f"but its argument is {array.dtype}{list(array.shape)}"
        )
    array.memory.catch_up()
    if is_compact and not array.is_contiguous:
        device = device_of(space)
        assert device is not None
        return placed(device, array.on_host())
    return array


def far_result(view: View, base: int, memory: Memory) -> DeviceArray:
    """Return an output that stays on a device.

    Parameters
    ----------
    base
        Address of its slot.
    memory
        What keeps it: the plan's own, or an argument's that the output shows. If others
        can write into that, the output is a copy.
    """
    strides = view.strides or contiguous(view.shape, view.dtype)
    address = base + view.offset
    return DeviceArray(address, view.shape, view.dtype, strides, memory).owned()
