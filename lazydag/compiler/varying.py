"""Numbers that differ each time a program is evaluated: they become parameters.

A loop outside of a jitted function, or around a value that it needs, writes ``x * t``
with another number each time. Each would be a graph of its own, with a plan of its own.
A graph that differs from an earlier one in its numbers only is evaluated with those
numbers as parameters, so that one plan serves them all.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazydag.ir.attrs import ConstAttrs
from lazydag.ir.graph import Graph, make_graph, param, rebuild
from lazydag.ir.node import Node, with_sources
from lazydag.ir.ops import OPS, Kind
from lazydag.ir.types import ArrayType

Array: TypeAlias = NDArray[Any]

#: Programs whose numbers are remembered, the earliest dropped first.
MOST_PROGRAMS = 512
#: Larger graphs take longer to compare than the little that is gained.
MOST_NODES = 512

_CONST = OPS["const"]
_POWER = OPS["pow"]


@dataclass(slots=True)
class _Numbers:
    """The numbers of a program when it came first, and which of them have differed."""

    first: tuple[bytes, ...]
    varying: frozenset[int] = frozenset()


_programs: OrderedDict[Hashable, _Numbers] = OrderedDict()
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Lift:
    """Which constants of a graph are parameters.

    Parameters
    ----------
    places : frozenset of int
        Positions among the nodes of the graph.
    """

    places: frozenset[int]

    def graph(self, graph: Graph) -> Graph:
        """Return the graph, or one of equal structure, with these parameters."""
        chosen = {node for i, node in enumerate(graph.nodes()) if i in self.places}
        params = list(graph.params)

        def visit(node: Node, srcs: tuple[Node, ...]) -> Node:
            if node not in chosen:
                return with_sources(node, srcs)
            params.append(param(len(params), node.type))
            return params[-1]

        outputs = rebuild(graph.outputs, visit)
        return make_graph(graph.name, params, outputs, graph.stage)

    def arrays(self, graph: Graph) -> list[Array]:
        """Return the values of the new parameters, in their order."""
        return [
            _value(node) for i, node in enumerate(graph.nodes()) if i in self.places
        ]


def find_varying(graph: Graph) -> Lift | None:
    """Return what differs from earlier graphs of this structure; None if nothing does.

    Parameters
    ----------
    graph : Graph
        At stage TRACED.

    Notes
    -----
    Exponents stay constants, since a square and a power are computed in other ways.
    Linear in the number of nodes.
    """
    nodes = graph.nodes()
    if len(nodes) > MOST_NODES:
        return None
    fixed = _exponents(nodes)
    places = [i for i, n in enumerate(nodes) if n.op is _CONST and n not in fixed]
    if not places:
        return None
    numbers = tuple(_data(nodes[i]) for i in places)
    known = _known(_structure(graph, set(places)), numbers)
    pairs = zip(known.first, numbers, strict=True)
    known.varying |= {i for i, (old, new) in enumerate(pairs) if old != new}
    return Lift(frozenset(places[i] for i in known.varying)) if known.varying else None


def _known(structure: Hashable, numbers: tuple[bytes, ...]) -> _Numbers:
    with _lock:
        known = _programs.get(structure)
        if known is None:
            known = _programs[structure] = _Numbers(numbers)
            if len(_programs) > MOST_PROGRAMS:
                _programs.popitem(last=False)
        return known


def _structure(graph: Graph, places: set[int]) -> Hashable:
    """Return what graphs have in common that differ in some constants only."""
    number: dict[Node, int] = {}
    parts: list[Hashable] = []
    for i, node in enumerate(graph.nodes()):
        number[node] = i
        attrs = node.type if i in places else node.attrs
        parts.append((node.op, attrs, tuple([number[s] for s in node.srcs])))
    return tuple(parts), tuple([number[output] for output in graph.outputs])


def _exponents(nodes: Sequence[Node]) -> set[Node]:
    """Return the constants that are exponents."""
    found = {node.srcs[1] for node in nodes if node.op is _POWER}
    for node in reversed(nodes):
        if node in found and node.op.kind is Kind.MOVEMENT:
            found.update(node.srcs)
    return found


def _data(node: Node) -> bytes:
    assert isinstance(node.attrs, ConstAttrs)
    return node.attrs.data


def _value(node: Node) -> Array:
    type_ = node.type
    assert isinstance(type_, ArrayType)
    return np.frombuffer(_data(node), type_.dtype).reshape(())
