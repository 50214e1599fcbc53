"""The intrinsics of the engine's language, as Python on real addresses.

The engine is written in a restricted Python whose only values are 64-bit words. These
functions are all that it can do to the world. Translated, each is one instruction or
one call; here they are what that instruction does, and one lock stands for all atomics.

Addresses are byte addresses; words have 8 bytes and are aligned.
"""

from __future__ import annotations

import ctypes
import os
import threading
import time
from collections.abc import Callable
from functools import lru_cache
from typing import TypeAlias

Call: TypeAlias = Callable[..., int]

_WORD = (1 << 64) - 1
_word = ctypes.c_int64.from_address
_half = ctypes.c_int32.from_address
_byte = ctypes.c_uint8.from_address

# Reentrant: a signal handler or a finalizer may run where the lock is held.
_atomic = threading.RLock()


def _new_lock() -> None:
    global _atomic  # noqa: PLW0603 -- another thread may have held it while forking
    _atomic = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_new_lock)


def load(address: int) -> int:
    """Return the word at an address that nobody writes at the same time."""
    return _word(address).value


def store(address: int, value: int) -> None:
    """Write a word that nobody reads or writes at the same time."""
    _word(address).value = value


def load32(address: int) -> int:
    """Return the 4 bytes at an address, sign-extended."""
    return _half(address).value


def store32(address: int, value: int) -> None:
    """Write the low 4 bytes of a value."""
    _half(address).value = value


def load8(address: int) -> int:
    """Return the byte at an address, zero-extended."""
    return _byte(address).value


def atomic_load(address: int) -> int:
    """Return a word, in one order with all other sequentially consistent accesses."""
    return _word(address).value


def atomic_store(address: int, value: int) -> None:
    """Write a word, in one order with all other sequentially consistent accesses."""
    with _atomic:
        _word(address).value = value


def load_acquire(address: int) -> int:
    """Return a word; what its writer released with it can be seen from now on."""
    return _word(address).value


def store_release(address: int, value: int) -> None:
    """Write a word, and release all that was written before."""
    with _atomic:
        _word(address).value = value


def load_relaxed(address: int) -> int:
    """Return a word that others may write at the same time, without any order."""
    return _word(address).value


def atomic_add(address: int, value: int) -> int:
    """Add to a word and return what it was; sequentially consistent."""
    with _atomic:
        word = _word(address)
        old = word.value
        word.value = old + value
        return old


def atomic_add32(address: int, value: int) -> int:
    """Add to 4 bytes and return what they were, sign-extended."""
    with _atomic:
        half = _half(address)
        old = half.value
        half.value = old + value
        return old


def atomic_or(address: int, value: int) -> int:
    """Set bits of a word and return what it was; sequentially consistent."""
    with _atomic:
        word = _word(address)
        old = word.value
        word.value = old | value
        return old


def atomic_and(address: int, value: int) -> int:
    """Keep bits of a word and return what it was; sequentially consistent."""
    with _atomic:
        word = _word(address)
        old = word.value
        word.value = old & value
        return old


def atomic_swap(address: int, value: int) -> int:
    """Write a word and return what it was; sequentially consistent."""
    with _atomic:
        word = _word(address)
        old = word.value
        word.value = value
        return old


def compare_swap(address: int, expected: int, new: int) -> int:
    """Write a word if it is as expected; return 1 if it was, else 0."""
    with _atomic:
        word = _word(address)
        if word.value != expected:
            return 0
        word.value = new
        return 1


def fence() -> None:
    """Put all accesses before in order with all accesses after."""


def count_trailing_zeros(x: int) -> int:
    """Return the number of the lowest bit that is set; 64 if there is none.

    Examples
    --------
    >>> count_trailing_zeros(0b1000), count_trailing_zeros(0)
    (3, 64)
    """
    return (x & -x).bit_length() - 1 if x & _WORD else 64


def population_count(x: int) -> int:
    """Return how many bits are set.

    Examples
    --------
    >>> population_count(0b1011), population_count(-1)
    (3, 64)
    """
    return (x & _WORD).bit_count()


def pause() -> None:
    """Tell the processor that this is a waiting loop."""
    time.sleep(0)


def cycles() -> int:
    """Return the processor's cycle counter; nanoseconds here."""
    return time.perf_counter_ns()


def call_kernel(function: int, block: int, bases: int) -> int:
    """Call ``int32 f(const int64 *block, void *const *bases)`` at an address."""
    return _function(function, ctypes.c_int32, 2)(block, bases)


def call(function: int, *args: int) -> int:
    """Call ``int64 f(int64, ...)`` at an address."""
    return _function(function, ctypes.c_int64, len(args))(*args)


def call32(function: int, *args: int) -> int:
    """Call ``int32 f(int64, ...)`` at an address; the result is sign-extended."""
    return _function(function, ctypes.c_int32, len(args))(*args)


@lru_cache(maxsize=1024)
def _function(
    address: int, result: type[ctypes.c_int32 | ctypes.c_int64], count: int
) -> Call:
    function: Call = ctypes.CFUNCTYPE(result, *[ctypes.c_int64] * count)(address)
    return function
