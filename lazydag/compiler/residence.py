"""Where arguments lie, and where results stay.

A result stays on the device that all arrays behind it are on, so that a program which
goes on with it finds it there. If they are on several, or on the host, it comes home.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from lazydag.compiler.layout import Located, Residence
from lazydag.compiler.session import host_target
from lazydag.ir.attrs import ParamAttrs, PinAttrs
from lazydag.ir.graph import Graph, make_graph, rebuild
from lazydag.ir.node import Node, make, with_sources
from lazydag.ir.ops import OPS
from lazydag.ir.residence import HOST, residence_of

_PIN = OPS["pin"]


def resident(graph: Graph, residences: Sequence[Residence]) -> Graph:
    """Return a traced graph that says where its parameters lie and its outputs stay.

    Parameters
    ----------
    graph : Graph
        At stage TRACED.
    residences : sequence of Residence
        Of the parameters.
    """
    far = {
        param: each
        for param, each in zip(graph.params, residences, strict=True)
        if isinstance(each, Located)
    }
    if not far and not any(isinstance(n.attrs, PinAttrs) for n in graph.nodes()):
        return graph
    devices = residence_of(graph.outputs, {p: each.device for p, each in far.items()})
    outputs = [_staying(output, devices[output]) for output in graph.outputs]
    return _located(graph, outputs, far)


def device_names() -> tuple[str, ...]:
    """Return where arrays can be: on the host, and on the GPUs of this machine."""
    gpus = [each.name for each in host_target().devices if each.kind != HOST]
    return HOST, *gpus


def _staying(output: Node, device: str | None) -> Node:
    if device in {None, HOST} or isinstance(output.attrs, PinAttrs):
        return output
    return make(
        _PIN, output, attrs=PinAttrs(device or "", made=False), source=output.source
    )


def _located(
    graph: Graph, outputs: Sequence[Node], far: Mapping[Node, Located]
) -> Graph:
    """Return a graph with other outputs, whose parameters have their spaces."""

    def visit(node: Node, srcs: tuple[Node, ...]) -> Node:
        if node in far:
            assert isinstance(node.attrs, ParamAttrs)
            attrs = replace(node.attrs, space=far[node].space)
            return make(node.op, attrs=attrs, source=node.source)
        return with_sources(node, srcs)

    params = [visit(param, ()) for param in graph.params]
    found = rebuild(outputs, visit)
    return make_graph(
        graph.name, params, found, graph.stage, param_names=graph.param_names
    )
