"""How much lies behind each kernel: on average, and at best from each device."""

from __future__ import annotations

from lazydag.ir.node import Node
from lazydag.passes.place.costs import Costs
from lazydag.passes.place.flow import Flow


def by_rank(flow: Flow, costs: Costs) -> list[Node]:
    """Return the kernels by decreasing upward rank: the critical path first.

    The rank is the length of the longest way to an end, with the mean seconds of
    kernels over devices, and of transfers over pairs of devices.
    """
    devices = costs.target.devices
    numbers = range(len(devices))
    rank: dict[Node, float] = {}
    for kernel in reversed(flow.kernels):
        own = sum(costs.seconds(kernel, d) for d in numbers) / len(devices)
        behind = (_mean_move(v, costs) + rank[r] for v, r in flow.readers[kernel])
        rank[kernel] = own + max(behind, default=0.0)
    position = {kernel: i for i, kernel in enumerate(flow.kernels)}
    return sorted(flow.kernels, key=lambda k: (-rank[k], position[k]))


def _mean_move(value: Node, costs: Costs) -> float:
    spaces = [d.space for d in costs.target.devices]
    total = sum(costs.move(value, a, b) for a in spaces for b in spaces)
    return total / len(spaces) ** 2


def remaining(flow: Flow, costs: Costs) -> dict[Node, tuple[float, ...]]:
    """Return for each kernel and device the seconds from its end to the end of all.

    At best: were all behind it to find every device idle. Results return home.
    """
    devices = costs.target.devices
    home = costs.target.default.space
    rest: dict[Node, tuple[float, ...]] = {}
    for kernel in reversed(flow.kernels):
        ends = []
        for device in devices:
            back = (costs.move(v, device.space, home) for v in flow.results[kernel])
            onward = (
                _at_best(v, r, device.space, costs, rest[r])
                for v, r in flow.readers[kernel]
            )
            ends.append(max((*back, *onward), default=0.0))
        rest[kernel] = tuple(ends)
    return rest


def _at_best(
    value: Node, reader: Node, space: str, costs: Costs, rest: tuple[float, ...]
) -> float:
    return min(
        costs.move(value, space, device.space) + costs.seconds(reader, i) + rest[i]
        for i, device in enumerate(costs.target.devices)
    )
