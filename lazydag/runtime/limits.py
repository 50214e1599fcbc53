"""How much memory this process may use."""

from __future__ import annotations

import ctypes
import os
import re
import sys
from pathlib import Path

from lazydag.errors import UsageError

VARIABLE = "LAZYDAG_MEMORY_LIMIT"
# The rest is for the user's own arrays, the interpreter and the system.
FRACTION = 0.75
# Where nothing can be found out.
FALLBACK_NBYTES = 4 << 30

_UNITS = {
    "": 1,
    "B": 1,
    **{f"{prefix}B": 1000 ** (i + 1) for i, prefix in enumerate("KMGT")},
    **{f"{prefix}IB": 1024 ** (i + 1) for i, prefix in enumerate("KMGT")},
}


def default_limit() -> int:
    """Return the memory budget in bytes.

    ``LAZYDAG_MEMORY_LIMIT`` if it is set: bytes, with a unit (``8GB``, ``8GiB``) or a
    percentage of the memory of the machine. Else 75% of it.

    Raises
    ------
    UsageError
        If the variable holds something else.
    """
    text = os.environ.get(VARIABLE, "").strip()
    if text:
        return parse_limit(text)
    return int(FRACTION * available_nbytes())


def parse_limit(text: str) -> int:
    """Return the bytes that a limit such as ``8GiB`` or ``50%`` stands for.

    Raises
    ------
    UsageError
        If it is not a number with a unit.

    Examples
    --------
    >>> parse_limit("1.5 GiB")
    1610612736
    """
    match = re.fullmatch(r"([0-9.]+)\s*([A-Za-z]*|%)", text.strip())
    if match is not None:
        number, unit = match[1], match[2].upper()
        scale = 0.01 * available_nbytes() if unit == "%" else _UNITS.get(unit)
        if scale is not None and re.fullmatch(r"\d+(\.\d*)?|\.\d+", number):
            return int(float(number) * scale)
    raise UsageError(
        f"{text!r} is not an amount of memory",
        remedy=f"Write {VARIABLE}=8GB, 8GiB, 50% or a number of bytes.",
    )


def available_nbytes() -> int:
    """Return the bytes of memory that the system or its control group allows."""
    physical = _physical_nbytes()
    return min([physical, *_cgroup_limits()])


def printed(nbytes: float) -> str:
    """Return a number of bytes for people.

    Examples
    --------
    >>> printed(160_000_000), printed(12)
    ('160 MB', '12 B')
    """
    for unit, scale in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if nbytes >= scale:
            return f"{nbytes / scale:.3g} {unit}"
    return f"{nbytes:.0f} B"


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
