"""How rows and sweeps are cut into tiles.

A band is some sweeps over all rows. Its tiles have sides that slope, so that all that
an element needs is in its own tile or in those before it: a tile begins and ends lower
by the radius in each sweep. Such tiles run one after the other, so a band is cut into
segments. The first tile of a segment begins *higher* in each sweep instead, and what
is left open between two segments is a wedge, which is computed after both. The cuts
change places from band to band: a segment begins while others of the band before are
still at work. Where the last row is a neighbour of the first, rows go round, and are
numbered on beyond the last.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

#: A row beyond all others.
FAR: Final = 1 << 40


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile: rows ``max(begin - skew, floor + skew)`` to ``end + slope * skew``.

    Skews are counted from 0 in the band's first sweep, by the radius in each.
    """

    begin: int
    floor: int
    end: int
    slope: int = -1

    def reach(self, skew: int, radius: int) -> tuple[int, int]:
        """Return the first row that is read or written, and the one after the last."""
        lower = max(self.begin - skew, self.floor)
        upper = self.end + max(0, self.slope * skew)
        return lower - radius, upper + radius


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows that are cut.

    Parameters
    ----------
    count : int
        How many there are.
    radius : int
        How many rows away the farthest neighbours are.
    is_ring : bool
        Whether the last row is a neighbour of the first.
    """

    count: int
    radius: int
    is_ring: bool

    def segments(self, sweeps: int, wanted: int) -> int:
        """Return into how many segments bands of so many sweeps can be cut."""
        least = 2 * self.radius * (sweeps + 1) + 1
        return max(0, min(wanted, self.count // (2 * least)))

    def cuts(self, segments: int, *, odd: bool) -> list[int]:
        """Return where segments begin; half a segment later in odd bands."""
        half = odd and (segments > 1 or self.is_ring)
        found = [(2 * i + half) * self.count // (2 * segments) for i in range(segments)]
        return found if self.is_ring or half else found[1:]

    def tiles(self, cuts: Sequence[int], height: int) -> Iterator[Tile]:
        """Yield the tiles of a band, of about `height` rows, in their order."""
        ends = [-FAR, *cuts, FAR]
        if self.is_ring:
            ends = [*cuts, cuts[0] + self.count]
        for begin, end in pairwise(ends):
            yield from self._segment(begin, end, height)
        if self.radius:
            for cut in ends[1:] if self.is_ring else cuts:
                yield Tile(cut, -FAR, cut, 1)

    def _segment(self, begin: int, end: int, height: int) -> Iterator[Tile]:
        first, last = max(begin, 0), min(end, 2 * self.count)
        last = last if end < FAR else self.count
        pieces = max(1, (last - first) // height)
        marks = [first + i * (last - first) // pieces for i in range(1, pieces)]
        for lower, upper in pairwise([begin, *marks, end]):
            yield Tile(lower, begin, upper)

    def touched(self, tile: Tile, skew: int) -> Iterator[tuple[int, int]]:
        """Yield the ranges of rows, margins among them, that a tile reads or writes."""
        radius, count = self.radius, self.count
        lower, upper = tile.reach(skew, radius)
        if not self.is_ring:
            # What is near an end writes the margin there.
            lower = -radius if lower <= radius else lower
            upper = count + radius if upper >= count - 1 - radius else upper
            yield max(lower, -radius), min(upper, count + radius)
            return
        for shift in (count, 0, -count, -2 * count):
            start = max(lower + shift, -radius)
            stop = min(upper + shift, count + radius)
            if start < stop:
                yield start, stop
