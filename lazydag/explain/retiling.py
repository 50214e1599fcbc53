"""What re-tiling an array costs on a target."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lazydag.cost import Target
from lazydag.explain.simulation import Machine
from lazydag.explain.sockets import machine_of, sockets_of
from lazydag.ir.attrs import RetileAttrs
from lazydag.ir.distribution import moves
from lazydag.ir.graph import Graph
from lazydag.ir.node import Node, array_type
from lazydag.ir.text.units import format_nbytes, format_seconds


def retile_comments(graph: Graph, target: Target) -> dict[Node, str]:
    """Return what is written beside each re-tiling: what it moves, and for how long."""
    nodes = [n for n in graph.nodes() if isinstance(n.attrs, RetileAttrs)]
    return {node: _retile_comment(node, target) for node in nodes}


def _retile_comment(node: Node, target: Target) -> str:
    sockets = sockets_of(target)
    attrs, type_ = node.attrs, array_type(node)
    assert isinstance(attrs, RetileAttrs)
    if not attrs.distribution or len({device.space for device in sockets}) < 2:
        return "no copy: in one memory tiles are views"
    before = node.srcs[0].attrs
    had = None
    if isinstance(before, RetileAttrs) and before.distribution:
        had = before.tile, before.distribution
    after = attrs.tile, attrs.distribution
    counts = moves(type_.sizes, had, after, len(sockets)) * type_.dtype.itemsize
    np.fill_diagonal(counts, 0)
    seconds = _exchange_seconds(counts, machine_of(target))
    return f"{format_nbytes(int(counts.sum()))} moved, {format_seconds(seconds)}"


def _exchange_seconds(nbytes: NDArray[np.int64], machine: Machine) -> float:
    """Return how long sockets exchange bytes, each link one transfer after another."""
    links: dict[int, float] = {}
    for (src, dst), count in np.ndenumerate(nbytes):
        way = machine.ways[src][dst]
        if count and way is not None:
            for link in way.links:
                links[link] = links.get(link, 0.0) + count / way.bytes_per_s
    return max(links.values(), default=0.0)
