"""Join products with the kernels that alone read them: finished tile by tile.

``B * (A @ A) / 3`` then has no buffer for ``A @ A``. Each tile of it is computed where
the result will be, and finished there while it is in the caches.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import prod

from lazydag.cost.target import Target
from lazydag.ir.attrs import KernelAttrs, ParamAttrs
from lazydag.ir.graph import (
    Graph,
    Note,
    evolve,
    make_graph,
    param,
    rebuild,
    with_sources,
)
from lazydag.ir.node import Node, make
from lazydag.ir.ops import OPS, Kind
from lazydag.ir.source import lines_of
from lazydag.ir.text.units import format_nbytes
from lazydag.passes.work import (
    factors_of,
    grid_shape,
    is_library,
    iteration_shape,
    joined_tile,
)

_GET, _KERNEL, _MATMUL = OPS["get"], OPS["kernel"], OPS["matmul"]

#: A kernel that waits for other kernels, too, takes products of so many tiles: fewer
#: keep all threads busy only beside each other.
MIN_TILES = 4


@dataclass(frozen=True, slots=True)
class JoinProducts:
    """Compute products in the kernels that read them, if no others do."""

    def __call__(self, graph: Graph, target: Target) -> Graph:
        """Return `graph`, still FUSED, with products inside of kernels."""
        del target
        nodes = graph.nodes()
        readers = Counter(s for node in nodes for s in node.srcs)
        readers.update(graph.outputs)
        joined = {n: found for n in nodes if (found := _product_for(n, readers))}
        if not joined:
            return graph
        notes = []

        def visit(node: Node, srcs: tuple[Node, ...]) -> Node:
            if node not in joined:
                return with_sources(node, srcs)
            kernel, saved = _join(node, srcs, node.srcs.index(joined[node]))
            notes.append(Note("join_products", _body(kernel).name, saved))
            return kernel

        outputs = rebuild(graph.outputs, visit)
        return evolve(graph, outputs, graph.stage, notes)


def _body(kernel: Node) -> Graph:
    assert isinstance(kernel.attrs, KernelAttrs)
    return kernel.attrs.body


def _product_for(kernel: Node, readers: Counter[Node]) -> Node | None:
    """Return the source of a kernel that it can compute itself, the costliest one."""
    if kernel.op is not _KERNEL or not _is_elementwise(_body(kernel)):
        return None
    body = _body(kernel)
    types = {o.type for o in body.outputs}
    found = [
        s for s in kernel.srcs if s.type in types and readers[s] == 1 and _is_product(s)
    ]
    if not found:
        return None
    best = max(found, key=lambda s: int(s.srcs[0].srcs[0].type.sizes[-1]))
    waits = any(s is not best and _is_computed(s) for s in kernel.srcs)
    return None if waits and _tiles(best) < MIN_TILES else best


def _is_elementwise(body: Graph) -> bool:
    """Tell whether a body is made of elementwise values alone."""
    kinds = {output.op.kind for output in body.outputs}
    return kinds == {Kind.ELEMENTWISE} and not is_library(body)


def _is_product(value: Node) -> bool:
    """Tell whether a value outside of kernels is a product of matrices of floats."""
    if value.op is not _GET or value.type.ndim != 2 or value.type.dtype.kind != "f":
        return False
    node = _body(value.srcs[0]).outputs[0]
    is_product = node.op is _MATMUL and 1 not in node.type.sizes
    return is_product and len(factors_of(node)) == 2


def _is_computed(value: Node) -> bool:
    while value.op.kind is Kind.MOVEMENT:
        value = value.srcs[0]
    return value.op is _GET


def _tiles(value: Node) -> int:
    body = _body(value.srcs[0])
    return prod(grid_shape(body, joined_tile(body.outputs[0])))


def _join(kernel: Node, srcs: tuple[Node, ...], at: int) -> tuple[Node, str]:
    """Return a kernel that computes its source number `at`, and what that saves."""
    body, inner = _body(kernel), srcs[at].srcs[0]
    product = _body(inner)
    sources = dict.fromkeys((*inner.srcs, *srcs[:at], *srcs[at + 1 :]))
    scope = lines_of(n.source for n in (*product.outputs, *body.nodes()))
    params = {s: param(i, s.type, scope=scope) for i, s in enumerate(sources)}
    multiplied = product.outputs[0]
    factors = [params[inner.srcs[slot]] for slot in factors_of(multiplied)]
    computed = with_sources(multiplied, tuple(factors))

    def visit(node: Node, inside: tuple[Node, ...]) -> Node:
        if not isinstance(node.attrs, ParamAttrs):
            return with_sources(node, inside)
        slot = node.attrs.slot
        return computed if slot == at else params[srcs[slot]]

    outputs = rebuild(body.outputs, visit)
    name = f"matmul_{body.name}"
    joined = make_graph(name, list(params.values()), outputs, body.stage)
    attrs = KernelAttrs(joined)
    made = make(_KERNEL, *sources, attrs=attrs, source=kernel.source)
    saved = format_nbytes(2 * computed.type.nbytes)
    shape = list(iteration_shape(body))
    return made, f"the product over {shape} stays in the caches: {saved} moved less"
