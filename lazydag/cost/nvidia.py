"""The NVIDIA GPUs of this machine, as their driver describes them.

Asked by ctypes: nothing has to be installed beside the driver. No context is made on
any of them.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, TypeAlias

_LIBRARY: Final = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
_NAME_NBYTES: Final = 128

# Numbers of attributes of the driver (CUdevice_attribute).
_CLOCK, _MULTIPROCESSORS = 13, 16
_MEMORY_CLOCK, _BUS_BITS, _L2_NBYTES = 36, 37, 38
_MAJOR, _MINOR = 75, 76
_SHARED_NBYTES = 81
# A clock of so many kHz where the driver does not tell.
_USUAL_KHZ = 1_500_000


@dataclass(frozen=True, slots=True)
class Gpu:
    """What the driver says of a GPU.

    Parameters
    ----------
    number
        Among those that the process may see.
    name
        The maker's.
    nbytes
        Its memory.
    multiprocessors
        How many it has.
    capability
        Major and minor number of what it can do.
    clock_per_s, memory_bytes_per_s
        At its highest clocks; the latter is 0 if the driver does not tell.
    l1_nbytes, l2_nbytes
        Caches: of a multiprocessor, and of all.
    peers
        Numbers of the GPUs whose memory it reaches.
    """

    number: int
    name: str
    nbytes: int
    multiprocessors: int
    capability: tuple[int, int]
    clock_per_s: float
    memory_bytes_per_s: float
    l1_nbytes: int
    l2_nbytes: int
    peers: tuple[int, ...] = ()

    @property
    def device(self) -> str:
        """Its name in targets."""
        return f"gpu:{self.number}"

    @property
    def space(self) -> str:
        """The name of its memory in targets."""
        return f"gpu{self.number}"


#: The driver's library, or what has the functions of it that are asked; each returns
#: 0, or an error.
Library: TypeAlias = Any


@cache
def gpus_of_machine() -> tuple[Gpu, ...]:
    """Return the GPUs that this process may see; none if there is no driver."""
    try:
        library = ctypes.CDLL(_LIBRARY)
    except OSError:
        return ()
    return gpus_of(library)


def gpus_of(library: Library) -> tuple[Gpu, ...]:
    """Return the GPUs that a driver tells of."""
    if library.cuInit(0):
        return ()
    count = _asked(library.cuDeviceGetCount)
    handles = [_asked(library.cuDeviceGet, number) for number in range(count)]
    return tuple(_gpu(library, number, handles) for number in range(count))


def _gpu(library: Library, number: int, handles: list[int]) -> Gpu:
    own = handles[number]

    def attribute(which: int) -> int:
        return _asked(library.cuDeviceGetAttribute, which, own)

    name = ctypes.create_string_buffer(_NAME_NBYTES)
    library.cuDeviceGetName(name, _NAME_NBYTES, own)
    nbytes = ctypes.c_size_t()
    library.cuDeviceTotalMem_v2(ctypes.byref(nbytes), own)
    # Two transfers a clock.
    memory = 2 * 1e3 * attribute(_MEMORY_CLOCK) * attribute(_BUS_BITS) / 8
    return Gpu(
        number,
        name.value.decode(errors="replace"),
        nbytes.value,
        max(1, attribute(_MULTIPROCESSORS)),
        (attribute(_MAJOR), attribute(_MINOR)),
        1e3 * (attribute(_CLOCK) or _USUAL_KHZ),
        memory,
        attribute(_SHARED_NBYTES),
        attribute(_L2_NBYTES),
        tuple(
            other
            for other, handle in enumerate(handles)
            if other != number and _asked(library.cuDeviceCanAccessPeer, own, handle)
        ),
    )


def _asked(function: Callable[..., int], *given: int) -> int:
    """Return the number that a function of the driver finds; 0 if it fails."""
    found = ctypes.c_int()
    return 0 if function(ctypes.byref(found), *given) else found.value
