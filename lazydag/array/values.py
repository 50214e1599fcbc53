"""Values of arrays: NumPy's, or on a device."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import numpy as np

if TYPE_CHECKING:
    from lazydag.runtime.device_array import DeviceArray

NDArray: TypeAlias = "np.ndarray[Any, Any]"
#: What an array holds once it is computed.
Value: TypeAlias = "NDArray | DeviceArray"
AnyValue = TypeVar("AnyValue", bound="NDArray | DeviceArray")

_PLAIN = (np.ndarray, np.generic, bool, int, float, complex, str, list, tuple)


def is_far(value: Any) -> bool:
    """Tell whether values are on a device."""
    return hasattr(value, "memory")


def device_of(value: Value) -> str | None:
    """Return the device that values are on; None for the host."""
    return None if isinstance(value, np.ndarray) else value.device


def is_on_device(value: Any) -> bool:
    """Tell whether another library has an array on a device."""
    if isinstance(value, _PLAIN):
        return False
    return hasattr(value, "__cuda_array_interface__")


def frozen(value: AnyValue) -> AnyValue:
    """Return a computed array, read-only: what is made of it later must see the same.

    Arrays change by getting another value.
    """
    if isinstance(value, np.ndarray):
        value.flags.writeable = False
    return value


def apart(value: Value) -> Value:
    """Return an array that is another one, of the same elements.

    Nobody writes into those on devices: two may share their memory.
    """
    return value.copy() if isinstance(value, np.ndarray) else value
