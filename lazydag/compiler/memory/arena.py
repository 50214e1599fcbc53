"""Arenas: one stretch of memory for many values, which are not there all at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazydag.compiler.memory.lives import Life

#: Steps for which a value's memory is left alone afterwards: whoever is next there
#: then does not wait for it. The first with which all fits is taken.
REST_STEPS: Final = (32, 8, 2, 0)

#: How much more memory may be taken, so that it rests.
ROOMY: Final = 2

_Words: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Arena:
    """Where values lie.

    Parameters
    ----------
    nbytes
        Of all together.
    offsets
        By value: bytes from the start, for the room that it takes.
    """

    nbytes: int
    offsets: dict[Life, int]


def most_nbytes(lives: Sequence[Life]) -> int:
    """Return the bytes of all values that are there at one time, at most."""
    changes: dict[int, int] = {}
    for life in lives:
        size = life.taken_nbytes
        changes[life.first] = changes.get(life.first, 0) + size
        changes[life.last + 1] = changes.get(life.last + 1, 0) - size
    held, most = 0, 0
    for step in sorted(changes):
        held += changes[step]
        most = max(most, held)
    return most


def arena_within(lives: Sequence[Life], budget: int) -> Arena | None:
    """Return an arena of at most `budget` bytes; None if it was not found.

    Values rest as long as they can, see `REST_STEPS`, in at most `ROOMY` times the
    bytes that they need.
    """
    least = most_nbytes(lives)
    if least > budget:
        return None
    for rest in REST_STEPS:
        found = lay_out(lives, rest)
        if found.nbytes <= (min(budget, ROOMY * least) if rest else budget):
            return found
    return None


def lay_out(lives: Sequence[Life], rest: int = 0) -> Arena:
    """Return an arena in which no two values overlap that are there at one time.

    Parameters
    ----------
    rest
        Steps for which a value keeps its memory after its last.

    Notes
    -----
    Finding the smallest arena is NP-hard. The largest values come first, each into the
    tightest gap between those that are there with it; then the same by time, which is
    best where sizes are few. The smaller arena is taken. Quadratic.
    """
    orders: tuple[Callable[[Life], tuple[int, int]], ...] = (
        lambda life: (life.first, -life.nbytes),
        lambda life: (-life.nbytes, life.first),
    )
    least = most_nbytes(lives)
    best: Arena | None = None
    for order in orders:
        found = _laid_out(sorted(lives, key=order), rest)
        if best is None or found.nbytes < best.nbytes:
            best = found
        if best.nbytes <= least:
            break
    assert best is not None
    return best


def _laid_out(lives: Sequence[Life], rest: int) -> Arena:
    """Return the arena of values that are placed one after the other."""
    firsts, lasts = (
        np.array([getattr(life, name) for life in lives], np.int64)
        for name in ("first", "last")
    )
    lasts += rest
    starts = np.zeros(len(lives), np.int64)
    stops = np.zeros(len(lives), np.int64)
    for number, life in enumerate(lives):
        before = slice(number)
        meets = (firsts[before] <= lasts[number]) & (lasts[before] >= firsts[number])
        size = life.taken_nbytes
        at = tightest_gap(starts[before][meets], stops[before][meets], size)
        starts[number], stops[number] = at, at + size
    offsets = dict(zip(lives, starts.tolist(), strict=True))
    return Arena(int(stops.max(initial=0)), offsets)


def tightest_gap(starts: _Words, stops: _Words, nbytes: int) -> int:
    """Return where `nbytes` fit best between ranges, which may overlap.

    Behind all of them if no gap is large enough.
    """
    order = np.argsort(starts, kind="stable")
    reached = np.concatenate([[0], np.maximum.accumulate(stops[order])])
    gaps = starts[order] - reached[:-1]
    fits = gaps >= nbytes
    if not fits.any():
        return int(reached[-1])
    return int(reached[np.where(fits, gaps, np.iinfo(np.int64).max).argmin()])
