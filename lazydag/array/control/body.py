"""Running a loop's or a branch's function with stand-ins, to get its graph."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from threading import local
from typing import Any, TypeAlias

from lazydag.array.array import Array, node_of
from lazydag.array.pytree import Tree, flatten
from lazydag.array.trace import definition, forget, name_of, scope_of
from lazydag.array.tracing import Trace, state, tracing
from lazydag.ir.graph import Graph, make_graph, param, topological
from lazydag.ir.node import Node, make
from lazydag.ir.ops import OPS
from lazydag.ir.types import ArrayType

_PARAM, _LEAF, _CONST, _BROADCAST = (
    OPS[name] for name in ("param", "leaf", "const", "broadcast")
)

#: Type of a stand-in, and whether it counts as a Python number in promotion.
Standing: TypeAlias = tuple[ArrayType, bool]


class _Around(local):
    """The traces that surround the one that is going on, from the outermost."""

    def __init__(self) -> None:
        self.traces: list[Trace] = []


_around = _Around()


@dataclass(frozen=True, slots=True)
class Body:
    """What a function computes of stand-ins, before it is known what it captures.

    Parameters
    ----------
    name : str
        The function's name.
    scope : str
        What the stand-ins belong to.
    params : list of Node
        The stand-ins.
    outputs : list of Node
        What it returned.
    leaves : list
        The same, as it was returned.
    results : Tree
        Its structure.
    known : set of Node
        Values that were there before, which need not be computed again.
    """

    name: str
    scope: str
    params: list[Node]
    outputs: list[Node]
    leaves: list[Any]
    results: Tree
    known: set[Node] = field(default_factory=set)


def run(
    function: Callable[..., Any],
    types: Sequence[Standing],
    arrange: Callable[[list[Array]], tuple[Any, ...]],
    label: str = "",
) -> Body:
    """Run `function` with stand-ins of these types.

    Parameters
    ----------
    arrange : callable
        Makes the function's arguments of the stand-ins.
    label : str
        Tells apart the bodies of one loop that are traced at one place.
    """
    at, outer = definition(function), state.trace
    inner = f"{scope_of(function, at)}{label}"
    scope = inner if outer is None else f"{outer.scope}>{inner}"
    name = name_of(function)
    current = Trace(name, at, scope)
    params = [param(slot, type_, scope=scope) for slot, (type_, _) in enumerate(types)]
    known = _known(function, outer)
    _around.traces.append(current)
    with tracing(current):
        try:
            weak = [weak for _, weak in types]
            stands = [Array(p, weak=w) for p, w in zip(params, weak, strict=True)]
            leaves, results = flatten(function(*arrange(stands)))
            outputs = [node_of(value) for value in leaves]
        finally:
            _around.traces.pop()
            forget(current)
    return Body(name, scope, params, outputs, leaves, results, known)


def _known(function: Callable[..., Any], outer: Trace | None) -> set[Node]:
    """Return the values of arrays that a function can see."""
    arrays = [each() for trace in _around.traces for each in trace.made]
    if outer is not None and outer not in _around.traces:
        arrays += [each() for each in outer.made]
    inner = inspect.unwrap(getattr(function, "func", function))
    if hasattr(inner, "__code__"):
        names = inspect.getclosurevars(inner)
        seen, _ = flatten([*names.nonlocals.values(), *names.globals.values()])
        arrays += [each for each in seen if isinstance(each, Array)]
    return {array.node for array in arrays if array is not None}


def invariant(body: Body, outputs: Sequence[Node]) -> list[Node]:
    """Return the largest values that do not depend on the stand-ins, but constants."""
    order = topological(outputs)
    varies = set(body.params)
    for node in order:
        if any(src in varies for src in node.srcs):
            varies.add(node)
    operands = (src for node in order if node in varies for src in node.srcs)
    tops = dict.fromkeys([*outputs, *operands])
    return [node for node in tops if node not in varies and not _is_constant(node)]


def outside(body: Body, outputs: Sequence[Node]) -> list[Node]:
    """Return what a branch takes from outside: it computes the rest if it is chosen."""
    own = set(body.params)
    found: dict[Node, None] = {}
    stack, seen = list(outputs), set(outputs)
    while stack:
        node = stack.pop()
        if node in own or _is_constant(node):
            continue
        if node in body.known or node.op in {_PARAM, _LEAF}:
            found[node] = None
            continue
        fresh = [src for src in dict.fromkeys(node.srcs) if src not in seen]
        seen.update(fresh)
        stack += fresh
    return list(found)


def _is_constant(node: Node) -> bool:
    if node.op is _BROADCAST:
        node = node.srcs[0]
    return node.op is _CONST


def closed(body: Body, outputs: Sequence[Node], captured: Sequence[Node]) -> Graph:
    """Return the graph of a body, whose last parameters are what it captures."""
    first = len(body.params)
    more = [
        param(first + i, node.type, scope=body.scope) for i, node in enumerate(captured)
    ]
    new = dict(zip(captured, more, strict=True))
    inside = _over(outputs, new, {*body.params, *captured})
    return make_graph(body.name, [*body.params, *more], inside)


def _over(
    outputs: Sequence[Node], new: dict[Node, Node], stops: Collection[Node]
) -> list[Node]:
    """Return the outputs with other nodes in place of some, whatever these are."""
    stack = list(outputs)
    while stack:
        node = stack[-1]
        if node in new or node in stops:
            new.setdefault(node, node)
            stack.pop()
            continue
        waiting = [src for src in node.srcs if src not in new]
        if waiting:
            stack += waiting
            continue
        srcs = tuple(new[src] for src in node.srcs)
        same = srcs == node.srcs
        new[node] = (
            node if same else make(node.op, *srcs, attrs=node.attrs, source=node.source)
        )
        stack.pop()
    return [new[node] for node in outputs]
