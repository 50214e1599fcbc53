"""Nodes on devices: an array stays where it was put, whatever becomes of its elements.

The first pin, or array on a device, of a process is noted: until then no array has to
ask where it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lazydag.ir.attrs import LeafAttrs, PinAttrs, RetileAttrs
from lazydag.ir.node import Node, make
from lazydag.ir.ops import OPS
from lazydag.ir.source import SourceLoc, caller_location

if TYPE_CHECKING:
    from lazydag.runtime.device_array import DeviceArray

_PIN = OPS["pin"]
_WISHES = (PinAttrs, RetileAttrs)
#: Holds something once there are any; asked for each array.
seen: list[bool] = []


def note_device() -> None:
    """Note that arrays of this process may be on devices from now on."""
    if not seen:
        seen.append(True)


def has_devices() -> bool:
    """Tell whether some array may be on a device."""
    return bool(seen)


def pinned(
    node: Node, device: str, *, made: bool, source: SourceLoc | None = None
) -> Node:
    """Return a node on a device; a wish for tiles stays the outermost.

    Parameters
    ----------
    made : bool
        Whether it is computed there, too.
    source : SourceLoc, optional
        The line that says so; by default the one that is run.
    """
    note_device()
    wish = node.attrs if isinstance(node.attrs, RetileAttrs) else None
    inner = node if wish is None else node.srcs[0]
    attrs, source = PinAttrs(device, made), source or caller_location()
    if not (isinstance(inner.attrs, PinAttrs) and inner.attrs == attrs):
        inner = make(_PIN, inner, attrs=attrs, source=source)
    return inner if wish is None else make(node.op, inner, attrs=wish, source=source)


def pin_in(node: Node) -> str | None:
    """Return the device that an array is wanted on, by its node."""
    while isinstance(node.attrs, _WISHES):
        if isinstance(node.attrs, PinAttrs):
            return node.attrs.device
        node = node.srcs[0]
    far = far_held_by(node)
    return None if far is None else far.device


def far_held_by(node: Node) -> DeviceArray | None:
    """Return the array on a device that a node stands for; None for other nodes.

    One that is wanted elsewhere is not there yet.
    """
    devices = []
    while isinstance(node.attrs, _WISHES):
        if isinstance(node.attrs, PinAttrs):
            devices.append(node.attrs.device)
        node = node.srcs[0]
    if not isinstance(node.attrs, LeafAttrs):
        return None
    data = node.attrs.leaf.data
    if isinstance(data, np.ndarray):
        return None
    names = {data.device, data.device.partition(":")[0]}
    return data if names.issuperset(devices) else None
