"""How much memory this process may use."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

# Where nothing can be found out.
FALLBACK_NBYTES = 4 << 30


def available_nbytes() -> int:
    """Return the bytes of memory that the system or its control group allows."""
    return min([_physical_nbytes(), *_cgroup_limits()])


def _physical_nbytes() -> int:
    if sys.platform == "win32":
        return _windows_nbytes()
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return FALLBACK_NBYTES


def _windows_nbytes() -> int:
    # MEMORYSTATUSEX: two 32-bit words, then seven 64-bit ones, the first the total.
    status = (ctypes.c_uint64 * 8)()
    status[0] = ctypes.sizeof(status)
    kernel32 = ctypes.CDLL("kernel32")
    done = kernel32.GlobalMemoryStatusEx(ctypes.byref(status))
    return int(status[1]) if done else FALLBACK_NBYTES


def _cgroup_limits() -> list[int]:
    limits = []
    for path in _cgroup_files():
        try:
            text = path.read_text(encoding="ascii").strip()
        except OSError:
            continue
        if text.isdigit():
            limits.append(int(text))
    return limits


def _cgroup_files() -> list[Path]:
    root = Path("/sys/fs/cgroup")
    files = [root / "memory.max", root / "memory" / "memory.limit_in_bytes"]
    try:
        lines = Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return files
    own = [line.split(":", 2)[2].lstrip("/") for line in lines if line.count(":") >= 2]
    return files + [root / path / "memory.max" for path in own if path]
