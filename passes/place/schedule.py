"""What each device does when, as far as it has been decided."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field

from lazydag.ir.node import Node
from lazydag.passes.place.costs import Costs
from lazydag.passes.place.flow import Flow, maker


@dataclass(frozen=True, slots=True)
class Option:
    """A device for a kernel.

    Parameters
    ----------
    device : int
        Its number.
    start, end : float
        Seconds from the beginning of the run.
    rest : float
        When all behind the kernel can have ended.
    """

    device: int
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
    rest: dict[Node, tuple[float, ...]]
    placed: dict[Node, Option] = field(default_factory=dict)
    arrived: dict[tuple[Node, str], float] = field(default_factory=dict)
    busy: dict[int, Timeline] = field(default_factory=dict)

    def options(self, kernel: Node) -> list[Option]:
        """Return what would happen on each device."""
        found = []
        for number, device in enumerate(self.costs.target.devices):
            values = self.flow.carried[kernel]
            ready = max((self._arrival(v, device.space) for v in values), default=0.0)
            seconds = self.costs.seconds(kernel, number)
            start = self.busy.setdefault(number, Timeline()).gap(ready, seconds)
            end = start + seconds
            found.append(Option(number, start, end, end + self.rest[kernel][number]))
        return found

    def take(self, kernel: Node, option: Option) -> None:
        """Decide for an option."""
        self.busy[option.device].add(option.start, option.end)
        self.placed[kernel] = option
        space = self.costs.target.devices[option.device].space
        for value in self.flow.carried[kernel]:
            self.arrived[value, space] = self._arrival(value, space)

    def _arrival(self, value: Node, space: str) -> float:
        """Return when `value` can be in `space`: at once if an earlier copy is."""
        found = self.arrived.get((value, space))
        if found is not None:
            return found
        before = maker(value)
        at, done = self.costs.target.default.space, 0.0
        if before is not None:
            option = self.placed[before]
            at, done = self.costs.target.devices[option.device].space, option.end
        return done + self.costs.move(value, at, space)
