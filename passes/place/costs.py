"""What kernels cost in each way, and values between memory spaces."""

from __future__ import annotations

from dataclasses import dataclass, field

from lazydag.cost.estimate import route, transfer_seconds
from lazydag.cost.target import Link, Target
from lazydag.ir.node import Node
from lazydag.passes.place.ways import Way, Ways
from lazydag.runtime.limits import device_limit


@dataclass(slots=True)
class Costs:
    """Seconds, each computed once."""

    target: Target
    found: Ways
    _moves: dict[tuple[float, str, str], float] = field(default_factory=dict)
    _routes: dict[tuple[float, str, str], tuple[Link, ...]] = field(
        default_factory=dict
    )
    _limits: dict[str, float] = field(default_factory=dict)

    @property
    def home(self) -> str:
        """The space of the user's arrays."""
        return self.target.default.space

    @property
    def spaces(self) -> tuple[str, ...]:
        """The memory spaces of devices."""
        return tuple(device.space for device in self.target.devices)

    def ways(self, kernel: Node) -> tuple[Way, ...]:
        """Return the ways to run `kernel`."""
        return self.found.of(kernel)

    def limit(self, space: str) -> float:
        """Return the bytes that plans may use of a device's memory."""
        found = self._limits.get(space)
        if found is None:
            nbytes = self.target.space(space).nbytes
            found = self._limits[space] = float(device_limit(nbytes))
        return found

    def round_trip(self, nbytes: float, space: str) -> float:
        """Return how long it takes to bring bytes home, and back."""
        ends = (space, self.home), (self.home, space)
        return sum(transfer_seconds(self.target, nbytes, *each) for each in ends)

    def route(self, value: Node, src: str, dst: str) -> tuple[Link, ...]:
        """Return the links over which `value` is copied from one space to another."""
        if src == dst:
            return ()
        key = float(value.type.nbytes), src, dst
        found = self._routes.get(key)
        if found is None:
            found = self._routes[key] = route(self.target, *key)
        return found

    def move(self, value: Node, src: str, dst: str) -> float:
        """Return how long it takes to copy `value` from one space to another."""
        if src == dst:
            return 0.0
        nbytes = float(value.type.nbytes)
        key = nbytes, src, dst
        found = self._moves.get(key)
        if found is None:
            links = self.route(value, src, dst)
            found = self._moves[key] = sum(link.seconds(nbytes) for link in links)
        return found
