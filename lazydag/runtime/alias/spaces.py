"""Spaces of bytes: the process's memory, and files that are mapped into it.

Two maps of one file show the same bytes at different addresses. Their bytes are
therefore counted from the start of the file, those of all other arrays by address.
"""

from __future__ import annotations

from collections.abc import Hashable
from mmap import ALLOCATIONGRANULARITY, mmap
from pathlib import Path
from typing import Any, Final, TypeAlias
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from lazydag.runtime.address import address_of

Space: TypeAlias = Hashable
#: A space, and what to add to an address for the byte's place in it.
Mapping: TypeAlias = tuple[Space, int]

MEMORY: Final = "memory"
_MEMORY: Final[Mapping] = (MEMORY, 0)
_MAPS: Final = Path("/proc/self/maps")

_known: WeakKeyDictionary[mmap, Mapping] = WeakKeyDictionary()


def mapping_of(array: NDArray[Any]) -> Mapping:
    """Return the space that an array's bytes are in, and the shift of addresses to it.

    Notes
    -----
    On Linux the kernel says what file a map shows. Elsewhere `numpy.memmap` does, and
    other maps are told apart by address.
    """
    owner: object = array.base
    if owner is None:
        return _MEMORY
    described = array if isinstance(array, np.memmap) else None
    while isinstance(owner, np.ndarray):
        described = owner if isinstance(owner, np.memmap) else described
        owner = owner.base
    if isinstance(owner, memoryview):
        owner = owner.obj
    if not isinstance(owner, mmap):
        return _MEMORY
    if owner not in _known:
        start = address_of(np.frombuffer(owner, np.uint8))
        _known[owner] = _by_kernel(start) or _by_name(start, described) or _MEMORY
    return _known[owner]


def _by_kernel(address: int) -> Mapping | None:
    try:
        lines = _MAPS.read_text().splitlines()
    except OSError:
        return None
    for line in lines:
        bounds, _, offset, device, inode, *_ = line.split()
        low, high = (int(bound, 16) for bound in bounds.split("-"))
        if low <= address < high and inode != "0":
            return ("file", device, inode), int(offset, 16) - low
    return None


def _by_name(address: int, described: np.memmap[Any, Any] | None) -> Mapping | None:
    if described is None or described.filename is None:
        return None
    offset = described.offset - described.offset % ALLOCATIONGRANULARITY
    return ("file", _identity(Path(described.filename))), offset - address


def _identity(path: Path) -> Hashable:
    try:
        status = path.stat()
    except OSError:
        return str(path)
    return status.st_dev, status.st_ino
