"""One stage of a graph in figures: its operations, kernels, copies and costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from lazydag.compiler import kernel_costs
from lazydag.compiler.placing import offered_way
from lazydag.cost import Estimate, Target
from lazydag.explain.columns import counted
from lazydag.explain.devices import Course, has_gpus
from lazydag.ir.attrs import KernelAttrs
from lazydag.ir.graph import Graph, Stage
from lazydag.ir.node import Node
from lazydag.ir.ops import Kind
from lazydag.ir.text.units import format_nbytes, format_seconds
from lazydag.passes.plan_memory import plan_memory
from lazydag.passes.work import kernel_work

Costs = Mapping[Node, Estimate]


@dataclass(frozen=True, slots=True)
class Summary:
    """What stands at the end of a dump.

    Parameters
    ----------
    ops
        Operations that the user's code asked for; inputs, constants and views are none.
    kernels, copies
        None before the stage that makes them.
    seconds
        Estimated, kernels one after another; None before kernels exist. On several
        devices, the end of what they do at once, copies included.
    peaks
        Bytes that a run allocates in each memory space, results and temporaries; None
        before placement.
    """

    ops: int
    kernels: int | None = None
    copies: int | None = None
    seconds: float | None = None
    peaks: Mapping[str, int] | None = None

    def __str__(self) -> str:
        parts = [counted(self.ops, "op")]
        if self.kernels is not None:
            parts[0] += f" -> {counted(self.kernels, 'kernel')}"
        if self.copies is not None:
            parts.append(counted(self.copies, "copy", "copies"))
        for space, nbytes in (self.peaks or {}).items():
            parts.append(f"peak {format_nbytes(nbytes)} {space}")
        if self.seconds is not None:
            parts.append(f"est. {format_seconds(self.seconds)}")
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Shown:
    """A graph with the estimates of its kernels, and its figures.

    One that is placed on a target with GPUs has what devices do when.
    """

    graph: Graph
    costs: Costs
    summary: Summary
    course: Course | None = None

    @classmethod
    def of(cls, graph: Graph, traced_ops: int, target: Target) -> Shown:
        """Return a graph of a program that asked for so many operations."""
        is_fused = graph.stage >= Stage.FUSED
        costs = kernel_costs(graph, target) if is_fused else {}
        for node in costs:
            way = offered_way(node, target)
            if way is not None:
                costs[node] = way.expected
        summary, course = summarize(graph, traced_ops, costs, target), None
        if graph.stage is Stage.PLACED and has_gpus(target):
            course = Course(graph, target, costs)
            summary = replace(summary, seconds=course.end)
        return cls(graph, costs, summary, course)


def summarize(graph: Graph, traced_ops: int, costs: Costs, target: Target) -> Summary:
    """Return the figures of a graph, whose traced form had so many operations."""
    if graph.stage < Stage.FUSED:
        return Summary(op_count(graph))
    names = [node.op.name for node in graph.nodes()]
    count, seconds = names.count("kernel"), sum(e.seconds for e in costs.values())
    if graph.stage < Stage.PLACED:
        return Summary(traced_ops, count, None, seconds)
    peaks = plan_memory(graph, target).peaks
    copies = names.count("copy")
    return Summary(traced_ops, count, copies, seconds, peaks)


def kernel_comments(costs: Costs) -> dict[Node, str]:
    """Return what is written beside each kernel: bytes, seconds, what it waits for."""
    return {
        node: f"{format_nbytes(kernel_work(node).nbytes)}, "
        f"{format_seconds(cost.seconds)}, {cost.bound}-bound"
        for node, cost in costs.items()
    }


def op_count(graph: Graph) -> int:
    """Return the operations of a graph without kernels; views are none."""
    views = {Kind.SOURCE, Kind.MOVEMENT}
    return sum(node.op.kind not in views for node in graph.nodes())


def kernels(graph: Graph) -> list[tuple[Node, KernelAttrs]]:
    """Return the kernels of a graph, sources first."""
    return [(n, n.attrs) for n in graph.nodes() if isinstance(n.attrs, KernelAttrs)]
