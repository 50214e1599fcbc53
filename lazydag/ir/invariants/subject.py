"""What is checked, and what can be found to be wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from lazydag.ir.attrs import (
    BranchAttrs,
    GatherAttrs,
    KernelAttrs,
    LoopAttrs,
    ParamAttrs,
    ReduceAttrs,
    ScatterAttrs,
    StencilAttrs,
    bodies_of,
)
from lazydag.ir.graph import Graph
from lazydag.ir.node import Node, is_fusable
from lazydag.ir.ops import Kind

_CONTROL = (LoopAttrs, BranchAttrs, StencilAttrs)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is wrong.

    Parameters
    ----------
    what : str
        What, with the actual values.
    node : Node or None
        Where; None if it is the graph as a whole.
    graph : Graph
        The graph or body that the node is in.
    """

    what: str
    node: Node | None
    graph: Graph


@dataclass(frozen=True, slots=True)
class Body:
    """A graph or the body of a kernel, with its nodes, sources before users."""

    graph: Graph
    nodes: Sequence[Node]

    @property
    def is_call(self) -> bool:
        """Whether it runs as a call instead of element by element."""
        first = self.graph.outputs[0]
        is_elementwise = first.op.kind is Kind.ELEMENTWISE
        return first.op.kind is Kind.LIBRARY or (
            is_elementwise and not is_fusable(first)
        )

    @property
    def is_cut(self) -> bool:
        """Whether it runs in tiles: all but calls do, and positions are looked up."""
        attrs = self.graph.outputs[0].attrs
        return not self.is_call or isinstance(attrs, (GatherAttrs, ScatterAttrs))

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape that it runs over: of what is reduced, written, or put out."""
        first = self.graph.outputs[0]
        sizes: tuple[int, ...] = computed(first).type.sizes
        return sizes

    @property
    def product(self) -> Node | None:
        """The product of two params that elementwise values are computed of."""
        found = [n for n in self.nodes if n.op.name == "matmul"]
        if len(found) != 1 or found[0] in self.graph.outputs:
            return None
        is_given = all(isinstance(s.attrs, ParamAttrs) for s in found[0].srcs)
        return found[0] if is_given else None

    def reductions(self) -> list[tuple[Node, ReduceAttrs]]:
        """Return the reductions among the nodes."""
        return [(n, n.attrs) for n in self.nodes if isinstance(n.attrs, ReduceAttrs)]

    def fault(self, node: Node | None, what: str) -> Fault:
        """Return a fault of one of the nodes."""
        return Fault(what, node, self.graph)


@dataclass(frozen=True, slots=True)
class Kernel:
    """A kernel of the graph."""

    node: Node
    attrs: KernelAttrs
    body: Body

    @property
    def name(self) -> str:
        """Name for messages."""
        return f"kernel @{self.attrs.body.name}"


@dataclass(frozen=True, slots=True)
class Subject:
    """A graph with its kernels and their distinct bodies.

    Parameters
    ----------
    main : Body
        The graph itself.
    kernels : sequence of Kernel
        Its kernels.
    bodies : sequence of Body
        The graph and the bodies of kernels, each once.
    repeated : sequence of Graph
        The bodies of loops and branches among the nodes of all these, each once.
    """

    main: Body
    kernels: Sequence[Kernel]
    bodies: Sequence[Body]
    repeated: Sequence[Graph]

    @classmethod
    def of(cls, graph: Graph) -> Subject:
        """Gather what the checks look at."""
        main = Body(graph, graph.nodes())
        bodies: dict[Graph, Body] = {graph: main}
        kernels: list[Kernel] = []
        for node in main.nodes:
            if isinstance(node.attrs, KernelAttrs):
                inner = node.attrs.body
                if inner not in bodies:
                    bodies[inner] = Body(inner, inner.nodes())
                kernels.append(Kernel(node, node.attrs, bodies[inner]))
        nodes = [n for body in bodies.values() for n in body.nodes]
        control = [n.attrs for n in nodes if isinstance(n.attrs, _CONTROL)]
        repeated = dict.fromkeys(g for attrs in control for g in bodies_of(attrs))
        return cls(main, kernels, list(bodies.values()), list(repeated))

    def fault(self, node: Node, what: str) -> Fault:
        """Return a fault of one of the graph's own nodes."""
        return self.main.fault(node, what)


def computed(node: Node) -> Node:
    """Return what a body computes element by element for one of its nodes."""
    if node.op.kind is Kind.REDUCTION:
        return node.srcs[0]
    return node.srcs[1] if node.op.kind is Kind.WRITE else node


def extent(shape: Sequence[int], axes: Sequence[int]) -> int:
    """Return the number of elements along some axes."""
    return prod(shape[a] for a in axes)
