"""Write devices into a graph, and copies of what lies in another space."""

from __future__ import annotations

from collections.abc import Mapping

from lazydag.cost.target import Target
from lazydag.ir.attrs import CopyAttrs, KernelAttrs
from lazydag.ir.graph import Graph, rebuild, with_sources
from lazydag.ir.node import Node, make
from lazydag.ir.ops import OPS
from lazydag.passes.place.flow import base, carrier
from lazydag.passes.place.ways import Way

_KERNEL, _COPY, _GET = OPS["kernel"], OPS["copy"], OPS["get"]


def space_of(value: Node, target: Target) -> str:
    """Return the memory space that a value of a PLACED graph lies in."""
    found = base(value)
    if isinstance(found.attrs, CopyAttrs):
        return found.attrs.space
    if found.op is not _GET:
        return target.default.space
    attrs = found.srcs[0].attrs
    assert isinstance(attrs, KernelAttrs)
    return target.space_of(attrs.device)


def with_devices(
    graph: Graph, target: Target, chosen: Mapping[Node, Way]
) -> tuple[Node, ...]:
    """Return the outputs with devices written in and copies put in between.

    Copies are nodes like any other: two readers in one space share one.
    """

    def visit(node: Node, srcs: tuple[Node, ...]) -> Node:
        if node.op is not _KERNEL:
            return with_sources(node, srcs)
        assert isinstance(node.attrs, KernelAttrs)
        way = chosen[node]
        attrs = KernelAttrs(node.attrs.body, way.tile, way.name)
        near = (_moved(s, way.space, target) for s in srcs)
        return make(_KERNEL, *near, attrs=attrs, source=node.source)

    outputs = rebuild(graph.outputs, visit)
    return tuple(_moved(o, target.default.space, target) for o in outputs)


def _moved(value: Node, space: str, target: Target) -> Node:
    """Return `value` in `space`: the views of a copy, if it lies elsewhere."""
    if space_of(value, target) == space:
        return value
    carried = carrier(value)
    views = []
    while value is not carried:
        views.append(value)
        value = value.srcs[0]
    value = make(_COPY, value, attrs=CopyAttrs(space), source=value.source)
    for view in reversed(views):
        value = with_sources(view, (value,))
    return value
