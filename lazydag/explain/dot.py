"""Graphs and task graphs as Graphviz text; Graphviz itself is not needed."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from lazydag.explain.columns import counted
from lazydag.ir.attrs import ConstAttrs, GetAttrs, KernelAttrs
from lazydag.ir.graph import Graph
from lazydag.ir.node import Node
from lazydag.ir.ops import Kind
from lazydag.ir.text.units import format_seconds
from lazydag.passes.work import name_of
from lazydag.runtime.tasklist import TaskList

_STYLE = 'node [shape=box, fontname="monospace"]; edge [arrowsize=0.6];'


@dataclass(slots=True)
class _Drawing:
    """Lines so far, and which drawn box stands for which value."""

    lines: list[str] = field(default_factory=list)
    boxes: int = 0

    def box(self, label: str, indent: str, shape: str = "") -> str:
        """Add a box and return its name."""
        name = f"n{self.boxes}"
        self.boxes += 1
        look = f", shape={shape}" if shape else ""
        self.lines.append(f"{indent}{name} [label={_quoted(label)}{look}];")
        return name

    def edges(self, sources: Iterator[str] | tuple[str, ...], to: str) -> None:
        """Add an edge from each of the sources, once."""
        self.lines += [f"  {source} -> {to};" for source in dict.fromkeys(sources)]


def graph_dot(graph: Graph, annotations: Mapping[Node, str]) -> str:
    """Return a graph as Graphviz text, each kernel a frame around its operations.

    Parameters
    ----------
    annotations
        What to write on the frames of kernels, such as their costs.
    """
    drawing = _Drawing()
    boxes: dict[Node, str] = {
        node: drawing.box(f"{name}\n{node.type}", "  ", "ellipse")
        for node, name in zip(graph.params, graph.param_names, strict=True)
    }
    outputs: dict[Node, list[str]] = {}
    for node in graph.nodes():
        if isinstance(node.attrs, KernelAttrs):
            name = node.attrs.body.name
            frame = f"kernel {name} {annotations.get(node, '')}".strip()
            sources = [boxes[src] for src in node.srcs]
            outputs[node] = _draw_kernel(drawing, node.attrs, frame, sources)
        elif isinstance(node.attrs, GetAttrs):
            boxes[node] = outputs[node.srcs[0]][node.attrs.index]
        else:
            _draw_node(drawing, node, boxes, "  ")
    for i, node in enumerate(graph.outputs):
        result = drawing.box(f"return {i}", "  ", "ellipse")
        drawing.edges((boxes[node],), result)
    return _digraph(f"{graph.name} {graph.stage.label}", drawing.lines)


def tasks_dot(name: str, tasks: TaskList, critical: Collection[int]) -> str:
    """Return a task graph as Graphviz text, an edge where one waits for another.

    Parameters
    ----------
    critical
        The tasks of the critical path, which are drawn bold.
    """
    lines = []
    for i, (label, cost, tiles) in enumerate(
        zip(
            tasks.label.tolist(),
            tasks.costs.tolist(),
            tasks.tiles.tolist(),
            strict=True,
        )
    ):
        title = tasks.labels[label].name
        text = f"{title}\n{counted(tiles, 'tile')}, {format_seconds(cost)}"
        look = ", penwidth=3" if i in critical else ""
        lines.append(f"  t{i} [label={_quoted(text)}{look}];")
    edges = zip(*(ends.tolist() for ends in tasks.edges), strict=True)
    lines += [f"  t{before} -> t{after};" for before, after in edges]
    return _digraph(f"{name} tasks", lines)


def _draw_kernel(
    drawing: _Drawing, attrs: KernelAttrs, frame: str, sources: list[str]
) -> list[str]:
    """Draw a kernel's body and return the boxes of its outputs."""
    lines = drawing.lines
    lines.append(f"  subgraph cluster_{drawing.boxes} {{")
    lines.append(f"    label={_quoted(frame)};")
    boxes = dict(zip(attrs.body.params, sources, strict=True))
    edges = _Drawing(boxes=drawing.boxes)
    for node in attrs.body.nodes():
        if node not in boxes:
            boxes[node] = drawing.box(_label(node), "    ")
            edges.edges(tuple(boxes[src] for src in node.srcs), boxes[node])
    lines += ["  }", *edges.lines]
    return [boxes[node] for node in attrs.body.outputs]


def _draw_node(
    drawing: _Drawing, node: Node, boxes: dict[Node, str], indent: str
) -> None:
    if node in boxes:
        return
    shape = "hexagon" if node.op.kind is Kind.GROUP else ""
    boxes[node] = drawing.box(_label(node), indent, shape)
    drawing.edges(tuple(boxes[src] for src in node.srcs), boxes[node])


def _label(node: Node) -> str:
    if isinstance(node.attrs, ConstAttrs):
        return f"{node.attrs.value()}\n{node.type}"
    return f"{name_of(node)}\n{node.type}"


def _digraph(name: str, lines: list[str]) -> str:
    return "\n".join([f"digraph {_quoted(name)} {{", f"  {_STYLE}", *lines, "}"])


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
