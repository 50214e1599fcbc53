"""The reductions as one would write them for Numba: parallel, fastmath, one read."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.benchmarks.libraries import load

STRIP = 512  # columns that one thread sums at a time: 4 KB, stays in the first cache


def numba_reduction(name: str, axis: int | None) -> Callable[..., Any] | None:
    """Return the compiled loop for a case; None without Numba."""
    numba = load("numba")
    if numba is None:
        return None
    if name.startswith("sum"):
        return {None: sum_all, 0: sum_columns, 1: sum_rows}[axis](numba)
    return {None: moments_all, 0: moments_columns, 1: moments_rows}[axis](
        numba, name.startswith("std")
    )


def fast(numba: Any, loop: Callable[..., Any]) -> Callable[..., Any]:
    """Compile with all that Numba offers for speed."""
    return numba.njit(parallel=True, fastmath=True, error_model="numpy")(loop)


def sum_all(numba: Any) -> Callable[..., Any]:
    """Sum of squared differences over everything."""

    def loop(a: Any, b: Any) -> float:
        total = 0.0
        for i in numba.prange(a.size):
            total += (a[i] - b[i]) ** 2
        return total

    return fast(numba, loop)


def sum_rows(numba: Any) -> Callable[..., Any]:
    """Sum of squared differences of each row."""

    def loop(a: Any, b: Any) -> Any:
        out = np.empty(a.shape[0])
        for i in numba.prange(a.shape[0]):
            total = 0.0
            for j in range(a.shape[1]):
                total += (a[i, j] - b[i, j]) ** 2
            out[i] = total
        return out

    return fast(numba, loop)


def sum_columns(numba: Any) -> Callable[..., Any]:
    """Sum of squared differences of each column, by strips of columns."""

    def loop(a: Any, b: Any) -> Any:
        out = np.zeros(a.shape[1])
        for strip in numba.prange((a.shape[1] + STRIP - 1) // STRIP):
            low, high = strip * STRIP, min((strip + 1) * STRIP, a.shape[1])
            total = np.zeros(high - low)
            for i in range(a.shape[0]):
                for j in range(high - low):
                    total[j] += (a[i, low + j] - b[i, low + j]) ** 2
            out[low:high] = total
        return out

    return fast(numba, loop)


def moments_all(numba: Any, std: bool) -> Callable[..., Any]:
    """Mean or standard deviation of everything: shifted sums, one read."""

    def loop(a: Any) -> float:
        shift, first, second = a[0], 0.0, 0.0
        for i in numba.prange(a.size):
            d = a[i] - shift
            first += d
            if std:
                second += d * d
        mean = first / a.size
        return math.sqrt(second / a.size - mean * mean) if std else shift + mean

    return fast(numba, loop)


def moments_rows(numba: Any, std: bool) -> Callable[..., Any]:
    """Mean or standard deviation of each row."""

    def loop(a: Any) -> Any:
        rows, n = a.shape
        out = np.empty(rows)
        for i in numba.prange(rows):
            shift, first, second = a[i, 0], 0.0, 0.0
            for j in range(n):
                d = a[i, j] - shift
                first += d
                if std:
                    second += d * d
            mean = first / n
            out[i] = math.sqrt(second / n - mean * mean) if std else shift + mean
        return out

    return fast(numba, loop)


def moments_columns(numba: Any, std: bool) -> Callable[..., Any]:
    """Mean or standard deviation of each column, by strips of columns."""

    def loop(a: Any) -> Any:
        n, columns = a.shape
        out = np.empty(columns)
        for strip in numba.prange((columns + STRIP - 1) // STRIP):
            low, high = strip * STRIP, min((strip + 1) * STRIP, columns)
            first, second = np.zeros(high - low), np.zeros(high - low)
            for i in range(n):
                for j in range(high - low):
                    d = a[i, low + j] - a[0, low + j]
                    first[j] += d
                    if std:
                        second[j] += d * d
            for j in range(high - low):
                mean = first[j] / n
                var = second[j] / n - mean * mean
                out[low + j] = math.sqrt(var) if std else a[0, low + j] + mean
        return out

    return fast(numba, loop)
