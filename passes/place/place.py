"""The pass itself: ranks, choices, copies."""

from __future__ import annotations

from dataclasses import dataclass, field

from lazydag.cost.estimate import estimate
from lazydag.cost.target import Target
from lazydag.ir.attrs import KernelAttrs
from lazydag.ir.graph import Graph, Note, Stage, evolve
from lazydag.ir.node import Node
from lazydag.ir.ops import OPS
from lazydag.passes.place.copies import with_devices
from lazydag.passes.place.costs import Choice, Costs
from lazydag.passes.place.flow import Flow
from lazydag.passes.place.ranks import by_rank, remaining
from lazydag.passes.place.schedule import Option, Schedule
from lazydag.passes.tile import Tile
from lazydag.passes.work import kernel_work

_KERNEL = OPS["kernel"]


@dataclass(frozen=True, slots=True)
class Place:
    """Choose the device of each kernel by what will be finished when.

    Parameters
    ----------
    tile : Tile
        Chooses tiles for kernels that leave the default device.

    Notes
    -----
    Kernels are scheduled in the order of HEFT, critical paths first, each into the
    earliest gap that it fits into [1]_. The device is the one from which the rest can
    end first if it gets whatever it wants, as in PEFT [2]_: so a chain moves to a far
    device if the chain is worth it, though its first kernel alone is not. Linear in the
    number of edges, quadratic in the number of devices.

    References
    ----------
    .. [1] Topcuoglu, Hariri and Wu, "Performance-effective and low-complexity task
       scheduling for heterogeneous computing", IEEE TPDS 13(3), 2002.
    .. [2] Arabnejad and Barbosa, "List scheduling algorithm for heterogeneous systems
       by an optimistic cost table", IEEE TPDS 25(3), 2014.
    """

    tile: Tile = field(default_factory=Tile)

    def __call__(self, graph: Graph, target: Target) -> Graph:
        """Return `graph` at stage PLACED."""
        kernels = [n for n in graph.nodes() if n.op is _KERNEL]
        costs = Costs(target, self.tile)
        if len(target.devices) == 1:
            choices = {k: Choice(target.default, _own_tile(k)) for k in kernels}
            notes = [_only(k, target) for k in kernels]
        else:
            choices, notes = _scheduled(Flow.of(graph, kernels), costs)
        outputs = with_devices(graph, target, choices)
        return evolve(graph, outputs, Stage.PLACED, notes)


def _own_tile(kernel: Node) -> tuple[int, ...] | None:
    assert isinstance(kernel.attrs, KernelAttrs)
    return kernel.attrs.tile


def _only(kernel: Node, target: Target) -> Note:
    assert isinstance(kernel.attrs, KernelAttrs)
    expected = estimate(kernel_work(kernel, target.default), target.default)
    reason = f"{target.default.name} (the only device); {expected}"
    return Note("place", kernel.attrs.body.name, reason)


def _scheduled(flow: Flow, costs: Costs) -> tuple[dict[Node, Choice], list[Note]]:
    """Return the choice for each kernel, and why."""
    schedule = Schedule(flow, costs, remaining(flow, costs))
    choices, notes = {}, []
    for kernel in by_rank(flow, costs):
        options = schedule.options(kernel)
        best = min(options, key=lambda o: (o.rest, o.end, o.device))
        schedule.take(kernel, best)
        choices[kernel] = costs.choice(kernel, best.device)
        notes.append(_note(kernel, best, options, costs))
    return choices, notes


def _note(kernel: Node, best: Option, options: list[Option], costs: Costs) -> Note:
    assert isinstance(kernel.attrs, KernelAttrs)
    devices = costs.target.devices
    chosen = costs.choice(kernel, best.device)
    work = kernel_work(kernel, chosen.device, chosen.tile)
    expected = estimate(work, chosen.device)
    ends = ", ".join(
        f"{devices[o.device].name} ends at {o.end * 1e3:.3g} ms, "
        f"all behind it at {o.rest * 1e3:.3g} ms"
        for o in sorted(options, key=lambda o: (o.rest, o.end, o.device))
    )
    reason = f"{chosen.device.name} ({ends}); {expected}"
    return Note("place", kernel.attrs.body.name, reason)
