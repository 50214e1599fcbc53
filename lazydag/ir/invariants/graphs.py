"""Checks of graphs, and of what stands outside kernels."""

from __future__ import annotations

from collections.abc import Iterator

from lazydag.errors import LazydagError
from lazydag.ir.attrs import (
    CopyAttrs,
    ParamAttrs,
    PinAttrs,
    RetileAttrs,
    SliceAttrs,
    TransposeAttrs,
)
from lazydag.ir.graph import Stage
from lazydag.ir.invariants.subject import Fault, Subject
from lazydag.ir.node import Node
from lazydag.ir.ops import OPS, Kind
from lazydag.ir.types import ArrayType, TupleType

_GET, _KERNEL, _PARAM, _LEAF = (OPS[n] for n in ("get", "kernel", "param", "leaf"))
_CAST, _RESHAPE, _COPY = (OPS[n] for n in ("cast", "reshape", "copy"))
_SLICE, _RETILE, _PIN = OPS["slice"], OPS["retile"], OPS["pin"]


def arrays_only(subject: Subject) -> Iterator[Fault]:
    """Find tuples where there should be arrays."""
    for body in subject.bodies:
        for node in body.graph.outputs:
            if not isinstance(node.type, ArrayType):
                yield body.fault(node, f"an output is {node}")
        for node in body.nodes:
            for src in node.srcs:
                if isinstance(src.type, TupleType) is not (node.op is _GET):
                    yield body.fault(node, f"{node} reads {src}")


def inferred_types(subject: Subject) -> Iterator[Fault]:
    """Find types that do not follow from the sources."""
    for body in subject.bodies:
        for node in body.nodes:
            try:
                wanted = node.op.infer([s.type for s in node.srcs], node.attrs)
            except LazydagError as error:
                yield body.fault(node, error.what)
                continue
            if node.type != wanted:
                what = f"{node.op.name} has type {node.type}, and infers {wanted}"
                yield body.fault(node, what)


def own_params(subject: Subject) -> Iterator[Fault]:
    """Find params of other graphs, and params that are not in their places."""
    for body in subject.bodies:
        graph = body.graph
        own = set(graph.params)
        for slot, node in enumerate(graph.params):
            attrs = node.attrs
            if not isinstance(attrs, ParamAttrs) or attrs.slot != slot:
                yield body.fault(node, f"param {slot} of @{graph.name} is {node}")
            elif attrs.scope != graph.scope:
                scopes = f"{attrs.scope!r}, and param 0 in {graph.scope!r}"
                yield body.fault(node, f"param {slot} of @{graph.name} is in {scopes}")
        if len(graph.param_names) != len(graph.params):
            counts = f"{len(graph.params)} params and {len(graph.param_names)} names"
            yield body.fault(None, f"@{graph.name} has {counts}")
        for node in body.nodes:
            if node.op is _PARAM and node not in own:
                yield body.fault(node, f"{node} is not a param of @{graph.name}")


def no_leaves(subject: Subject) -> Iterator[Fault]:
    """Find leaves."""
    for body in subject.bodies:
        for node in body.nodes:
            if node.op is _LEAF:
                yield body.fault(node, f"{node} is left")


def bodies_are_traced(subject: Subject) -> Iterator[Fault]:
    """Find bodies of loops and branches that are planned, or hold leaves."""
    for graph in subject.repeated:
        if graph.stage is not Stage.TRACED:
            what = f"the body @{graph.name} is {graph.stage.label}"
            yield Fault(what, None, graph)
        for node in graph.nodes():
            if node.op is _LEAF:
                yield Fault(f"{node} in the body @{graph.name}", node, graph)


def no_groups(subject: Subject) -> Iterator[Fault]:
    """Find kernels and what belongs to them."""
    for node in subject.main.nodes:
        if node.op.kind is Kind.GROUP:
            yield subject.fault(node, f"{node.op.name} in a graph not yet fused")


def changes_something(subject: Subject) -> Iterator[Fault]:
    """Find casts and views that are their own source."""
    for body in subject.bodies:
        for node in body.nodes:
            if _is_identity(node):
                yield body.fault(node, f"{node.op.name} to {node.type} does nothing")


def _is_identity(node: Node) -> bool:
    is_view = node.op.kind is Kind.MOVEMENT and node.op is not _SLICE
    if not (is_view or node.op is _CAST) or node.type != node.srcs[0].type:
        return False
    attrs = node.attrs
    if isinstance(attrs, (PinAttrs, RetileAttrs)):
        return attrs == node.srcs[0].attrs
    if isinstance(attrs, TransposeAttrs):
        return attrs.axes == tuple(range(len(attrs.axes)))
    return True


def only_kernels_compute(subject: Subject) -> Iterator[Fault]:
    """Find ops outside kernels that are neither views nor copies."""
    allowed = {_PARAM, _KERNEL, _GET, _COPY}
    for node in subject.main.nodes:
        if node.op not in allowed and node.op.kind is not Kind.MOVEMENT:
            yield subject.fault(node, f"{node.op.name} outside of kernels")


def reshapes_are_views(subject: Subject) -> Iterator[Fault]:
    """Find reshapes that would have to copy."""
    contiguous: dict[Node, bool] = {}
    for node in subject.main.nodes:
        contiguous[node] = node.op.kind is not Kind.MOVEMENT or (
            contiguous[node.srcs[0]] and _keeps_contiguous(node)
        )
        if node.op is not _RESHAPE or contiguous[node.srcs[0]]:
            continue
        if _without_units(node) != _without_units(node.srcs[0]):
            what = f"reshape to {node.type} of {node.srcs[0]}, which has gaps"
            yield subject.fault(node, what)


def _keeps_contiguous(view: Node) -> bool:
    """Tell whether a view of contiguous memory is contiguous, too."""
    if not isinstance(view.attrs, SliceAttrs):
        return view.op in {_RESHAPE, _RETILE, _PIN}
    inner = zip(view.attrs.counts[1:], view.srcs[0].type.shape[1:], strict=True)
    is_whole = all(n == whole for n, whole in inner)
    return is_whole and all(step == 1 for step in view.attrs.steps)


def _without_units(node: Node) -> list[int]:
    return [n for n in node.type.shape if n != 1]


def copies_name_spaces(subject: Subject) -> Iterator[Fault]:
    """Find copies to nowhere."""
    for node in subject.main.nodes:
        if isinstance(node.attrs, CopyAttrs) and not node.attrs.space:
            yield subject.fault(node, f"{node} has no space to copy to")


def no_pins(subject: Subject) -> Iterator[Fault]:
    """Find pins."""
    for node in subject.main.nodes:
        if node.op is _PIN:
            yield subject.fault(node, f"{node} is left, and nothing looks at it")
