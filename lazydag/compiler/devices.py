"""The GPUs that plans may run on, and what their steps become."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from lazydag.backends.cuda.queued import Lane, Queued, queued_copy
from lazydag.cost.gpus import usable_gpus
from lazydag.cost.nvidia import Gpu
from lazydag.errors import UnsupportedError
from lazydag.ir.attrs import KernelAttrs
from lazydag.ir.node import Node, array_type
from lazydag.runtime import View

if TYPE_CHECKING:
    from lazydag.backends.cuda.backend import CudaBackend
    from lazydag.backends.cuda.device import GpuDevice

REMEDY: Final = "Plans for such targets can be explained, not run."

_backends: Final[dict[str, CudaBackend]] = {}
_lock: Final = threading.Lock()


def attach(device: GpuDevice) -> None:
    """Let plans run on a device: those for targets that have one of its name."""
    from lazydag.backends.cuda.backend import CudaBackend  # noqa: PLC0415 -- 20 ms

    for other in list(_backends.values()):
        device.reach(other.device)
        other.device.reach(device)
    _backends[device.name] = CudaBackend(device)


def detach(name: str) -> None:
    """Let no more plans run on a device."""
    del _backends[name]


def all_devices() -> dict[str, GpuDevice]:
    """Return the devices that plans may run on, by name; all of them are attached."""
    for gpu in usable_gpus():
        device_of(gpu.space)
    return {name: backend.device for name, backend in _backends.items()}


def backend_on(device: GpuDevice) -> CudaBackend:
    """Return the backend of a device that is attached."""
    return _backends[device.name]


def device_of(space: str) -> GpuDevice | None:
    """Return the device that has a memory space, if plans can run on it."""
    for backend in _backends.values():
        if backend.device.space == space:
            return backend.device
    found = _attached(space)
    return None if found is None else found.device


def _attached(name: str) -> CudaBackend | None:
    """Return the backend of a GPU of this machine that was not yet attached.

    Parameters
    ----------
    name
        Its own, or that of its memory.
    """
    if not name.startswith("gpu"):
        return None
    with _lock:
        for gpu in usable_gpus():
            if name in {gpu.device, gpu.space}:
                if gpu.device not in _backends:
                    attach(_device(gpu))
                return _backends[gpu.device]
    return None


def _device(gpu: Gpu) -> GpuDevice:
    from lazydag.backends.cuda.cupy_device import CupyDevice  # noqa: PLC0415 -- 20 ms

    return CupyDevice(gpu.number)


def is_near(kernel: Node) -> bool:
    """Tell whether a kernel runs on the host."""
    assert isinstance(kernel.attrs, KernelAttrs)
    device = kernel.attrs.device
    return device is None or device.startswith("cpu")


def backend_of(kernel: Node) -> CudaBackend:
    """Return the backend of the GPU that a kernel is placed on.

    Raises
    ------
    UnsupportedError
        If no such device is attached.
    """
    return backends_of(kernel)[0]


def backends_of(kernel: Node) -> list[CudaBackend]:
    """Return the backends of all GPUs that a kernel is placed on.

    Raises
    ------
    UnsupportedError
        If one of them is not attached.
    """
    attrs = kernel.attrs
    assert isinstance(attrs, KernelAttrs)
    names = (attrs.device or "").partition("/")[0].split("+")
    found = [_backends.get(name) or _attached(name) for name in names]
    if None in found:
        raise UnsupportedError(
            f"kernel {attrs.body.name} is placed on {attrs.device}, "
            "for which there is no backend",
            at=kernel.source,
            remedy=REMEDY,
        )
    return [each for each in found if each is not None]


def copy(step: Node, spaces: tuple[str, str], source: View, target: View) -> Queued:
    """Return a copy between memory spaces.

    Parameters
    ----------
    spaces
        Where it is from, and where to.
    source, target
        Views that lie alike.

    Raises
    ------
    UnsupportedError
        If no device is attached that has one of the spaces.
    """
    for lane, space in ((Lane.IN, spaces[1]), (Lane.OUT, spaces[0])):
        device = device_of(space)
        if device is not None:
            return queued_copy(device, lane, source, target, step.source)
    raise UnsupportedError(
        f"no device copies {array_type(step)} between memory spaces, "
        f"from {spaces[0]} to {spaces[1]}",
        at=step.source,
        remedy=REMEDY,
    )
