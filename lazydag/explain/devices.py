"""Placed graphs on targets with GPUs: who is busy, what moves, and until when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from lazydag.cost import Estimate, Target, route
from lazydag.explain.columns import aligned, counted
from lazydag.ir.attrs import CopyAttrs, KernelAttrs
from lazydag.ir.graph import Graph
from lazydag.ir.node import Node
from lazydag.ir.text.units import format_nbytes, format_seconds
from lazydag.passes.place.copies import space_of
from lazydag.passes.place.links import Links, Move
from lazydag.passes.place.timeline import Timeline

#: What visits the memory of a device, by the manner of a way: how many bytes that takes
#: is known when its tasks are made.
_VISITORS: Final = {"tiles": "tiles", "streamed": "pieces"}


@dataclass(slots=True)
class Use:
    """What a device does: how much, for how many seconds, and what visits it."""

    kernels: int = 0
    seconds: float = 0.0
    visitors: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Traffic:
    """What goes from one memory to another: how much, and in how many seconds."""

    copies: int = 0
    nbytes: int = 0
    seconds: float = 0.0


@dataclass(slots=True)
class Course:
    """What happens when in a placed graph, steps in their order.

    Parameters
    ----------
    graph : Graph
        At stage PLACED.
    target : Target
        What it was placed on.
    costs : mapping of Node to Estimate
        Those of its kernels.
    uses : dict
        By device.
    moves : dict
        By the spaces from and to.
    end : float
        When all is done, in seconds.
    """

    graph: Graph
    target: Target
    costs: Mapping[Node, Estimate]
    uses: dict[str, Use] = field(init=False)
    moves: dict[tuple[str, str], Traffic] = field(default_factory=dict)
    end: float = 0.0
    _busy: dict[str, Timeline] = field(init=False)
    _links: Links = field(default_factory=Links)
    _done: dict[Node, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = [device.name for device in self.target.devices]
        self.uses = {name: Use() for name in names}
        self._busy = {name: Timeline() for name in names}
        for node in self.graph.nodes():
            ready = max((self._done[src] for src in node.srcs), default=0.0)
            self._done[node] = self._after(node, ready)
        self.end = max(self._done.values(), default=0.0)

    def seconds_of(self, copy: Node) -> float:
        """Return what a copy takes by itself."""
        nbytes = float(copy.type.nbytes)
        links = route(self.target, nbytes, *self._ends(copy))
        return sum(link.seconds(nbytes) for link in links)

    def comments(self) -> dict[Node, str]:
        """Return what is written beside copies: bytes, seconds."""
        return {
            node: f"{format_nbytes(node.type.nbytes)} from {self._ends(node)[0]}, "
            f"{format_seconds(self.seconds_of(node))}"
            for node in self.graph.nodes()
            if isinstance(node.attrs, CopyAttrs)
        }

    def lines(self, peaks: Mapping[str, int]) -> Iterator[str]:
        """Yield what devices do, and what moves between their memories.

        Parameters
        ----------
        peaks
            Bytes that a run allocates in each memory space.
        """
        yield f"devices, done after {format_seconds(self.end)}"
        yield from aligned([*self._device_rows(peaks)], right={2, 3, 4}, indent="  ")
        if self.moves:
            yield "copies"
            yield from aligned([*self._copy_rows()], right={1, 2, 3}, indent="  ")

    def _device_rows(self, peaks: Mapping[str, int]) -> Iterator[tuple[str, ...]]:
        for device in self.target.devices:
            use, space = self.uses[device.name], device.space
            share = 100 * use.seconds / self.end if self.end else 0.0
            room = format_nbytes(self.target.space(space).nbytes)
            others = " and ".join(sorted(use.visitors))
            yield (
                device.name,
                counted(use.kernels, "kernel"),
                f"{format_seconds(use.seconds)} busy",
                f"{share:.0f} %",
                f"{format_nbytes(peaks.get(space, 0))} of {room} in {space}",
                f"besides {others}" if others else "",
            )

    def _copy_rows(self) -> Iterator[tuple[str, ...]]:
        for (src, dst), traffic in self.moves.items():
            yield (
                f"{src} to {dst}",
                counted(traffic.copies, "copy", "copies"),
                format_nbytes(traffic.nbytes),
                format_seconds(traffic.seconds),
            )

    def _after(self, node: Node, ready: float) -> float:
        """Return when a step is done that can begin at some time."""
        if isinstance(node.attrs, CopyAttrs):
            return self._moved(node, ready)
        if isinstance(node.attrs, KernelAttrs):
            return self._run(node, node.attrs, ready)
        return ready

    def _moved(self, copy: Node, ready: float) -> float:
        nbytes, ends = copy.type.nbytes, self._ends(copy)
        traffic = self.moves.setdefault(ends, Traffic())
        traffic.copies += 1
        traffic.nbytes += nbytes
        traffic.seconds += self.seconds_of(copy)
        move = Move(route(self.target, float(nbytes), *ends), float(nbytes), ready)
        (end,) = self._links.arrivals([move], decided=True)
        return end

    def _run(self, kernel: Node, attrs: KernelAttrs, ready: float) -> float:
        seconds = self.costs[kernel].seconds
        devices = self.target.devices_of(attrs.device)
        manner = _VISITORS.get((attrs.device or "").partition("/")[2])
        lines = [self._busy[device.name] for device in devices]
        start = max(line.gap(ready, seconds) for line in lines)
        for device, line in zip(devices, lines, strict=True):
            line.add(start, start + seconds)
            self.uses[device.name].kernels += 1
            self.uses[device.name].seconds += seconds
            if manner and device is not self.target.default:
                self.uses[device.name].visitors.add(manner)
        return start + seconds

    def _ends(self, copy: Node) -> tuple[str, str]:
        assert isinstance(copy.attrs, CopyAttrs)
        return space_of(copy.srcs[0], self.target), copy.attrs.space


def has_gpus(target: Target) -> bool:
    """Tell whether a target has more than processors."""
    return any(device.kind != "cpu" for device in target.devices)
