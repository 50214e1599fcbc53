"""The functions of the CUDA driver that plans call, by address.

Tasks call them without Python. Whatever has functions of these signatures can stand in
for a GPU's driver: `lazydag.backends.cuda.simulated` does, on a processor.
"""

from __future__ import annotations

import ctypes
import sys
from dataclasses import dataclass, fields
from functools import cache
from typing import Final

from lazydag.errors import MissingLibraryError

_LIBRARY: Final = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"


@dataclass(frozen=True, slots=True)
class Driver:
    """Addresses of the driver's functions; each returns 0, or an error.

    Parameters
    ----------
    enter
        ``cuCtxSetCurrent``: what a thread calls from then on is for a device.
    launch
        ``cuLaunchKernel``.
    copy
        ``cuMemcpyAsync``, between any two memories.
    record
        ``cuEventRecord``: the event occurs when all before it on a stream is done.
    wait
        ``cuStreamWaitEvent``: what follows on a stream begins after an event.
    synchronize
        ``cuEventSynchronize``: returns after an event.
    copy_rows
        ``cuMemcpy2DAsync``: as `copy`, of rows that lie apart.
    """

    enter: int
    launch: int
    copy: int
    record: int
    wait: int
    synchronize: int
    copy_rows: int


_NAMES: Final = {
    "enter": "cuCtxSetCurrent",
    "launch": "cuLaunchKernel",
    "copy": "cuMemcpyAsync",
    "record": "cuEventRecord",
    "wait": "cuStreamWaitEvent",
    "synchronize": "cuEventSynchronize",
    "copy_rows": "cuMemcpy2DAsync_v2",
}


@cache
def cuda_driver() -> Driver:
    """Return the functions of this machine's driver.

    Raises
    ------
    MissingLibraryError
        If there is none.
    """
    try:
        library = ctypes.CDLL(_LIBRARY)
    except OSError as error:
        raise MissingLibraryError(
            f"the CUDA driver {_LIBRARY} cannot be loaded: {error}",
            remedy="Plans for GPUs run where an NVIDIA driver is installed.",
        ) from None
    found = {
        name: ctypes.cast(library[symbol], ctypes.c_void_p).value or 0
        for name, symbol in _NAMES.items()
    }
    return Driver(**found)


assert {field.name for field in fields(Driver)} == set(_NAMES)
