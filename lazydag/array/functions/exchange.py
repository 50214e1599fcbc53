"""Handing arrays to other libraries: DLPack, namespaces, devices."""

from __future__ import annotations

from typing import Any

import numpy as np

from lazydag.array.array import Array
from lazydag.array.functions.made import check_device


def from_dlpack(x: Any, /, *, device: Any = None, copy: bool | None = None) -> Array:
    """Make a lazy array of another library's, in the same memory if possible.

    Parameters
    ----------
    x : object
        With ``__dlpack__`` and ``__dlpack_device__``.
    device : None or "cpu"
        Where the values are to be.
    copy : bool, optional
        True: always copy; False: fail rather than copy.

    Examples
    --------
    >>> import numpy as np, lazydag as ld
    >>> ld.from_dlpack(np.arange(3))
    Array([0, 1, 2])
    """
    check_device(device)
    return Array(value=np.from_dlpack(x, device=device, copy=copy))
