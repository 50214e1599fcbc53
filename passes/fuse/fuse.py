"""The pass itself: levels, recompute or store, groups, kernels."""

from __future__ import annotations

from dataclasses import dataclass

from lazydag.cost.target import Target
from lazydag.ir.attrs import KernelAttrs
from lazydag.ir.graph import Graph, Note, Stage, evolve
from lazydag.ir.node import Node
from lazydag.ir.ops import Kind
from lazydag.ir.source import SourceLoc
from lazydag.passes.fuse.emit import Emitter
from lazydag.passes.fuse.groups import find_groups
from lazydag.passes.fuse.levels import Levels, is_fused
from lazydag.passes.fuse.recompute import decide
from lazydag.passes.work import iteration_shape, touched_nbytes


@dataclass(frozen=True, slots=True)
class Fuse:
    """Put ops over one iteration space into one kernel.

    Parameters
    ----------
    max_ops : int
        Most ops in one kernel, so that compiling stays quick.
    """

    max_ops: int = 1000

    def __call__(self, graph: Graph, target: Target) -> Graph:
        """Return `graph` at stage FUSED: only kernels compute."""
        order = graph.nodes()
        levels = Levels(self.max_ops)
        levels.assign(order)
        wanted = set(graph.outputs)
        again, notes = decide(order, levels, wanted, target.default)
        stored = _stored(order, levels, wanted, again)
        emitter = Emitter(levels, again)
        for group in _units(order, levels):
            if not is_fused(group[0]):
                emitter.library(group[0])
                continue
            outputs = [node for node in group if node in stored]
            if outputs:
                notes.append(_describe(emitter.fused(outputs)))
        outputs = [emitter.output(o) for o in graph.outputs]
        return evolve(graph, outputs, Stage.FUSED, notes)


def _units(order: list[Node], levels: Levels) -> list[list[Node]]:
    """Return groups and single library ops, in an order in which they can run."""
    units = find_groups(order, levels)
    units += [[n] for n in order if _is_call(n)]
    return sorted(units, key=lambda unit: levels.level[unit[0]])


def _is_call(node: Node) -> bool:
    is_free = node.op.kind in {Kind.SOURCE, Kind.MOVEMENT}
    return not is_free and not is_fused(node)


def _stored(
    order: list[Node], levels: Levels, wanted: set[Node], again: set[Node]
) -> set[Node]:
    """Return the fused nodes whose values must reach memory."""
    stored = {n for n in wanted if is_fused(n)}
    stored |= {n for n in order if n.op.kind is Kind.REDUCTION}
    for node in order:
        if node not in levels.space:
            stored.update(s for s in node.srcs if s in levels.space)
            continue
        stored.update(s for s in levels.later(node) if s not in again)
        direct = levels.direct[node]
        stored.update(s for s in node.srcs if s in levels.space and s not in direct)
    return stored


def _describe(kernel: Node) -> Note:
    """Say what fusing saved."""
    assert isinstance(kernel.attrs, KernelAttrs)
    body = kernel.attrs.body
    inner = [n for n in body.nodes() if is_fused(n)]
    moved = sum(touched_nbytes(s) for s in kernel.srcs)
    moved += sum(t.nbytes for t in kernel.type.items)
    apart = sum(sum(touched_nbytes(s) for s in n.srcs) + n.type.nbytes for n in inner)
    lines = sorted({str(n.source) for n in inner if isinstance(n.source, SourceLoc)})
    reason = (
        f"{len(inner)} ops over {list(iteration_shape(body))} in one pass: "
        f"{moved / 1e6:.4g} MB moved instead of {apart / 1e6:.4g} MB"
    )
    where = f" ({', '.join(lines[:3])}{', …' * (len(lines) > 3)})" if lines else ""
    return Note("fuse", body.name, reason + where)
