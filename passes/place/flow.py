"""What flows from kernel to kernel, and what of it has to be copied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lazydag.cost.target import Target
from lazydag.ir.graph import Graph
from lazydag.ir.node import Node
from lazydag.ir.ops import OPS, Kind
from lazydag.passes.pins import pin_of, spaces_of

_KERNEL, _GET = OPS["kernel"], OPS["get"]


def carrier(value: Node) -> Node:
    """Return what to copy so that `value`, maybe a view, can be had elsewhere.

    The view of the fewest bytes; of those the one next to the memory, which views can
    share most.
    """
    best = value
    while value.op.kind is Kind.MOVEMENT:
        value = value.srcs[0]
        if value.type.nbytes <= best.type.nbytes:
            best = value
    return best


def base(value: Node) -> Node:
    """Return the parameter, output or copy that a view is a view of."""
    while value.op.kind is Kind.MOVEMENT:
        value = value.srcs[0]
    return value


def maker(value: Node) -> Node | None:
    """Return the kernel that computes what `value` views; None if it is a parameter."""
    found = base(value)
    return found.srcs[0] if found.op is _GET else None


def wanted_in(output: Node, target: Target) -> tuple[str, ...]:
    """Return the spaces of which one is to hold an output: of its pin, or home."""
    pin = pin_of(output)
    return (target.default.space,) if pin is None else spaces_of(pin.device, target)


@dataclass(frozen=True, slots=True)
class Flow:
    """Kernels, sources first, and what they hand on.

    Parameters
    ----------
    kernels : sequence of Node
        In an order in which they can run.
    carried : dict
        What each kernel reads and may have to be copied.
    readers : dict
        For each kernel who reads its outputs: what is copied, and the reader.
    results : dict
        For each kernel its outputs that are the graph's, and the spaces of which one is
        to hold them.
    """

    kernels: Sequence[Node]
    carried: dict[Node, tuple[Node, ...]]
    readers: dict[Node, list[tuple[Node, Node]]]
    results: dict[Node, list[tuple[Node, tuple[str, ...]]]]

    @classmethod
    def of(cls, graph: Graph, kernels: Sequence[Node], target: Target) -> Flow:
        """Return the flow of a graph."""
        carried = {k: tuple(dict.fromkeys(carrier(s) for s in k.srcs)) for k in kernels}
        readers: dict[Node, list[tuple[Node, Node]]] = {k: [] for k in kernels}
        results: dict[Node, list[tuple[Node, tuple[str, ...]]]] = {
            k: [] for k in kernels
        }
        for kernel in kernels:
            for value in carried[kernel]:
                before = maker(value)
                if before is not None:
                    readers[before].append((value, kernel))
        ends = ((carrier(o), wanted_in(o, target)) for o in graph.outputs)
        for value, spaces in dict.fromkeys(ends):
            before = maker(value)
            if before is not None:
                results[before].append((value, spaces))
        return cls(kernels, carried, readers, results)
