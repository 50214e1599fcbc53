"""The ways in which a kernel can run, and what each of them takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TypeAlias

from lazydag.cost.estimate import Estimate, estimate
from lazydag.cost.target import Device, Target
from lazydag.ir.attrs import KernelAttrs
from lazydag.ir.graph import Graph
from lazydag.ir.node import Node
from lazydag.passes.pins import is_meant
from lazydag.passes.tile import Tile
from lazydag.passes.work import kernel_work, traffic
from lazydag.runtime.limits import device_limit


@dataclass(frozen=True, slots=True)
class Way:
    """One way to run a kernel.

    Parameters
    ----------
    name : str
        What the placed kernel has as its device: the name of a device, or another way
        of devices, see `Target.devices_of`.
    devices : tuple of str
        All that are busy with it from start to end.
    space : str
        Where its operands have to be, and its results are then: `Target.space_of` of
        the name.
    tile : tuple of int or None
        In which tiles.
    expected : Estimate
        How long it takes.
    there : float or None
        Seconds that it takes if the same way computed its operands and nobody else
        reads its results: then each device has its tiles. None if it has no tiles.
    """

    name: str
    devices: tuple[str, ...]
    space: str
    tile: tuple[int, ...] | None
    expected: Estimate
    there: float | None = None

    @property
    def seconds(self) -> float:
        """From start to end."""
        return self.expected.seconds


#: Returns more ways to run a kernel than on one device of a target.
Offer: TypeAlias = Callable[[Node, Target], Iterable[Way]]
#: Tells whether devices that are no CPUs compute the body of a kernel.
CanRun: TypeAlias = Callable[[Graph], bool]
#: Returns an estimate as earlier runs of a kernel on a device of a target correct it.
Correct: TypeAlias = Callable[[Node, Target, str, Estimate], Estimate]


def runs_all(_body: Graph) -> bool:
    """Tell that any device computes any body: on a target that is only looked at."""
    return True


def is_one_call(_body: Graph) -> bool:
    """Tell that one thread of a CPU computes a body that is one call."""
    return False


def as_estimated(
    _kernel: Node, _target: Target, _device: str, expected: Estimate
) -> Estimate:
    """Return an estimate as it is."""
    return expected


@dataclass(slots=True)
class Ways:
    """The ways of each kernel, found once.

    Parameters
    ----------
    bound : mapping of Node to str
        The devices, or kinds of devices, of kernels that have to run there.
    like : dict
        For each device the first one that is equal but for its name.
    """

    target: Target
    tile: Tile
    can_run: CanRun = runs_all
    is_shared: CanRun = is_one_call
    correct: Correct = as_estimated
    offers: tuple[Offer, ...] = ()
    bound: Mapping[Node, str] = field(default_factory=dict)
    _found: dict[Node, tuple[Way, ...]] = field(default_factory=dict)
    like: dict[str, Device] = field(init=False)

    def __post_init__(self) -> None:
        first: dict[Device, Device] = {}
        self.like = {
            device.name: first.setdefault(replace(device, name="", space=""), device)
            for device in self.target.devices
        }

    def first(self, kernel: Node) -> Way:
        """Return how `kernel` runs on the default device."""
        return next(self._single(kernel))

    def of(self, kernel: Node) -> tuple[Way, ...]:
        """Return the ways to run `kernel`: one at least, the default device first.

        What has to run where nothing computes it has those of anything else.
        """
        found = self._found.get(kernel)
        if found is None:
            each = (offer(kernel, self.target) for offer in self.offers)
            offered = chain.from_iterable(each)
            found = self._found[kernel] = self._meant(
                kernel, (*self._single(kernel), *offered)
            )
        return found

    def _meant(self, kernel: Node, ways: tuple[Way, ...]) -> tuple[Way, ...]:
        """Return those of the ways that a pin leaves."""
        pin = self.bound.get(kernel)
        if pin is None:
            return ways
        kinds = {device.name: device for device in self.target.devices}
        meant = (w for w in ways if all(is_meant(pin, kinds[d]) for d in w.devices))
        return tuple(meant) or ways

    def _single(self, kernel: Node) -> Iterator[Way]:
        """Yield how it runs on one device; on equal ones it takes as long."""
        assert isinstance(kernel.attrs, KernelAttrs)
        known: dict[str, tuple[tuple[int, ...] | None, Estimate]] = {}
        for device in self.target.devices:
            if device.kind != "cpu" and not self._can_run_on(kernel, device):
                continue
            name, like = device.name, self.like[device.name]
            if like.name not in known:
                known[like.name] = self._on(kernel, like)
            tile, expected = known[like.name]
            expected = self.correct(kernel, self.target, name, expected)
            yield Way(name, (name,), device.space, tile, expected)

    def _can_run_on(self, kernel: Node, device: Device) -> bool:
        """Tell whether a GPU computes a kernel, and has room for what it touches."""
        assert isinstance(kernel.attrs, KernelAttrs)
        read, written = traffic(kernel)
        limit = device_limit(self.target.space(device.space).nbytes)
        return read + sum(written) <= limit and self.can_run(kernel.attrs.body)

    def _on(
        self, kernel: Node, device: Device
    ) -> tuple[tuple[int, ...] | None, Estimate]:
        assert isinstance(kernel.attrs, KernelAttrs)
        tile = kernel.attrs.tile
        if device is not self.target.default and tile is not None:
            tile, _ = self.tile.choose(kernel, device)
        work = kernel_work(kernel, device, tile)
        if self.is_shared(kernel.attrs.body):
            work = replace(work, tiles=device.threads)
        return tile, estimate(work, device)
