"""Handing arrays to other libraries: DLPack, namespaces, devices."""

from __future__ import annotations

from typing import Any

import numpy as np

from lazydag.array import engine
from lazydag.array.array import Array, holding
from lazydag.array.functions.made import on_device, refused
from lazydag.ir.residence import HOST

#: DLPack's number of the host's memory.
_HOST_KIND = 1


def from_dlpack(x: Any, /, *, device: Any = None, copy: bool | None = None) -> Array:
    """Make a lazy array of another library's, in the same memory if possible.

    Parameters
    ----------
    x : object
        With ``__dlpack__`` and ``__dlpack_device__``.
    device : str, optional
        Where the values are to be: where they are, by default.
    copy : bool, optional
        True: always copy; False: fail rather than copy.

    Examples
    --------
    >>> import numpy as np, lazydag as ld
    >>> ld.from_dlpack(np.arange(3))
    Array([0, 1, 2])
    """
    if x.__dlpack_device__()[0] == _HOST_KIND:
        found = Array(value=np.from_dlpack(x, copy=copy))
    else:
        found = holding(engine.adopted(x, wants_capsule=True))
    moved = on_device(found, device)
    if copy is False and moved is not found:
        raise refused(f"an array on {device} without a copy", "Leave out copy=False.")
    return moved.copy() if copy and moved is found and found.device != HOST else moved
