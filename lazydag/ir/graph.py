"""Graphs: parameters, outputs, and the stage that passes have brought them to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from weakref import WeakValueDictionary

from lazydag.ir.attrs import ParamAttrs, scoped
from lazydag.ir.node import Node, make, with_sources
from lazydag.ir.ops import OPS
from lazydag.ir.source import SourceLoc, lines_of
from lazydag.ir.types import ArrayType

_PARAM = OPS["param"]


class Stage(IntEnum):
    """How far a graph has come; each stage has invariants (`verify`)."""

    TRACED = 0
    SIMPLIFIED = 1
    FUSED = 2
    TILED = 3
    PLACED = 4

    @property
    def label(self) -> str:
        """Name in dumps and on the command line."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Note:
    """Why a pass decided as it did.

    Parameters
    ----------
    by : str
        The pass.
    subject : str
        What it decided about, such as the name of a kernel.
    reason : str
        One sentence, with the figures it went by.
    """

    by: str
    subject: str
    reason: str


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True, repr=False)
class Graph:
    """What is computed. Immutable and interned: build it with `make_graph` only.

    Parameters
    ----------
    name : str
        Usually the traced function's.
    params : tuple of Node
        Inputs, ``param`` nodes in slot order; some may be unused.
    param_names : tuple of str
        Names of the inputs in dumps.
    outputs : tuple of Node
        The values wanted.
    stage : Stage
        What passes have done.
    notes : tuple of Note
        Why they did it; not part of the graph's identity.
    """

    name: str
    params: tuple[Node, ...]
    param_names: tuple[str, ...]
    outputs: tuple[Node, ...]
    stage: Stage
    notes: tuple[Note, ...]
    _nodes: list[Node] = field(default_factory=list, init=False)

    @property
    def scope(self) -> str:
        """What the parameters belong to, all of them; empty if there are none."""
        attrs = self.params[0].attrs if self.params else None
        return attrs.scope if isinstance(attrs, ParamAttrs) else ""

    def nodes(self) -> list[Node]:
        """Return all nodes that outputs depend on, sources before users.

        The list is the graph's own, computed once: do not change it.
        """
        if not self._nodes:
            self._nodes[:] = topological(self.outputs)
        return self._nodes

    def __repr__(self) -> str:
        return f"<graph @{self.name} {self.stage.label}>"


_Key = tuple[str, tuple[Node, ...], tuple[str, ...], tuple[Node, ...], Stage]
_table: WeakValueDictionary[_Key, Graph] = WeakValueDictionary()
_lock = threading.Lock()


def param(
    slot: int,
    type: ArrayType,
    source: SourceLoc | None = None,
    *,
    scope: str = "",
    space: str = "",
) -> Node:
    """Return the parameter node of position `slot` in a graph of this scope."""
    return make(_PARAM, attrs=ParamAttrs(slot, type, scope, space), source=source)


def make_graph(
    name: str,
    params: Sequence[Node],
    outputs: Sequence[Node],
    stage: Stage = Stage.TRACED,
    *,
    param_names: Sequence[str] | None = None,
    notes: Iterable[Note] = (),
) -> Graph:
    """Return the one graph with these parameters, outputs and stage."""
    names = tuple(param_names or (f"p{i}" for i in range(len(params))))
    key = (name, tuple(params), names, tuple(outputs), stage)
    found = _table.get(key)
    if found is not None:
        return found
    graph = Graph(*key, tuple(notes))
    with _lock:
        return _table.setdefault(key, graph)


def evolve(
    graph: Graph, outputs: Sequence[Node], stage: Stage, notes: Iterable[Note] = ()
) -> Graph:
    """Return `graph` with new outputs at a later stage, and more notes."""
    return make_graph(
        graph.name,
        graph.params,
        outputs,
        stage,
        param_names=graph.param_names,
        notes=(*graph.notes, *notes),
    )


def topological(roots: Iterable[Node], ends: Container[Node] = ()) -> list[Node]:
    """Return the nodes that `roots` depend on, sources first, without recursion.

    The order is deterministic: that of a depth-first walk from the first root. It does
    not go beyond `ends`.
    """
    order: dict[Node, None] = {}
    stack = list(roots)
    stack.reverse()
    while stack:
        node = stack.pop()
        if node in order:
            continue
        pending = [src for src in node.srcs if src not in order] if node.srcs else ()
        if pending and node not in ends:
            stack.append(node)
            stack += pending[::-1]
        else:
            order[node] = None
    return list(order)


def rebuild(
    roots: Sequence[Node], visit: Callable[[Node, tuple[Node, ...]], Node]
) -> tuple[Node, ...]:
    """Return new roots, made bottom-up by ``visit(old_node, new_sources)``."""
    new: dict[Node, Node] = {}
    for node in topological(roots):
        new[node] = visit(node, tuple(new[s] for s in node.srcs))
    return tuple(new[r] for r in roots)


def with_lines(graph: Graph, lines: Mapping[Node, SourceLoc | None]) -> Graph:
    """Return the same computation for other lines of the user.

    Parameters
    ----------
    graph : Graph
        At stage TRACED.
    lines : mapping of Node to SourceLoc or None
        The line of each of its nodes. They are the scope of the new graph, which
        therefore has nodes of its own, in the order of the old ones.
    """
    scope = lines_of(lines.values())

    def visit(node: Node, srcs: tuple[Node, ...]) -> Node:
        attrs = scoped(node.attrs, scope)
        return make(node.op, *srcs, attrs=attrs, source=lines.get(node))

    params = [visit(node, ()) for node in graph.params]
    outputs = rebuild(graph.outputs, visit)
    names = graph.param_names
    return make_graph(graph.name, params, outputs, graph.stage, param_names=names)


def users(nodes: Iterable[Node]) -> dict[Node, list[Node]]:
    """Return for each source among `nodes` the nodes that use it, once each."""
    table: dict[Node, list[Node]] = {}
    for node in nodes:
        for src in dict.fromkeys(node.srcs):
            table.setdefault(src, []).append(node)
    return table


__all__ = [
    "Graph",
    "Note",
    "Stage",
    "evolve",
    "make_graph",
    "param",
    "rebuild",
    "topological",
    "users",
    "with_lines",
    "with_sources",
]
