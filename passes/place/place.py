"""The pass itself: ranks, choices, copies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lazydag.cost.target import Target
from lazydag.ir.attrs import KernelAttrs
from lazydag.ir.graph import Graph, Note, Stage, evolve
from lazydag.ir.node import Node
from lazydag.ir.ops import OPS
from lazydag.ir.text.units import format_seconds
from lazydag.passes.pins import bound, check_pins
from lazydag.passes.place.copies import with_devices
from lazydag.passes.place.costs import Costs
from lazydag.passes.place.flow import Flow
from lazydag.passes.place.schedule import Option
from lazydag.passes.place.strategies import at_home, best
from lazydag.passes.place.ways import (
    CanRun,
    Correct,
    Offer,
    Way,
    Ways,
    as_estimated,
    is_one_call,
    runs_all,
)
from lazydag.passes.tile import Tile

_KERNEL = OPS["kernel"]


@dataclass(frozen=True, slots=True)
class Place:
    """Choose the way of each kernel by what will be finished when.

    Parameters
    ----------
    tile : Tile
        Chooses tiles for kernels that leave the default device.
    can_run : callable
        Tells of a kernel's body whether devices that are no CPUs compute it.
    is_shared : callable
        Tells of a kernel's body that is one call whether all threads of a CPU share it.
    correct : callable
        Corrects estimates by what earlier runs measured.
    offers : tuple of callable
        Return more ways to run a kernel than on one of the devices.

    Notes
    -----
    Kernels are scheduled in the order of HEFT, critical paths first, each into the
    earliest gap that it fits into [1]_; transfers wait for their links, and for room.
    The way is the one from which the rest can end first if it gets whatever it wants,
    as in PEFT [2]_: so a chain moves to a far device if the chain is worth it, though
    its first kernel alone is not. That is held against HEFT itself, and against all
    kernels in one memory; what ends first is taken. Linear in the number of edges,
    quadratic in the number of ways.

    References
    ----------
    .. [1] Topcuoglu, Hariri and Wu, "Performance-effective and low-complexity task
       scheduling for heterogeneous computing", IEEE TPDS 13(3), 2002.
    .. [2] Arabnejad and Barbosa, "List scheduling algorithm for heterogeneous systems
       by an optimistic cost table", IEEE TPDS 25(3), 2014.
    """

    tile: Tile = field(default_factory=Tile)
    can_run: CanRun = runs_all
    is_shared: CanRun = is_one_call
    correct: Correct = as_estimated
    offers: tuple[Offer, ...] = ()

    def __call__(self, graph: Graph, target: Target) -> Graph:
        """Return `graph` at stage PLACED.

        Raises
        ------
        TargetError
            If something is pinned to a device that the target has not.
        """
        check_pins(graph, target)
        order = graph.nodes()
        kernels = [n for n in order if n.op is _KERNEL]
        pins = bound(order, graph.outputs)
        ways = Ways(
            target,
            self.tile,
            self.can_run,
            self.is_shared,
            self.correct,
            self.offers,
            pins,
        )
        if len(target.devices) == 1:
            chosen: Mapping[Node, Way] = {k: ways.first(k) for k in kernels}
            notes = [_told(k, chosen[k], "the only device") for k in kernels]
        elif quick := at_home(graph, kernels, ways):
            chosen, why = quick, "all kernels together take less than a transfer"
            notes = [_told(k, chosen[k], why) for k in kernels]
        else:
            flow = Flow.of(graph, kernels, target)
            chosen, notes = _scheduled(flow, Costs(target, ways))
        outputs = with_devices(graph, target, chosen)
        return evolve(graph, outputs, Stage.PLACED, notes)


def _told(kernel: Node, way: Way, why: str) -> Note:
    assert isinstance(kernel.attrs, KernelAttrs)
    reason = f"{way.name} ({why}); {way.expected}"
    return Note("place", kernel.attrs.body.name, reason)


def _scheduled(flow: Flow, costs: Costs) -> tuple[dict[Node, Way], list[Note]]:
    """Return the way of each kernel, and why."""
    options = best(flow, costs).options
    pins = costs.found.bound
    notes = [_note(kernel, each, pins.get(kernel)) for kernel, each in options.items()]
    return {kernel: each[0].way for kernel, each in options.items()}, notes


def _note(kernel: Node, options: list[Option], pin: str | None) -> Note:
    """Say what was chosen, the first, and what the others would have taken."""
    assert isinstance(kernel.attrs, KernelAttrs)
    chosen = options[0].way
    alike: dict[tuple[str, str], list[str]] = {}
    for option in options:
        ends = format_seconds(option.end), format_seconds(option.rest)
        alike.setdefault(ends, []).append(option.way.name)
    listed = "; ".join(
        f"{', '.join(names)} {'ends' if len(names) == 1 else 'end'} at {end}, "
        f"all behind it at {rest}"
        for (end, rest), names in alike.items()
    )
    said = "" if pin is None else f"pinned to {pin}: "
    reason = f"{chosen.name} ({said}{listed}); {chosen.expected}"
    return Note("place", kernel.attrs.body.name, reason)
