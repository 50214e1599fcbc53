"""Graphs as JSON, for programs that read ``explain --format json``."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, TypeAlias

import numpy as np

from lazydag.ir.attrs import Attrs, ConstAttrs, KernelAttrs, Leaf, UserKernel
from lazydag.ir.graph import Graph, topological
from lazydag.ir.node import Node
from lazydag.ir.source import SourceLoc
from lazydag.ir.text.literals import write_literal
from lazydag.ir.text.names import name_nodes, numbers, outputs_of_kernels, param_refs
from lazydag.ir.types import ArrayType, Dim, dtype_name

Json: TypeAlias = dict[str, Any]


def to_json(graph: Graph) -> Json:
    """Return a graph as what `json.dumps` takes.

    Returns
    -------
    dict
        ``name``, ``stage``, ``scope``, ``params``, ``nodes`` (sources before users,
        named as in the dump), ``outputs`` and ``notes``. A kernel's attributes hold its
        body, a graph in the same form, whose parameters stand for the kernel's sources.

    Examples
    --------
    >>> from lazydag.ir.text import parse
    >>> graph = parse('''
    ... graph @f(%x: f64[8])  stage=traced
    ...   %0 = sum[axes=(0,)] %x
    ...   return %0
    ... ''')
    >>> to_json(graph)["nodes"]
    [{'name': '%0', 'op': 'sum', 'type': 'f64[]', 'sources': ['%x'],
      'attrs': {'axes': [0], 'block': 0}, 'at': None}]
    """
    names = param_refs(graph.param_names)
    refs = dict(zip(graph.params, names, strict=False))
    order = [node for node in topological(graph.outputs) if node not in refs]
    name_nodes(order, outputs_of_kernels(order, graph.outputs), refs, numbers())
    # A kernel whose outputs have names has none itself.
    name_nodes(order, {}, refs, (f"%k{i}" for i, _ in enumerate(order)))
    return {
        "name": graph.name,
        "stage": graph.stage.label,
        "scope": graph.scope,
        "params": [
            {"name": name, "type": str(node.type), "at": _at(node.source)}
            for node, name in zip(graph.params, names, strict=False)
        ],
        "nodes": [_node(node, refs) for node in order],
        "outputs": [refs[node] for node in graph.outputs],
        "notes": [
            {"by": note.by, "subject": note.subject, "reason": note.reason}
            for note in graph.notes
        ],
    }


def _node(node: Node, refs: dict[Node, str]) -> Json:
    return {
        "name": refs[node],
        "op": node.op.name,
        "type": str(node.type),
        "sources": [refs[src] for src in node.srcs],
        "attrs": _attrs(node.attrs),
        "at": _at(node.source),
    }


def _at(source: SourceLoc | None) -> Json | None:
    if source is None:
        return None
    return {"file": source.file, "line": source.line, "function": source.function}


def _attrs(attrs: Attrs) -> Json:
    if isinstance(attrs, ConstAttrs):
        value = write_literal(attrs.data, attrs.dtype)
        return {"value": value, "dtype": dtype_name(attrs.dtype)}
    if isinstance(attrs, KernelAttrs):
        tile = None if attrs.tile is None else list(attrs.tile)
        return {"device": attrs.device, "tile": tile, "body": to_json(attrs.body)}
    return {f.name: _value(getattr(attrs, f.name)) for f in fields(attrs)}


def _value(value: object) -> Any:
    if isinstance(value, tuple):
        return [_value(item) for item in value]
    if isinstance(value, Graph):
        return to_json(value)
    if isinstance(value, np.dtype):
        return dtype_name(value)
    if isinstance(value, (ArrayType, Dim)):
        return str(value)
    if isinstance(value, UserKernel):
        return value.name
    return None if isinstance(value, Leaf) else value
