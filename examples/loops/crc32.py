"""The cyclic redundancy check of Ethernet and zip files, bit by bit."""

from __future__ import annotations

from typing import Any, TypeAlias

from lazydag import jit

Array: TypeAlias = Any

POLYNOMIAL = 0xEDB88320


@jit
def crc32(data: Array) -> int:
    """Return the check sum of bytes, which come as 64-bit integers."""
    crc = 0xFFFFFFFF
    for i in range(data.shape[0]):
        crc = crc ^ int(data[i])
        for _ in range(8):
            crc = (crc >> 1) ^ POLYNOMIAL if crc & 1 else crc >> 1
    return crc ^ 0xFFFFFFFF
