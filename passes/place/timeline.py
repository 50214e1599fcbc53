"""When something is busy: a device, or a link between memories."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field


@dataclass(slots=True)
class Timeline:
    """The times at which something is busy: disjoint, ascending, never touching."""

    starts: list[float] = field(default_factory=list)
    ends: list[float] = field(default_factory=list)

    def gap(self, ready: float, seconds: float) -> float:
        """Return the first time from `ready` on with so many idle seconds."""
        start = ready
        for i in range(bisect_right(self.ends, ready), len(self.starts)):
            if start + seconds <= self.starts[i]:
                break
            start = max(start, self.ends[i])
        return start

    def add(self, start: float, end: float) -> None:
        """Mark a time that `gap` found as busy."""
        if end <= start:
            return
        at = bisect_right(self.starts, start)
        if at and self.ends[at - 1] == start:
            at -= 1
            self.ends[at] = end
        else:
            self.starts.insert(at, start)
            self.ends.insert(at, end)
        if at + 1 < len(self.starts) and self.starts[at + 1] == self.ends[at]:
            self.ends[at] = self.ends.pop(at + 1)
            del self.starts[at + 1]
