"""Sets of bytes: disjoint ranges in ascending order, which may touch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

#: The first byte, and the one behind the last.
Span: TypeAlias = tuple[int, int]


@dataclass(slots=True)
class Spans:
    """A set of bytes that grows and shrinks by ranges."""

    ranges: list[Span] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.ranges)

    def add(self, start: int, stop: int) -> None:
        """Take the bytes ``[start, stop)`` in."""
        if start >= stop or self._is_one(start, stop):
            return
        touching = [r for r in self.ranges if r[0] < stop and start < r[1]]
        apart = [r for r in self.ranges if r[0] >= stop or start >= r[1]]
        first = min([start, *(r[0] for r in touching)])
        last = max([stop, *(r[1] for r in touching)])
        self.ranges = sorted([*apart, (first, last)])

    def _is_one(self, start: int, stop: int) -> bool:
        """Tell whether one range is all, and has these bytes."""
        if len(self.ranges) != 1:
            return False
        first, last = self.ranges[0]
        return first <= start and stop <= last

    def remove(self, start: int, stop: int) -> None:
        """Take the bytes ``[start, stop)`` out."""
        if start >= stop:
            return
        left = [
            piece
            for first, last in self.ranges
            for piece in ((first, min(last, start)), (max(first, stop), last))
        ]
        self.ranges = [(first, last) for first, last in left if first < last]
