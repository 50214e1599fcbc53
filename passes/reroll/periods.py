"""Periods: where a sequence of numbers repeats itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = "NDArray[np.int64]"

# So many places are looked at in a part, and so many periods tried at each.
PROBES = 3
CANDIDATES = 48


@dataclass(frozen=True, slots=True)
class Run:
    """A part ``[start, stop)`` of a sequence that repeats after `period` elements."""

    start: int
    stop: int
    period: int

    @property
    def count(self) -> int:
        """How many whole periods there are."""
        return (self.stop - self.start) // self.period


def longest_run(sequence: Ints, start: int, stop: int, least: int) -> Run | None:
    """Return the longest run of a part, of at least `least` periods; None if none is.

    Of equally long ones the one with the shortest period.

    >>> longest_run(np.array([9, 1, 2, 1, 2, 1, 2, 7]), 0, 8, 3)
    Run(start=1, stop=7, period=2)
    """
    part = sequence[start:stop]
    best: Run | None = None
    for at in _probes(part, least):
        for period in _candidates(part, at, least):
            low, high = _around(part, at, period)
            run = Run(start + low, start + high, period)
            if run.count < least:
                continue
            length = best.stop - best.start if best is not None else 0
            if run.stop - run.start > length + period:
                best = run
    return best


def _probes(part: Ints, least: int) -> list[int]:
    """Return places to look at: where something rare is, and some others.

    What comes once in a period shows the period at once.
    """
    places = [len(part) * probe // (PROBES + 1) for probe in range(1, PROBES + 1)]
    values, counts = np.unique(part, return_counts=True)
    often = counts >= least
    if often.any():
        rarest = values[often][np.argmin(counts[often])]
        found = np.flatnonzero(part == rarest)
        places.insert(0, int(found[len(found) // 2]))
    return places


def _candidates(part: Ints, at: int, least: int) -> Iterator[int]:
    """Yield the distances after which what stands at a place comes again, in full."""
    longest = len(part) // least
    window = part[at : at + longest + 1]
    found = np.flatnonzero(window[1:] == window[:1]) + 1
    for period in found[:CANDIDATES].tolist():
        low = max(0, min(at, len(part) - 2 * period))
        if np.array_equal(
            part[low : low + period], part[low + period : low + 2 * period]
        ):
            yield period


def _around(part: Ints, at: int, period: int) -> tuple[int, int]:
    """Return the largest part around a place that repeats after a period."""
    differs = np.flatnonzero(part[period:] != part[:-period])
    after = int(np.searchsorted(differs, at))
    low = int(differs[after - 1]) + 1 if after else 0
    high = int(differs[after]) if after < len(differs) else len(part) - period
    return low, high + period
