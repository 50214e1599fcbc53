"""Join sweeps: stencils over what the same stencil made are one stencil of more sweeps.

In: a TRACED graph. Out: the same graph; what a tile of several sweeps can hold is one
operation, whether a program says how many sweeps there are, loops, or is written out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from lazydag.cost.target import Target
from lazydag.ir.attrs import LoopAttrs, ParamAttrs, StencilAttrs
from lazydag.ir.graph import Graph, Note, evolve, rebuild, users, with_sources
from lazydag.ir.node import Node, make
from lazydag.ir.ops import OPS
from lazydag.passes.work import call_of

_STENCIL = OPS["stencil"]


@dataclass(frozen=True, slots=True)
class JoinSweeps:
    """Make one stencil of those that follow each other, and of loops over one."""

    def __call__(self, graph: Graph, target: Target) -> Graph:
        """Return `graph` at the same stage; the values are the same bits."""
        del target
        nodes = graph.nodes()
        if not any(_is_swept(node) for node in nodes):
            return graph
        wanted, used = set(graph.outputs), users(nodes)
        notes: dict[str, Note] = {}

        def visit(node: Node, srcs: tuple[Node, ...]) -> Node:
            alone = _of_loop(node, srcs) or with_sources(node, srcs)
            attrs = alone.attrs
            if not isinstance(attrs, StencilAttrs):
                return alone
            count = len(attrs.body.outputs)
            is_free = _is_free(node, node.srcs[:count], used, wanted)
            found = (_following(alone, attrs) if is_free else None) or alone
            if found is not with_sources(node, srcs):
                notes[attrs.body.name] = _note(found)
            return found

        outputs = rebuild(graph.outputs, visit)
        return evolve(graph, outputs, graph.stage, notes.values())


def _is_swept(node: Node) -> bool:
    if isinstance(node.attrs, LoopAttrs):
        return bool(node.attrs.body.outputs[0].op is _STENCIL)
    return node.op is _STENCIL


def _note(node: Node) -> Note:
    assert isinstance(node.attrs, StencilAttrs)
    reason = f"{node.attrs.steps} sweeps, one after the other"
    return Note("join_sweeps", node.attrs.body.name, reason)


def _is_free(
    node: Node,
    swept: Sequence[Node],
    used: Mapping[Node, Sequence[Node]],
    wanted: set[Node],
) -> bool:
    """Tell whether nothing but the results of one call wants what that sweeps."""
    key = call_of(node)
    return not any(
        src in wanted or any(call_of(user) != key for user in used[src])
        for src in swept
    )


def _following(node: Node, attrs: StencilAttrs) -> Node | None:
    """Return the sweeps of a stencil and of one like it before it as one."""
    before, count = node.srcs[0].attrs, len(attrs.body.outputs)
    if not isinstance(before, StencilAttrs) or len(node.srcs) < count:
        return None
    if replace(before, steps=attrs.steps, output=attrs.output) != attrs:
        return None
    first = node.srcs[0].srcs
    each = [
        src.attrs == replace(before, output=i) and src.srcs == first
        for i, src in enumerate(node.srcs[:count])
    ]
    if not all(each) or node.srcs[count:] != first[count:]:
        return None
    more = replace(attrs, steps=attrs.steps + before.steps)
    return make(_STENCIL, *first, attrs=more, source=node.source)


def _of_loop(node: Node, srcs: tuple[Node, ...]) -> Node | None:
    """Return the stencil of a loop that does nothing else."""
    attrs = node.attrs
    if not isinstance(attrs, LoopAttrs) or not attrs.length or attrs.rows:
        return None
    first = attrs.body.outputs[0]
    inner = first.attrs
    if not isinstance(inner, StencilAttrs):
        return None
    slots = [s.attrs.slot if isinstance(s.attrs, ParamAttrs) else 0 for s in first.srcs]
    carries = list(range(1, attrs.carries + 1))
    is_all = all(
        output.attrs == replace(inner, output=i) and output.srcs == first.srcs
        for i, output in enumerate(attrs.body.outputs)
    )
    is_swept = len(inner.body.outputs) == attrs.carries == len(attrs.body.outputs)
    rest = slots[attrs.carries :]
    if not (is_all and is_swept and slots[: attrs.carries] == carries):
        return None
    if any(slot <= attrs.carries for slot in rest):
        return None
    steps = inner.steps * attrs.length
    more = replace(inner, steps=steps, output=attrs.output)
    given = [srcs[slot - 1] for slot in slots]
    return make(_STENCIL, *given, attrs=more, source=node.source)
