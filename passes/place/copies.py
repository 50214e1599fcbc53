"""Write devices into a graph, and copies of what lies in another space."""

from __future__ import annotations

from collections.abc import Mapping

from lazydag.cost.estimate import transfer_seconds
from lazydag.cost.target import Target
from lazydag.ir.attrs import CopyAttrs, KernelAttrs, ParamAttrs
from lazydag.ir.graph import Graph, rebuild, with_sources
from lazydag.ir.node import Node, make
from lazydag.ir.ops import OPS
from lazydag.passes.place.flow import base, carrier, wanted_in
from lazydag.passes.place.ways import Way

_KERNEL, _COPY, _PARAM, _PIN = (OPS[n] for n in ("kernel", "copy", "param", "pin"))


def space_of(value: Node, target: Target) -> str:
    """Return the memory space that a value of a PLACED graph lies in."""
    found = base(value)
    if isinstance(found.attrs, CopyAttrs):
        return found.attrs.space
    if isinstance(found.attrs, ParamAttrs):
        return found.attrs.space or target.default.space
    attrs = found.srcs[0].attrs
    assert isinstance(attrs, KernelAttrs)
    return target.space_of(attrs.device)


def with_devices(
    graph: Graph, target: Target, chosen: Mapping[Node, Way]
) -> tuple[Node, ...]:
    """Return the outputs with devices written in and copies put in between.

    Copies are nodes like any other: two readers in one space share one. Pins are done
    with: kernels are where they bind them, outputs are where they say.
    """

    def visit(node: Node, srcs: tuple[Node, ...]) -> Node:
        if node.op is _PIN:
            return srcs[0]
        if node.op is not _KERNEL:
            return with_sources(node, srcs)
        assert isinstance(node.attrs, KernelAttrs)
        way = chosen[node]
        attrs = KernelAttrs(node.attrs.body, way.tile, way.name)
        near = (_moved(s, way.space, target) for s in srcs)
        return make(_KERNEL, *near, attrs=attrs, source=node.source)

    outputs = rebuild(graph.outputs, visit)
    each = zip(outputs, graph.outputs, strict=True)
    return tuple(_stored(new, wanted_in(old, target), target) for new, old in each)


def _stored(value: Node, spaces: tuple[str, ...], target: Target) -> Node:
    """Return an output in one of the spaces, in memory of its own."""
    at, nbytes = space_of(value, target), float(value.type.nbytes)
    to = min(spaces, key=lambda space: transfer_seconds(target, nbytes, at, space))
    is_own = base(value).op is not _PARAM
    return value if at == to and is_own else _copied(value, to)


def _moved(value: Node, space: str, target: Target) -> Node:
    """Return `value` in `space`."""
    return value if space_of(value, target) == space else _copied(value, space)


def _copied(value: Node, space: str) -> Node:
    """Return the views of a copy of what `value` shows of some memory."""
    carried = carrier(value)
    views = []
    while value is not carried:
        views.append(value)
        value = value.srcs[0]
    value = make(_COPY, value, attrs=CopyAttrs(space), source=value.source)
    for view in reversed(views):
        value = with_sources(view, (value,))
    return value
