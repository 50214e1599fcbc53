"""What each device does when, as far as it has been decided."""

from __future__ import annotations

from dataclasses import dataclass, field

from lazydag.ir.node import Node
from lazydag.passes.place.copies import space_of
from lazydag.passes.place.costs import Costs
from lazydag.passes.place.flow import Flow, maker
from lazydag.passes.place.links import Links, Move
from lazydag.passes.place.ranks import Rest
from lazydag.passes.place.room import Room
from lazydag.passes.place.timeline import Timeline
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
class Schedule:
    """Where kernels run and when, and when values have reached which spaces."""

    flow: Flow
    costs: Costs
    rest: Rest
    placed: dict[Node, Option] = field(default_factory=dict)
    arrived: dict[tuple[Node, str], float] = field(default_factory=dict)
    busy: dict[str, Timeline] = field(default_factory=dict)
    links: Links = field(default_factory=Links)
    room: Room = field(init=False)

    def __post_init__(self) -> None:
        self.room = Room(self.flow, self.costs)

    def options(self, kernel: Node) -> list[Option]:
        """Return what would happen in each way."""
        found = []
        ready: dict[str, float] = {}
        for way in self.costs.ways(kernel):
            if way.space not in ready:
                away = self.room.seconds(kernel, way.space)
                ready[way.space] = away + self._ready(kernel, way.space)
            seconds = self._seconds(kernel, way)
            start = self._gap(way, ready[way.space], seconds)
            end = start + seconds
            found.append(Option(way, start, end, end + self.rest[kernel][way.space]))
        return found

    def take(self, kernel: Node, option: Option) -> None:
        """Decide for an option."""
        space = option.way.space
        self._ready(kernel, space, decided=True)
        for device in option.way.devices:
            self.busy[device].add(option.start, option.end)
        self.placed[kernel] = option
        self.room.take(kernel, space)

    def end(self) -> float:
        """Return when all results are where they are wanted; all is decided then."""
        last = [option.end for option in self.placed.values()]
        moves = []
        for kernel, results in self.flow.results.items():
            for value, spaces in results:
                if not any((value, space) in self.arrived for space in spaces):
                    option = self.placed[kernel]
                    at = option.way.space
                    to = min(spaces, key=lambda s: self.costs.move(value, at, s))
                    moves.append(self._move(value, at, to, option.end))
        moves.sort(key=lambda move: move.ready)
        return max(last + self.links.arrivals(moves, decided=True), default=0.0)

    def _seconds(self, kernel: Node, way: Way) -> float:
        """Return how long a way takes, as tiles lie.

        Less if they lie where they are read; more if they have to come home for it.
        """
        values, found = self.flow.carried[kernel], way.seconds
        alike = [value for value in values if self._tiles(value) == way.name]
        if way.there is not None:
            made = sum(item.nbytes for item in kernel.type.items)
            stays = sum(value.type.nbytes for value in alike)
            stays += 0 if self.flow.results[kernel] else made
            most = made + sum(value.type.nbytes for value in values)
            found -= (way.seconds - way.there) * stays / max(most, 1)
        if way.space == self.costs.home:
            others = (value for value in values if self._tiles(value) != way.name)
            found += sum(map(self._gathering, others))
        return found

    def _tiles(self, value: Node) -> str | None:
        """Return the way in whose tiles a value lies; None if it lies at home, too."""
        before = maker(value)
        if before is None or self.flow.results[before]:
            return None
        way = self.placed[before].way
        return None if way.there is None else way.name

    def _gathering(self, value: Node) -> float:
        """Return how long it takes until the tiles of a value are at home."""
        before = maker(value)
        if before is None or self._tiles(value) is None:
            return 0.0
        devices = self.placed[before].way.devices
        space = self.costs.target.space_of(devices[-1])
        return self.costs.move(value, space, self.costs.home) / len(devices)

    def _gap(self, way: Way, ready: float, seconds: float) -> float:
        """Return the first time from `ready` on at which all devices are idle."""
        lines = [self.busy.setdefault(name, Timeline()) for name in way.devices]
        start = max(line.gap(ready, seconds) for line in lines)
        while start > ready:
            ready = start
            start = max(line.gap(ready, seconds) for line in lines)
        return start

    def _ready(self, kernel: Node, space: str, *, decided: bool = False) -> float:
        """Return when all that a kernel reads is in a space, by copies if need be."""
        values = self.flow.carried[kernel]
        missing = [v for v in values if (v, space) not in self.arrived]
        made = {value: self._made(value) for value in missing}
        missing.sort(key=lambda value: made[value][1])
        moves = [self._move(v, made[v][0], space, made[v][1]) for v in missing]
        ends = self.links.arrivals(moves, decided=decided)
        if decided:
            for value, end in zip(missing, ends, strict=True):
                self.arrived[value, space] = end
        known = [self.arrived[v, space] for v in values if (v, space) in self.arrived]
        return max(ends + known, default=0.0)

    def _made(self, value: Node) -> tuple[str, float]:
        """Return where a value is first, and when."""
        before = maker(value)
        if before is None:
            return space_of(value, self.costs.target), 0.0
        option = self.placed[before]
        return option.way.space, option.end

    def _move(self, value: Node, src: str, dst: str, ready: float) -> Move:
        route = self.costs.route(value, src, dst)
        return Move(route, float(value.type.nbytes), ready)
