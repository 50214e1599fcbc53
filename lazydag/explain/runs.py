"""Runs of numbers and of equal rows, so that forty slots take one line."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from itertools import groupby
from typing import TypeVar

T = TypeVar("T")

# Shorter runs read better one by one.
_LEAST = 4


def ranges(numbers: Iterable[int], prefix: str) -> str:
    """Return ascending numbers with their runs joined.

    Examples
    --------
    >>> ranges([0, 2, 3, 4, 5, 9, 10], "s")
    's0 s2-s5 s9 s10'
    """
    ordered = sorted(set(numbers))
    # A number less its position is the same all along a run.
    groups = groupby(enumerate(ordered), lambda pair: pair[1] - pair[0])
    parts: list[str] = []
    for _, pairs in groups:
        run = [number for _, number in pairs]
        if len(run) >= _LEAST:
            parts.append(f"{prefix}{run[0]}-{prefix}{run[-1]}")
        else:
            parts += [f"{prefix}{number}" for number in run]
    return " ".join(parts)


def alike(rows: Sequence[T], key: Callable[[T], Hashable]) -> list[list[T]]:
    """Return rows in groups of neighbours with one key; short groups are taken apart.

    Examples
    --------
    >>> alike([1, 1, 1, 1, 2, 2], key=lambda n: n)
    [[1, 1, 1, 1], [2], [2]]
    """
    groups: list[list[T]] = []
    for _, found in groupby(rows, key):
        group = list(found)
        groups += [group] if len(group) >= _LEAST else [[row] for row in group]
    return groups
