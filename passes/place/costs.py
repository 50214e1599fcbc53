"""What kernels cost on each device, and values between memory spaces."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from lazydag.cost.estimate import estimate, transfer_seconds
from lazydag.cost.target import Device, Target
from lazydag.ir.attrs import KernelAttrs
from lazydag.ir.node import Node
from lazydag.passes.tile import Tile
from lazydag.passes.work import kernel_work


@dataclass(frozen=True, slots=True)
class Choice:
    """Where a kernel runs, and in which tiles."""

    device: Device
    tile: tuple[int, ...] | None


@dataclass(slots=True)
class Costs:
    """Seconds, each computed once. Devices are numbered as in the target."""

    target: Target
    tile: Tile
    _like: list[int] = field(init=False)
    _chosen: dict[tuple[Node, int], tuple[float, tuple[int, ...] | None]] = field(
        default_factory=dict
    )
    _moves: dict[tuple[float, str, str], float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        plain = [replace(d, name="", space="") for d in self.target.devices]
        self._like = [plain.index(d) for d in plain]

    def seconds(self, kernel: Node, device: int) -> float:
        """Return how long `kernel` takes on a device."""
        return self._choose(kernel, device)[0]

    def choice(self, kernel: Node, device: int) -> Choice:
        """Return how `kernel` runs on a device."""
        return Choice(self.target.devices[device], self._choose(kernel, device)[1])

    def _choose(
        self, kernel: Node, device: int
    ) -> tuple[float, tuple[int, ...] | None]:
        """Return seconds and tile; those of an equal device if there is one."""
        key = kernel, self._like[device]
        found = self._chosen.get(key)
        if found is None:
            assert isinstance(kernel.attrs, KernelAttrs)
            runs_on, tile = self.target.devices[key[1]], kernel.attrs.tile
            if key[1] and tile is not None:
                tile, _ = self.tile.choose(kernel, runs_on)
            seconds = estimate(kernel_work(kernel, runs_on, tile), runs_on).seconds
            found = self._chosen[key] = seconds, tile
        return found

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
