"""Split reductions into a tree of blocks that depends on the shape alone.

One partial result for each absolute block of elements, then a reduction of the
partials, and so on: the order of additions, and with it every bit of the result, is
settled here, before anything is known of tiles, threads or devices.
"""

from __future__ import annotations

from dataclasses import dataclass

from lazydag.cost.target import Target
from lazydag.ir.attrs import ReduceAttrs
from lazydag.ir.graph import Graph, Note, evolve, rebuild, with_sources
from lazydag.ir.node import Node
from lazydag.ir.ops import OPS, Kind
from lazydag.ir.reduction import adjacent_groups
from lazydag.ir.rewrite import rewrite
from lazydag.passes.moments import moments
from lazydag.passes.reduction_trees import tree
from lazydag.passes.rules.reductions import of_one
from lazydag.passes.simplify import RULES

_M2, _RESIDUAL = OPS["m2"], OPS["residual"]


@dataclass(frozen=True, slots=True)
class SplitReductions:
    """Write every reduction as a tree over adjacent axes and fixed blocks."""

    def __call__(self, graph: Graph, target: Target) -> Graph:
        """Return `graph`, still SIMPLIFIED, with reductions over single blocks only."""
        del target
        if all(node.op.kind is not Kind.REDUCTION for node in graph.nodes()):
            return graph
        split = 0

        def visit(node: Node, srcs: tuple[Node, ...]) -> Node:
            nonlocal split
            new = with_sources(node, srcs)
            if node.op.kind is not Kind.REDUCTION:
                return new
            tree = reduction_tree(new)
            split += tree is not new
            return tree

        outputs = rebuild(graph.outputs, visit)
        if not split:
            return graph
        outputs, _ = rewrite(outputs, RULES)
        count = f"{split} reduction{'s' * (split != 1)}"
        reason = f"{count} cut into blocks of fixed size, whatever the tiles"
        note = Note("split_reductions", graph.name, reason)
        return evolve(graph, outputs, graph.stage, [note])


def reduction_tree(node: Node) -> Node:
    """Return the tree of blocked reductions that computes `node`."""
    assert isinstance(node.attrs, ReduceAttrs)
    groups, x = adjacent_groups(node.attrs.axes), node.srcs[0]
    if not groups:
        return of_one(node)
    if node.op is _M2:
        return moments(x, groups).m2
    if node.op is _RESIDUAL:
        return moments(x, groups).residual
    return tree(node.op, x, groups)
