"""Where the values of arrays are, and moving them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import finalize

import numpy as np

from lazydag.array import engine
from lazydag.array.nodes.pins import far_held_by, has_devices, pin_in, pinned
from lazydag.array.scopes import check_name, settle_scope
from lazydag.array.tracing import state
from lazydag.array.values import Value
from lazydag.errors import UsageError
from lazydag.ir.graph import topological
from lazydag.ir.node import Node
from lazydag.ir.residence import HOST, residence_of
from lazydag.ir.source import caller_location

if TYPE_CHECKING:
    from lazydag.array.array import Array
    from lazydag.runtime.device_array import DeviceArray


def device_of(node: Node) -> str:
    """Return the device that a value is on, or will be on when it is computed."""
    pin = pin_in(node)
    if pin is None:
        known = {n: d for n in topological([node]) if (d := _device_held_by(n))}
        pin = residence_of([node], known)[node]
    return HOST if pin is None or kind_of(pin) == HOST else pin


def _device_held_by(node: Node) -> str | None:
    """Return the device of a leaf, or of an argument of the function being traced."""
    value = far_held_by(node)
    if value is None and state.trace is not None:
        return state.trace.devices.get(node)
    return None if value is None else value.device


def kind_of(device: str) -> str:
    """Return the kind of a device, such as ``"gpu"``."""
    return device.partition(":")[0]


def far_values(array: Array) -> DeviceArray | None:
    """Return the values of an array that is, or will be, on a GPU; else None."""
    if array._value is not None or not has_devices():
        return None
    settle_scope()
    found: Value | None = far_held_by(array.node)
    if found is None and device_of(array.node) != HOST:
        found = array.settled("array")
    return None if isinstance(found, np.ndarray) else found


def lend(array: Array) -> DeviceArray | None:
    """Return values on a GPU, which stay as they are for as long as the array lives.

    Other libraries that use them refer to the array, whose values may become others.
    """
    found = far_values(array)
    if found is not None:
        # It refers to them until then.
        finalize(array, _let_go, found).atexit = False
    return found


def _let_go(_values: DeviceArray) -> None: ...


def moved(array: Array, device: str) -> Array:
    """Return an array on a device: itself, if it is there.

    Raises
    ------
    UsageError
        If there is no such device, outside of jitted functions.
    """
    check_name(device)
    here = array.device
    if device in {here, kind_of(here)}:
        return array
    is_traced = state.trace is not None
    if not is_traced:
        check_device(device)
    found = array.__class__(pinned(array.node, device, made=False))
    if array.is_computed and not is_traced:
        if kind_of(device) == HOST:
            found.keep(array.values_for("array"))
        found.settled("array")
    return found


def check_device(device: Any) -> None:
    """Refuse devices that are not there.

    Raises
    ------
    UsageError
        If it is none of them.
    """
    if device in (None, HOST):
        return
    names = engine.device_names()
    if device not in {*names, *map(kind_of, names)}:
        raise UsageError(
            f"there is no device {device!r}",
            caller_location(),
            f"Use {' or '.join(map(repr, names))}.",
        )
