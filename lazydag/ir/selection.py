"""Elements of given ranks, as sorting would place them.

In a long lane, a sample brackets each rank, and only elements within the bracket are
partitioned: lanes are read a few times and never moved. A bracket that misses costs
what NumPy's partition costs, and changes no result.

References
----------
R. W. Floyd, R. L. Rivest, *Expected time bounds for selection*, Communications of the
ACM 18 (1975), 165-172.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, sqrt
from typing import Any, Final, TypeAlias

import numpy as np

NDArray: TypeAlias = "np.ndarray[Any, Any]"

LONG: Final = 1 << 15
"""Elements of a lane that is sampled."""
BLOCK: Final = 1 << 15
"""Elements that are looked at together, so that they stay in a core's cache."""
MOST_GROUPS: Final = 8
"""Each costs some readings of the lane; partitioning it all costs about as many."""
# The rank in a sample lies within so many standard deviations of what is expected.
_DEVIATIONS = 4.0


def ranked(x: NDArray, kth: tuple[int, ...], axis: int) -> NDArray:
    """Return the elements of ranks `kth`, ascending, along an axis; NaN ranks last."""
    groups = _grouped(kth, x.shape[axis])
    is_long = x.shape[axis] >= LONG and x.dtype.kind in "iuf"
    if not is_long or len(groups) > MOST_GROUPS:
        return np.take(np.partition(x, kth, axis), kth, axis)
    lanes = np.moveaxis(x, axis, -1)
    found = np.empty((*lanes.shape[:-1], len(kth)), x.dtype)
    for at in np.ndindex(*lanes.shape[:-1]):
        found[at] = _of_lane(np.ascontiguousarray(lanes[at]), groups)
    return np.moveaxis(found, -1, axis)


def ranked_at(x: NDArray, places: NDArray, axis: int) -> NDArray:
    """Return the elements of ranks that differ between lanes; NaN ranks last."""
    if x.shape[axis] < LONG or x.dtype.kind not in "iuf":
        return np.take_along_axis(np.sort(x, axis), places, axis)
    lanes, wanted = np.moveaxis(x, axis, -1), np.moveaxis(places, axis, -1)
    found = np.empty(wanted.shape, x.dtype)
    for at in np.ndindex(*wanted.shape[:-1]):
        found[at] = _of_known(lanes[at], wanted[at])
    return np.moveaxis(found, -1, axis)


def _of_known(lane: NDArray, wanted: NDArray) -> NDArray:
    """Return elements of a lane, from which NaN is left out first."""
    known = lane[~np.isnan(lane)]
    found = np.full(wanted.shape, np.nan if lane.dtype.kind == "f" else 0, lane.dtype)
    inside = wanted < known.size
    kth, own = np.unique(wanted[inside], return_inverse=True)
    if kth.size:
        found[inside] = ranked(known, tuple(kth.tolist()), 0)[own]
    return found


def _grouped(kth: Sequence[int], length: int) -> list[list[int]]:
    """Return the ranks in groups that a bracket holds, the last rank by itself."""
    groups: list[list[int]] = []
    for k in kth:
        near = groups and k - groups[-1][-1] <= 2 and k < length - 1
        if near:
            groups[-1].append(k)
        else:
            groups.append([k])
    return groups


def _of_lane(lane: NDArray, groups: list[list[int]]) -> NDArray:
    ranks = [k for group in groups for k in group]
    greatest = lane.max()
    if np.isnan(greatest):
        return _of_known(lane, np.asarray(ranks))
    # any stride will do, unless the lane has the same period
    sample = np.sort(lane[:: int(lane.size ** (1 / 3)) | 1])
    brackets = [
        _Bracket(group, lane.size, sample)
        for group in groups
        if group != [lane.size - 1]
    ]
    for start in range(0, lane.size, BLOCK):
        block = lane[start : start + BLOCK]
        for bracket in brackets:
            bracket.look(block)
    parts = [bracket.found(lane) for bracket in brackets]
    if len(parts) < len(groups):
        parts.append(np.asarray([greatest]))
    return np.concatenate(parts)


class _Bracket:
    """Collects the elements among which those of neighbouring ranks should be.

    Parameters
    ----------
    ranks : list of int
        The ranks.
    size : int
        Elements of the lane.
    sample : ndarray
        Some of them, sorted.
    """

    def __init__(self, ranks: list[int], size: int, sample: NDArray) -> None:
        part = ranks[0] / size
        margin = ceil(_DEVIATIONS * sqrt(sample.size * part * (1 - part))) + 2
        low, high = (int(part * sample.size) + m for m in (-margin, margin))
        self.ranks = ranks
        self.low = sample[low] if low >= 0 else None
        self.high = sample[high] if high < sample.size else None
        self.below = 0
        self.inside: list[NDArray] = []

    def look(self, block: NDArray) -> None:
        """Take what lies inside of a block; count what lies up to the lower edge."""
        inside = None if self.low is None else block > self.low
        if inside is not None:
            self.below += block.size - int(np.count_nonzero(inside))
        if self.high is not None:
            under = block < self.high
            inside = under if inside is None else inside & under
        self.inside.append(block if inside is None else block[np.flatnonzero(inside)])

    def found(self, lane: NDArray) -> NDArray:
        """Return the elements of the ranks."""
        inside = np.concatenate(self.inside)
        own = [k - self.below for k in self.ranks]
        if own[0] >= 0 and own[-1] < inside.size:
            return np.partition(inside, own)[own]
        if self._is_low(lane):
            return np.full(len(own), self.low)
        if self._is_high(lane, inside.size):
            return np.full(len(own), self.high)
        return np.partition(lane, self.ranks)[self.ranks]

    def _is_low(self, lane: NDArray) -> bool:
        """Tell whether all ranks lie on the lower edge."""
        if self.low is None or self.ranks[-1] >= self.below:
            return False
        return self.ranks[0] >= int(np.count_nonzero(lane < self.low))

    def _is_high(self, lane: NDArray, inside: int) -> bool:
        """Tell whether all ranks lie on the upper edge."""
        first = self.below + inside
        if self.high is None or self.ranks[0] < first:
            return False
        return self.ranks[-1] < first + int(np.count_nonzero(lane == self.high))
