"""Split products over a long inner axis into products of pieces, which are added up.

``x.T @ x`` of a million rows has few elements, so that there is nothing to share among
threads, but for the sums. How they are cut follows from the shape alone, and so do the
bits.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from lazydag.cost.target import Target
from lazydag.ir.attrs import SliceAttrs
from lazydag.ir.graph import Graph, Note, evolve, rebuild, with_sources
from lazydag.ir.node import Node, make
from lazydag.ir.ops import OPS
from lazydag.ir.products import inner_pieces
from lazydag.passes.short_reductions import joined_in_pairs

_ADD, _MATMUL, _SLICE = OPS["add"], OPS["matmul"], OPS["slice"]


@dataclass(frozen=True, slots=True)
class SplitProducts:
    """Write products over a long inner axis as sums of products."""

    def __call__(self, graph: Graph, target: Target) -> Graph:
        """Return `graph`, still SIMPLIFIED, with products of pieces."""
        del target
        if not any(pieces_of(node) > 1 for node in graph.nodes()):
            return graph
        notes = []

        def visit(node: Node, srcs: tuple[Node, ...]) -> Node:
            new = with_sources(node, srcs)
            count = pieces_of(new)
            if count == 1:
                return new
            inner = srcs[0].type.sizes[-1]
            reason = f"{count} sums over parts of {inner} elements, which are added up"
            notes.append(Note("split_products", f"matmul {new.type}", reason))
            return _sum_of_pieces(new, count)

        outputs = rebuild(graph.outputs, visit)
        return evolve(graph, outputs, graph.stage, notes)


def pieces_of(node: Node) -> int:
    """Return into how many products a node is cut; 1 if it stays."""
    if node.op is not _MATMUL or node.type.dtype.kind != "f" or node.type.ndim != 2:
        return 1
    (m, k), n = node.srcs[0].type.sizes, node.type.sizes[-1]
    return inner_pieces(m, k, n)


def _sum_of_pieces(node: Node, count: int) -> Node:
    left, right = node.srcs
    (m, k), n = left.type.sizes, right.type.sizes[-1]
    bounds = [k * i // count for i in range(count + 1)]
    parts = []
    for start, stop in pairwise(bounds):
        rows = SliceAttrs((0, start), (m, stop - start), (1, 1))
        columns = SliceAttrs((start, 0), (stop - start, n), (1, 1))
        a = make(_SLICE, left, attrs=rows, source=left.source)
        b = make(_SLICE, right, attrs=columns, source=right.source)
        parts.append(make(_MATMUL, a, b, source=node.source))
    return joined_in_pairs(parts, lambda a, b: make(_ADD, a, b, source=node.source))
