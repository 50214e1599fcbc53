"""The pass itself: levels, recompute or store, groups, kernels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from lazydag.cost.target import Target
from lazydag.ir.attrs import KernelAttrs
from lazydag.ir.graph import Graph, Note, Stage, evolve
from lazydag.ir.node import Node, is_fusable
from lazydag.ir.ops import Kind
from lazydag.ir.source import lines_of
from lazydag.ir.text.units import format_nbytes
from lazydag.passes.fuse.emit import Emitter
from lazydag.passes.fuse.groups import Groups
from lazydag.passes.fuse.levels import Levels, is_fused
from lazydag.passes.fuse.recompute import Decisions, decide
from lazydag.passes.pins import bound
from lazydag.passes.work import call_of, iteration_shape, touched_nbytes, traffic


@dataclass(frozen=True, slots=True)
class Fuse:
    """Put ops over one iteration space into one kernel.

    Parameters
    ----------
    max_ops : int
        Most ops in one kernel, so that compiling stays quick.
    max_reductions : int
        Most reductions in one kernel: each has a block of 8 KB on the stack.
    """

    max_ops: int = 1000
    max_reductions: int = 64

    def __call__(self, graph: Graph, target: Target) -> Graph:
        """Return `graph` at stage FUSED: only kernels compute."""
        order = graph.nodes()
        devices = bound(order, graph.outputs)
        levels = Levels(Groups(self.max_ops, self.max_reductions, devices))
        levels.assign(order)
        wanted = set(graph.outputs)
        decisions = decide(order, levels, wanted, target.default)
        stored = _stored(order, decisions, wanted)
        emitter = Emitter(decisions)
        notes = decisions.notes
        waiting = _written_once(order, levels) - wanted
        inside: set[Node] = set()
        for unit in _units(order, levels):
            first = unit[0]
            outputs = [node for node in unit if node in stored]
            if first.op.kind is Kind.WRITE:
                is_inside = first.srcs[1] in inside
                kernels = emitter.write(first, is_value_inside=is_inside)
                notes += map(_describe, kernels)
            elif first not in levels.space:
                emitter.library(unit)
            elif len(outputs) == 1 and outputs[0] in waiting:
                inside.add(outputs[0])
            elif outputs:
                notes.append(_describe(emitter.fused(outputs)))
        outputs = [emitter.output(o, target) for o in graph.outputs]
        return evolve(graph, outputs, Stage.FUSED, notes)


def _written_once(order: Sequence[Node], levels: Levels) -> set[Node]:
    """Return the elementwise values that a write takes, and nothing else."""
    values = [n.srcs[1] for n in order if n.op.kind is Kind.WRITE]
    found = {v for v in values if v in levels.space and is_fusable(v)}
    readers = Counter(s for n in order for s in n.srcs if s in found)
    return {value for value in found if readers[value] == 1}


def _units(order: Sequence[Node], levels: Levels) -> list[list[Node]]:
    """Return groups and single library ops, in an order in which they can run."""
    units: dict[Hashable, list[Node]] = {}
    for node in order:
        if node in levels.space:
            units.setdefault(levels.groups.find(node), []).append(node)
        elif node.op.kind not in {Kind.SOURCE, Kind.MOVEMENT}:
            units.setdefault(call_of(node), []).append(node)
    return sorted(units.values(), key=lambda unit: levels.level[unit[0]])


def _stored(
    order: Sequence[Node], decisions: Decisions, wanted: set[Node]
) -> set[Node]:
    """Return the fused nodes whose values must reach memory."""
    spaces, again = decisions.levels.space, decisions.again
    stored = {n for n in wanted if n in spaces}
    stored |= {n for n in spaces if n.op.kind is Kind.REDUCTION}
    for node in order:
        direct = decisions.levels.direct.get(node, ())
        space = spaces.get(node)
        for src in node.srcs:
            if src in direct:
                if spaces[src] != space and src not in again:
                    stored.add(src)
            elif src in spaces:
                stored.add(src)
    return stored


def _describe(kernel: Node) -> Note:
    """Say what fusing saved."""
    assert isinstance(kernel.attrs, KernelAttrs)
    body = kernel.attrs.body
    nbytes = {node: touched_nbytes(node) for node in body.nodes()}
    inner = [n for n in body.nodes() if is_fused(n)]
    read, written = traffic(kernel)
    moved = read + sum(written)
    apart = sum([nbytes[s] for n in inner for s in n.srcs])
    apart += sum([n.type.nbytes for n in inner])
    lines = lines_of([n.source for n in inner])
    reason = (
        f"{len(inner)} op{'s' * (len(inner) != 1)} over {list(iteration_shape(body))} "
        f"in one pass: {format_nbytes(moved)} moved instead of {format_nbytes(apart)}"
    )
    where = f" ({lines})" if lines else ""
    return Note("fuse", body.name, reason + where)
