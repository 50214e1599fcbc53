"""Place: choose the device of each kernel by estimated finish time, copies included.

List scheduling by upward rank with insertion: HEFT (Topcuoglu, Hariri and Wu,
"Performance-effective and low-complexity task scheduling for heterogeneous computing",
IEEE TPDS 13(3), 2002).
"""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass, field

from lazydag.cost.estimate import estimate, transfer_seconds
from lazydag.cost.target import Device, Target
from lazydag.ir.attrs import CopyAttrs, KernelAttrs
from lazydag.ir.graph import Graph, Note, Stage, evolve, rebuild, with_sources
from lazydag.ir.node import Node, make
from lazydag.ir.ops import OPS, Kind
from lazydag.passes.work import kernel_work, touched_nbytes

_KERNEL, _COPY, _GET = OPS["kernel"], OPS["copy"], OPS["get"]


@dataclass(frozen=True, slots=True)
class Place:
    """Give every kernel a device, and copy what it reads into that device's space."""

    def __call__(self, graph: Graph, target: Target) -> Graph:
        """Return `graph` at stage PLACED."""
        kernels = [n for n in graph.nodes() if n.op is _KERNEL]
        schedule = _Schedule(target)
        for kernel in _by_rank(kernels, target):
            schedule.place(kernel)
        outputs = _with_devices(graph, target, schedule.device)
        return evolve(graph, outputs, Stage.PLACED, schedule.notes)


def base_kernel(node: Node) -> Node | None:
    """Return the kernel behind a view, or None if it is a parameter's."""
    while node.op.kind is Kind.MOVEMENT or node.op in {_GET, _COPY}:
        node = node.srcs[0]
    return node if node.op is _KERNEL else None


def _seconds(kernel: Node, device: Device) -> float:
    return estimate(kernel_work(kernel, device), device).seconds


def _by_rank(kernels: list[Node], target: Target) -> list[Node]:
    """Return the kernels by decreasing upward rank: the critical path first."""
    mean = len(target.devices)
    rank: dict[Node, float] = dict.fromkeys(kernels, 0.0)
    for kernel in reversed(kernels):
        rank[kernel] += sum(_seconds(kernel, d) for d in target.devices) / mean
        for src in kernel.srcs:
            before = base_kernel(src)
            if before is not None:
                rank[before] = max(rank[before], rank[kernel])
    position = {kernel: i for i, kernel in enumerate(kernels)}
    return sorted(kernels, key=lambda k: (-rank[k], position[k]))


@dataclass(slots=True)
class _Schedule:
    """What each device does when, as far as it has been decided."""

    target: Target
    device: dict[Node, Device] = field(default_factory=dict)
    finish: dict[Node, float] = field(default_factory=dict)
    busy: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)

    def place(self, kernel: Node) -> None:
        """Put `kernel` where it ends first."""
        options = []
        for index, device in enumerate(self.target.devices):
            ready = max((self._arrival(s, device) for s in kernel.srcs), default=0.0)
            seconds = _seconds(kernel, device)
            start = self._gap(device, ready, seconds)
            options.append((start + seconds, index, start))
        end, index, start = min(options)
        device = self.target.devices[index]
        insort(self.busy.setdefault(device.name, []), (start, end))
        self.device[kernel], self.finish[kernel] = device, end
        self.notes.append(_note(kernel, self.target, options, device))

    def _arrival(self, src: Node, device: Device) -> float:
        """Return when `src` can be in the space of `device`."""
        before = base_kernel(src)
        space = self.target.default.space
        done = 0.0
        if before is not None:
            space, done = self.device[before].space, self.finish[before]
        if space == device.space:
            return done
        return done + transfer_seconds(
            self.target, touched_nbytes(src), space, device.space
        )

    def _gap(self, device: Device, ready: float, seconds: float) -> float:
        """Return the first time from `ready` on at which `device` is idle so long."""
        start = ready
        for begin, end in self.busy.get(device.name, []):
            if start + seconds <= begin:
                break
            start = max(start, end)
        return start


def _note(
    kernel: Node,
    target: Target,
    options: list[tuple[float, int, float]],
    chosen: Device,
) -> Note:
    assert isinstance(kernel.attrs, KernelAttrs)
    expected = estimate(kernel_work(kernel, chosen), chosen)
    ends = ", ".join(
        f"{target.devices[i].name} ends at {end * 1e3:.3g} ms"
        for end, i, _ in sorted(options)
    )
    why = "the only device" if len(options) == 1 else ends
    return Note("place", kernel.attrs.body.name, f"{chosen.name} ({why}); {expected}")


def _with_devices(
    graph: Graph, target: Target, device: dict[Node, Device]
) -> tuple[Node, ...]:
    """Return the outputs with devices written in and copies put in between."""
    home = target.default.space
    space: dict[Node, str] = {}

    def moved(value: Node, to: str) -> Node:
        at = space.get(value, home)
        if at == to:
            return value
        copy = make(_COPY, value, attrs=CopyAttrs(to), source=value.source)
        space[copy] = to
        return copy

    def visit(node: Node, srcs: tuple[Node, ...]) -> Node:
        if node.op is not _KERNEL:
            new = with_sources(node, srcs)
            if srcs:
                space[new] = space.get(srcs[0], home)
            return new
        assert isinstance(node.attrs, KernelAttrs)
        chosen = device[node]
        attrs = KernelAttrs(node.attrs.body, node.attrs.tile, chosen.name)
        near = tuple(moved(s, chosen.space) for s in srcs)
        new = make(_KERNEL, *near, attrs=attrs, source=node.source)
        space[new] = chosen.space
        return new

    outputs = rebuild(graph.outputs, visit)
    return tuple(moved(o, home) for o in outputs)
