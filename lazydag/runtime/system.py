"""What the engine calls by address: the operating system, and the interpreter.

Out: words to put into a pool (see `lazydag.runtime.engine.words`).
"""

from __future__ import annotations

import ctypes
import platform
import sys
import time
from pathlib import Path
from typing import Final, TypeAlias

from lazydag.runtime.engine import words

#: Values by their offset in the pool.
PoolWords: TypeAlias = dict[int, int]

# Numbers of Linux's futex call where words are little-endian.
_FUTEX: Final = {"x86_64": 202, "aarch64": 98, "riscv64": 98}

_INTERPRETER: Final = {
    words.PYTHON_ENSURE: "PyGILState_Ensure",
    words.PYTHON_RELEASE: "PyGILState_Release",
    words.PYTHON_CALL: "PyObject_CallOneArg",
    words.PYTHON_DECREF: "Py_DecRef",
    words.PYTHON_FETCH: "PyErr_Fetch",
    words.PYTHON_NORMALIZE: "PyErr_NormalizeException",
    words.PYTHON_CLEAR: "PyErr_Clear",
    words.PYTHON_INT: "PyLong_FromLongLong",
}


def interpreter_words() -> PoolWords:
    """Return the addresses of the interpreter's functions."""
    return {at: _address(ctypes.pythonapi, name) for at, name in _INTERPRETER.items()}


def clock_words() -> PoolWords:
    """Return the clock that costs least and always runs at one rate."""
    if sys.platform == "win32":
        kernel32 = ctypes.WinDLL("kernel32")
        counter = _address(kernel32, "QueryPerformanceCounter")
        return {words.CLOCK: words.CLOCK_COUNTER, words.CLOCK_FUNCTION: counter}
    if has_steady_cycles():
        return {words.CLOCK: words.CLOCK_CYCLES}
    # Python's own clock. On macOS it is mach_absolute_time, which this one reads too.
    is_mac = sys.platform == "darwin"
    name = "CLOCK_UPTIME_RAW" if is_mac else "CLOCK_MONOTONIC"
    return {
        words.CLOCK: words.CLOCK_GETTIME,
        words.CLOCK_FUNCTION: _address(ctypes.CDLL(None), "clock_gettime"),
        words.CLOCK_ID: int(getattr(time, name)),
    }


def has_steady_cycles() -> bool:
    """Whether the processor counts cycles at one rate on all cores, also when idle."""
    if platform.machine() != "x86_64" or sys.platform != "linux":
        return False
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return False
    _, _, flags = text.partition("flags")
    return {"constant_tsc", "nonstop_tsc"} <= set(flags.partition("\n")[0].split())


def wait_words() -> PoolWords:
    """Return how threads yield, sleep and wake each other here."""
    if sys.platform == "win32":
        synch = ctypes.WinDLL("api-ms-win-core-synch-l1-2-0")
        yields = _address(ctypes.WinDLL("kernel32"), "SwitchToThread")
        return {
            words.YIELD_FUNCTION: yields,
            words.WAIT: words.WAIT_ADDRESS,
            words.WAIT_FUNCTION: _address(synch, "WaitOnAddress"),
            words.WAKE_FUNCTION: _address(synch, "WakeByAddressSingle"),
        }
    if sys.platform == "linux" and platform.machine() in _FUTEX:
        return futex_words()
    return pthread_words()


def futex_words() -> PoolWords:
    """Return the waits of Linux."""
    process = ctypes.CDLL(None)
    return {
        words.YIELD_FUNCTION: _address(process, "sched_yield"),
        words.WAIT: words.WAIT_FUTEX,
        words.FUTEX: _FUTEX[platform.machine()],
        words.WAIT_FUNCTION: _address(process, "syscall"),
        words.WAKE_FUNCTION: _address(process, "syscall"),
    }


def pthread_words() -> PoolWords:
    """Return the waits of any POSIX system."""
    process = ctypes.CDLL(None)
    return {
        words.YIELD_FUNCTION: _address(process, "sched_yield"),
        words.WAIT: words.WAIT_PTHREAD,
        words.WAIT_FUNCTION: _address(process, "pthread_cond_timedwait"),
        words.WAKE_FUNCTION: _address(process, "pthread_cond_signal"),
        words.LOCK_FUNCTION: _address(process, "pthread_mutex_lock"),
        words.UNLOCK_FUNCTION: _address(process, "pthread_mutex_unlock"),
        words.REALTIME_FUNCTION: _address(process, "clock_gettime"),
    }


def initialise_place(address: int) -> None:
    """Make the mutex and the condition variable of a place, where there are such."""
    if sys.platform != "win32":
        process = ctypes.CDLL(None)
        mutex = ctypes.c_void_p(address + words.PLACE_MUTEX)
        condition = ctypes.c_void_p(address + words.PLACE_CONDITION)
        process.pthread_mutex_init(mutex, None)
        process.pthread_cond_init(condition, None)


def _address(library: ctypes.CDLL, name: str) -> int:
    return ctypes.cast(getattr(library, name), ctypes.c_void_p).value or 0
