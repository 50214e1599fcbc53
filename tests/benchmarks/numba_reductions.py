"""The reductions as one would write them for Numba: parallel, fastmath, one read."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.benchmarks.libraries import load


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
    compiled: Callable[..., Any] = numba.njit(
        parallel=True, fastmath=True, error_model="numpy"
    )(loop)
    return compiled


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
    """Sum of squared differences of each column: a block of rows a thread."""

    def loop(a: Any, b: Any) -> Any:
        rows, columns = a.shape
        threads = numba.get_num_threads()
        partial = np.zeros((threads, columns))
        for t in numba.prange(threads):
            total = partial[t]
            for i in range(t * rows // threads, (t + 1) * rows // threads):
                for j in range(columns):
                    total[j] += (a[i, j] - b[i, j]) ** 2
        return partial.sum(axis=0)

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
    """Mean or standard deviation of each column: a block of rows a thread."""

    def loop(a: Any) -> Any:
        rows, columns = a.shape
        threads = numba.get_num_threads()
        firsts, seconds = np.zeros((threads, columns)), np.zeros((threads, columns))
        for t in numba.prange(threads):
            first, second = firsts[t], seconds[t]
            for i in range(t * rows // threads, (t + 1) * rows // threads):
                for j in range(columns):
                    d = a[i, j] - a[0, j]
                    first[j] += d
                    if std:
                        second[j] += d * d
        mean = firsts.sum(axis=0) / rows
        if std:
            return np.sqrt(seconds.sum(axis=0) / rows - mean * mean)
        return a[0] + mean

    return fast(numba, loop)
