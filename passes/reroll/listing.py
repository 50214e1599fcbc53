"""A graph as arrays: what each node does, as numbers, and where its sources are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazydag.ir.attrs import SliceAttrs
from lazydag.ir.graph import Graph, topological
from lazydag.ir.node import Node
from lazydag.ir.ops import OPS, Kind

Ints: TypeAlias = "NDArray[np.int64]"

_BROADCAST, _CONST = OPS["broadcast"], OPS["const"]


@dataclass(frozen=True, slots=True)
class Listing:
    """The nodes of a graph in an order in which equal steps follow each other.

    Parameters
    ----------
    order : list of Node
        Sources and constants first, then the rest, sources before users.
    first : int
        Where the rest begins.
    label : ndarray
        Nodes with one number have equal ops, types and attributes, but for where slices
        and writes start. Those before `first` have negative numbers.
    exact : ndarray
        The same, with where slices and writes start.
    begins : ndarray
        Where the sources of each node begin in `sources`; one more than nodes.
    sources : ndarray
        Positions of the sources.
    wanted : ndarray
        Positions of the outputs.
    """

    order: list[Node]
    first: int
    label: Ints
    exact: Ints
    begins: Ints
    sources: Ints
    wanted: Ints

    @classmethod
    def of(cls, graph: Graph) -> Listing:
        """List the nodes of a graph."""
        found = _ordered(graph)
        front = [node for node in found if is_given(node)]
        rest = [node for node in found if not is_given(node)]
        order = [*front, *rest]
        at = {node: position for position, node in enumerate(order)}
        numbers: dict[Any, int] = {}
        exact = [numbers.setdefault(_key(n), len(numbers)) for n in rest]
        groups: dict[Any, int] = {}
        coarse = [groups.setdefault(_without_starts(k), len(groups)) for k in numbers]
        own = np.array(exact, np.int64)
        label = np.concatenate(
            [-1 - np.arange(len(front)), np.array(coarse, np.int64)[own]]
        )
        return cls(
            order,
            len(front),
            label,
            np.concatenate([label[: len(front)], own]),
            np.cumsum([0, *(len(node.srcs) for node in order)]),
            np.array([at[s] for node in order for s in node.srcs], np.int64),
            np.array([at[node] for node in graph.outputs], np.int64),
        )

    def used_behind(self, start: int, stop: int) -> Ints:
        """Return the positions in a part that what comes after it uses."""
        users = np.concatenate([self.sources[self.begins[stop] :], self.wanted])
        return np.unique(users[(users >= start) & (users < stop)])

    def sources_of(self, start: int, period: int, count: int) -> Ints:
        """Return the positions of all sources of so many periods, one row for each."""
        begin, end = self.begins[start], self.begins[start + period]
        width = end - begin
        found = self.sources[begin : begin + count * width]
        return found.reshape(count, width)


def is_given(node: Node) -> bool:
    """Tell whether a node computes nothing: a source, or a constant in a shape."""
    if node.op is _BROADCAST:
        return node.srcs[0].op is _CONST
    return node.op.kind is Kind.SOURCE


def _key(node: Node) -> Any:
    return node.op, node.attrs, node.type, len(node.srcs)


def _without_starts(key: Any) -> Any:
    op, attrs, type_, count = key
    if isinstance(attrs, SliceAttrs):
        return op, attrs.counts, attrs.steps, type_, count
    return key


def _ordered(graph: Graph) -> list[Node]:
    """Return the nodes, sources before users, so that equal steps follow each other.

    What the output at the end of the longest chain needs comes in the order in which it
    is needed, and everything else as soon as its sources are there.
    """
    if len(graph.outputs) == 1:
        return graph.nodes()
    height: dict[Node, int] = {}
    for node in graph.nodes():
        height[node] = 1 + max([height[s] for s in node.srcs], default=0)
    deepest = max(reversed(graph.outputs), key=lambda node: height[node])
    found = topological([deepest])
    if len(found) == len(height):
        return found
    key = {node: place for place, node in enumerate(found)}
    for node in topological(graph.outputs):
        if node not in key:
            key[node] = max([key[s] for s in node.srcs if not is_given(s)], default=-1)
            found.append(node)
    found.sort(key=lambda node: key[node])
    return found
