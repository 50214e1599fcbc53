"""How much lies behind each kernel: on average, and at best from each space."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import fmean
from typing import TypeAlias

from lazydag.ir.node import Node
from lazydag.passes.place.costs import Costs
from lazydag.passes.place.flow import Flow

#: For each kernel and space that its results may lie in: seconds to the end of all.
Rest: TypeAlias = Mapping[Node, Mapping[str, float]]


def by_rank(flow: Flow, costs: Costs) -> list[Node]:
    """Return the kernels by decreasing upward rank: the critical path first.

    The rank is the length of the longest way to an end, with the mean seconds of
    kernels over their ways, and of transfers over pairs of devices.
    """
    rank: dict[Node, float] = {}
    for kernel in reversed(flow.kernels):
        own = fmean(way.seconds for way in costs.ways(kernel))
        behind = (_mean_move(v, costs) + rank[r] for v, r in flow.readers[kernel])
        rank[kernel] = own + max(behind, default=0.0)
    position = {kernel: i for i, kernel in enumerate(flow.kernels)}
    return sorted(flow.kernels, key=lambda k: (-rank[k], position[k]))


def _mean_move(value: Node, costs: Costs) -> float:
    spaces = costs.spaces
    total = sum(costs.move(value, a, b) for a in spaces for b in spaces)
    return total / len(spaces) ** 2


def remaining(flow: Flow, costs: Costs) -> Rest:
    """Return for each kernel and space of its results how long all behind it takes.

    At best: were all of it to find every device idle. Results go where they are wanted.
    """
    spaces = tuple(dict.fromkeys(costs.spaces))
    rest: dict[Node, dict[str, float]] = {}
    for kernel in reversed(flow.kernels):
        ends = {}
        for space in spaces:
            back = (
                min(costs.move(value, space, wanted) for wanted in ends_in)
                for value, ends_in in flow.results[kernel]
            )
            onward = (
                _at_best(v, r, space, costs, rest[r]) for v, r in flow.readers[kernel]
            )
            ends[space] = max((*back, *onward), default=0.0)
        rest[kernel] = ends
    return rest


def _at_best(
    value: Node, reader: Node, space: str, costs: Costs, rest: Mapping[str, float]
) -> float:
    return min(
        costs.move(value, space, way.space) + way.seconds + rest[way.space]
        for way in costs.ways(reader)
    )
