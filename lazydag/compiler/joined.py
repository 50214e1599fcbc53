"""Lower kernels of products: each tile is multiplied and finished where it will be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lazydag.backends.backend import Backend
from lazydag.backends.cpu.sequence import joined_task
from lazydag.backends.cpu.symmetric import is_symmetric
from lazydag.backends.work import Work
from lazydag.ir.attrs import KernelAttrs, ParamAttrs
from lazydag.ir.graph import Graph, Stage, make_graph, param, rebuild, with_sources
from lazydag.ir.node import Node
from lazydag.passes.work import factors_of, place_of, product_of
from lazydag.runtime import Mode, View


def joined_tasks(
    kernel: Node,
    inputs: Sequence[View],
    outputs: Sequence[View],
    backend: Backend,
    seconds: float,
) -> list[Work]:
    """Return the task of a kernel that begins with a product of matrices.

    Its tiles are multiplied in an output's buffer, and the rest reads them there. They
    are two tasks where no native kernel multiplies them.

    Parameters
    ----------
    kernel : Node
        Its body has a product of two of its parameters.
    inputs : sequence of View
        Where its sources lie, in their order.
    outputs : sequence of View
        Where its results will be.
    backend : Backend
        Makes the tasks.
    seconds : float
        The estimate.
    """
    attrs, source = kernel.attrs, kernel.source
    assert isinstance(attrs, KernelAttrs)
    body, tile = attrs.body, attrs.tile or ()
    product = product_of(body)
    assert product is not None
    place = outputs[place_of(product, body)]
    factors = [inputs[slot] for slot in factors_of(product)]
    first = backend.lower_kernel(
        "matmul", _alone(product), factors, [place], (), source=source, seconds=seconds
    )
    rest, slots = rest_of(body, product)
    views = [replace(place, mode=Mode.IN), *(inputs[slot] for slot in slots)]
    second = backend.lower_kernel(body.name, rest, views, outputs, tile, source=source)
    # Halves of a symmetric product are other tiles.
    joined = None if is_symmetric(*factors) else joined_task([first, second])
    return [first, second] if joined is None else [joined]


def _alone(product: Node) -> Graph:
    """Return the body of a kernel that only multiplies."""
    params = [param(i, factor.type) for i, factor in enumerate(product.srcs)]
    multiplied = with_sources(product, tuple(params))
    return make_graph("matmul", params, [multiplied], Stage.SIMPLIFIED)


def rest_of(body: Graph, product: Node) -> tuple[Graph, list[int]]:
    """Return a body that is given the product, and the slots of what else it reads."""
    used = {s for node in body.nodes() if node is not product for s in node.srcs}
    read = [p for p in body.params if p in used]
    new = {p: param(i, p.type) for i, p in enumerate((product, *read))}

    def visit(node: Node, srcs: tuple[Node, ...]) -> Node:
        return new.get(node) or with_sources(node, srcs)

    outputs = rebuild(body.outputs, visit)
    made = make_graph(body.name, list(new.values()), outputs, body.stage)
    slots = [p.attrs.slot for p in read if isinstance(p.attrs, ParamAttrs)]
    return made, slots
