"""Addresses of the operating system's clock and yield, for native code.

The clock is the one of `time.perf_counter_ns`, so events can be put beside times taken
in Python. Where there is no ``clock_gettime`` (Windows) the address is 0: runs then
have no events, and worker 0 counts tiles instead of time.
"""

from __future__ import annotations

import ctypes
import sys
import time


def _address(library: ctypes.CDLL, name: str) -> int:
    try:
        function = getattr(library, name)
    except AttributeError:
        return 0
    return ctypes.cast(function, ctypes.c_void_p).value or 0


def _addresses() -> tuple[int, int]:
    if sys.platform == "win32":
        kernel32 = ctypes.WinDLL("kernel32")
        return 0, _address(kernel32, "SwitchToThread")
    process = ctypes.CDLL(None)
    return _address(process, "clock_gettime"), _address(process, "sched_yield")


CLOCK, RELAX = _addresses()
# On macOS perf_counter is mach_absolute_time, which this clock reads too.
CLOCK_ID: int = (
    getattr(time, "CLOCK_UPTIME_RAW", 0)
    if sys.platform == "darwin"
    else getattr(time, "CLOCK_MONOTONIC", 0)
)
