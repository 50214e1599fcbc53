"""What each device does when, as far as it has been decided."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field

from lazydag.ir.node import Node
from lazydag.passes.place.copies import space_of
from lazydag.passes.place.costs import Costs
from lazydag.passes.place.flow import Flow, maker
from lazydag.passes.place.ranks import Rest
from lazydag.passes.place.ways import Way


@dataclass(frozen=True, slots=True)
class Option:
    """A way for a kernel, in its time.

    Parameters
    ----------
    way : Way
        How it would run.
    start, end : float
        Seconds from the beginning of the run.
    rest : float
        When all behind the kernel can have ended.
    """

    way: Way
    start: float
    end: float
    rest: float


@dataclass(slots=True)
class Timeline:
    """The times at which a device is busy: disjoint, ascending, never touching."""

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


@dataclass(slots=True)
class Schedule:
    """Where kernels run and when, and when values have reached which spaces."""

    flow: Flow
    costs: Costs
    rest: Rest
    placed: dict[Node, Option] = field(default_factory=dict)
    arrived: dict[tuple[Node, str], float] = field(default_factory=dict)
    busy: dict[str, Timeline] = field(default_factory=dict)

    def options(self, kernel: Node) -> list[Option]:
        """Return what would happen in each way."""
        found = []
        values = self.flow.carried[kernel]
        for way in self.costs.ways(kernel):
            ready = max((self._arrival(v, way.space) for v in values), default=0.0)
            start = self._gap(way, ready)
            end = start + way.seconds
            found.append(Option(way, start, end, end + self.rest[kernel][way.space]))
        return found

    def take(self, kernel: Node, option: Option) -> None:
        """Decide for an option."""
        for device in option.way.devices:
            self.busy[device].add(option.start, option.end)
        self.placed[kernel] = option
        space = option.way.space
        for value in self.flow.carried[kernel]:
            self.arrived[value, space] = self._arrival(value, space)

    def _gap(self, way: Way, ready: float) -> float:
        """Return the first time from `ready` on at which all devices are idle."""
        lines = [self.busy.setdefault(name, Timeline()) for name in way.devices]
        start = max(line.gap(ready, way.seconds) for line in lines)
        while start > ready:
            ready = start
            start = max(line.gap(ready, way.seconds) for line in lines)
        return start

    def _arrival(self, value: Node, space: str) -> float:
        """Return when `value` can be in `space`: at once if an earlier copy is."""
        found = self.arrived.get((value, space))
        if found is not None:
            return found
        before = maker(value)
        if before is None:
            at, done = space_of(value, self.costs.target), 0.0
        else:
            option = self.placed[before]
            at, done = option.way.space, option.end
        return done + self.costs.move(value, at, space)
