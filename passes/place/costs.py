"""What kernels cost in each way, and values between memory spaces."""

from __future__ import annotations

from dataclasses import dataclass, field

from lazydag.cost.estimate import transfer_seconds
from lazydag.cost.target import Target
from lazydag.ir.node import Node
from lazydag.passes.place.ways import Way, Ways


@dataclass(slots=True)
class Costs:
    """Seconds, each computed once."""

    target: Target
    found: Ways
    _moves: dict[tuple[float, str, str], float] = field(default_factory=dict)

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

    def move(self, value: Node, src: str, dst: str) -> float:
        """Return how long it takes to copy `value` from one space to another."""
        if src == dst:
            return 0.0
        nbytes = float(value.type.nbytes)
        key = nbytes, src, dst
        found = self._moves.get(key)
        if found is None:
            found = self._moves[key] = transfer_seconds(self.target, nbytes, src, dst)
        return found
