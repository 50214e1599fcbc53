"""Several ways to schedule all kernels, and the one that ends first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from lazydag.ir.graph import Graph
from lazydag.ir.node import Node
from lazydag.passes.place.copies import space_of
from lazydag.passes.place.costs import Costs
from lazydag.passes.place.flow import Flow, wanted_in
from lazydag.passes.place.ranks import by_rank, remaining
from lazydag.passes.place.schedule import Option, Schedule
from lazydag.passes.place.ways import Way, Ways

#: Orders options, the best first.
Strategy: TypeAlias = Callable[[Option], tuple[float, ...]]

# Programs of more kernels are scheduled by the first strategy alone.
MOST_KERNELS: Final = 1000


@dataclass(frozen=True, slots=True)
class Decided:
    """A schedule of all kernels.

    Parameters
    ----------
    options : dict
        What there was for each kernel, the best first: that was taken.
    end : float
        When all results are where they are wanted.
    """

    options: dict[Node, list[Option]]
    end: float


def ahead(option: Option) -> tuple[float, ...]:
    """Prefer what lets all behind a kernel end first, as in PEFT."""
    return option.rest, option.end


def at_once(option: Option) -> tuple[float, ...]:
    """Prefer what ends first, as in HEFT."""
    return option.end, option.rest


def only_on(space: str) -> Strategy:
    """Prefer what runs in one memory space."""

    def strategy(option: Option) -> tuple[float, ...]:
        return float(option.way.space != space), option.rest, option.end

    return strategy


def at_home(graph: Graph, kernels: Sequence[Node], ways: Ways) -> dict[Node, Way]:
    """Return the ways of all kernels on the default device, if that is best for sure.

    It is if they take less time than a transfer to or from its memory, and nothing has
    to be elsewhere. Empty if it may not be, or without kernels.
    """
    target = ways.target
    home = target.default.space
    ends = {space_of(param, target) for param in graph.params}
    ends |= {space for output in graph.outputs for space in wanted_in(output, target)}
    if ways.bound or ends - {home}:
        return {}
    links = (link for link in target.links if home in {link.src, link.dst})
    left = min((link.latency_seconds for link in links), default=0.0)
    found = {}
    for kernel in kernels:
        way = found[kernel] = ways.first(kernel)
        left -= way.seconds
        if left < 0:
            return {}
    return found


def best(flow: Flow, costs: Costs) -> Decided:
    """Return the schedule that ends first; of equal ones that which looks ahead."""
    rest, order = remaining(flow, costs), by_rank(flow, costs)
    found = [
        decided(strategy, order, Schedule(flow, costs, rest))
        for strategy in _strategies(flow, costs)
    ]
    return min(found, key=lambda each: each.end)


def decided(strategy: Strategy, order: list[Node], schedule: Schedule) -> Decided:
    """Return the schedule by one strategy, kernel after kernel."""
    options: dict[Node, list[Option]] = {}
    for kernel in order:
        options[kernel] = sorted(schedule.options(kernel), key=strategy)
        schedule.take(kernel, options[kernel][0])
    return Decided(options, schedule.end())


def _strategies(flow: Flow, costs: Costs) -> Iterator[Strategy]:
    yield ahead
    if len(flow.kernels) > MOST_KERNELS:
        return
    yield at_once
    # Of equal devices one will do.
    for device in dict.fromkeys(costs.found.like.values()):
        yield only_on(device.space)
