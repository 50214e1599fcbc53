"""Arrays of devices that other libraries have, used where they lie."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from lazydag.backends.cuda.memory import Held
from lazydag.backends.cuda.queued import Lane
from lazydag.backends.cuda.shared import follow, stream_of
from lazydag.compiler.devices import all_devices, device_of
from lazydag.errors import UnsupportedError, UsageError
from lazydag.runtime import dlpack
from lazydag.runtime.device_array import DeviceArray, contiguous

if TYPE_CHECKING:
    from lazydag.backends.cuda.device import GpuDevice

#: CUDA's number of the stream that libraries use who do not say which.
_DEFAULT_STREAM: Final = 1
#: The first version of the interface that names a stream.
_NAMES_STREAM: Final = 3


def adopted(owner: Any, *, wants_capsule: bool = False) -> DeviceArray:
    """Return the array of another library in its memory, which is kept.

    Parameters
    ----------
    owner
        With ``__cuda_array_interface__``, or ``__dlpack__``.
    wants_capsule
        Prefer the latter.

    Raises
    ------
    UsageError
        If it does not say where its elements are, or has a mask.
    UnsupportedError
        If they are on no device that plans run on.

    Notes
    -----
    What the library has put on its stream comes before what plans do with the array,
    also later: each run looks at the stream again. Of DLPack only what was put there
    when it was handed over is known.
    """
    interface = getattr(owner, "__cuda_array_interface__", None)
    if interface is None or (wants_capsule and hasattr(owner, "__dlpack__")):
        return _from_capsule(owner)
    return _from_interface(interface, owner)


def _from_interface(interface: Mapping[str, Any], owner: Any) -> DeviceArray:
    if interface.get("mask") is not None:
        raise UsageError("arrays on devices with a mask are not supported")
    address, _ = interface["data"]
    shape, dtype = tuple(interface["shape"]), np.dtype(interface["typestr"])
    strides = interface.get("strides") or contiguous(shape, dtype)
    held = _held(address, owner)
    held.catch_up()
    return _checked(DeviceArray(address, shape, dtype, tuple(strides), held))


def _from_capsule(owner: Any) -> DeviceArray:
    kind, number = owner.__dlpack_device__()
    if kind not in {dlpack.CUDA, dlpack.MANAGED}:
        raise UsageError(f"DLPack device {kind, number} is no GPU of NVIDIA")
    device = _device(number)
    # The library lets this stream wait, and the others wait for it.
    stream = stream_of(device, Lane.COMPUTE)
    try:
        capsule = owner.__dlpack__(stream=stream, max_version=(1, 0))
    except TypeError:  # of a library that knows no versions
        capsule = owner.__dlpack__(stream=stream)
    found = dlpack.read(capsule)
    held = Held(device, found.owner, is_ours=False)
    follow(device, stream)
    strides = found.strides
    return _checked(DeviceArray(found.address, found.shape, found.dtype, strides, held))


def _held(address: int, owner: Any) -> Held:
    """Return what keeps memory at an address, on the device that it is of."""
    device, theirs = _device_at(address, owner), partial(_stream_now, owner)
    return Held(device, owner, is_ours=False, theirs=theirs)


def _stream_now(owner: Any) -> int | None:
    """Return the stream that a library works on; it may be another each time."""
    interface = owner.__cuda_array_interface__
    if interface["version"] < _NAMES_STREAM:
        return _DEFAULT_STREAM
    stream: int | None = interface.get("stream")
    return stream


def _device_at(address: int, owner: Any) -> GpuDevice:
    kind, number = getattr(owner, "__dlpack_device__", lambda: (0, 0))()
    if kind == dlpack.CUDA:
        return _device(number)
    for device in all_devices().values():
        if not address or device.holds(address):
            return device
    raise _nowhere(f"the device of {type(owner).__name__}")


def _device(number: int) -> GpuDevice:
    """Return the device of a number."""
    device = device_of(f"gpu{number}")
    if device is None:
        raise _nowhere(f"gpu:{number}")
    return device


def _nowhere(what: str) -> UnsupportedError:
    have = ", ".join(all_devices()) or "none"
    return UnsupportedError(
        f"plans do not run on {what}", remedy=f"There are these devices: {have}."
    )


def _checked(array: DeviceArray) -> DeviceArray:
    """Refuse elements that lie across words: no kernel reads them."""
    if array.address % max(1, array.dtype.alignment):
        raise UsageError(
            f"elements of {array.dtype} at an address that is no multiple of "
            f"{array.dtype.alignment}",
            remedy="Copy the array first.",
        )
    return array
