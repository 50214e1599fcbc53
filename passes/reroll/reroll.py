"""The pass itself: runs, steps, loops."""

from __future__ import annotations

from dataclasses import dataclass

from lazydag.cost.target import Target
from lazydag.ir.graph import Graph, Note, evolve, with_sources
from lazydag.ir.node import Node
from lazydag.ir.ops import Kind
from lazydag.ir.rewrite import rewrite
from lazydag.passes.reroll.emit import Loop, make_loop
from lazydag.passes.reroll.listing import Listing
from lazydag.passes.reroll.periods import Run, longest_run
from lazydag.passes.reroll.steps import (
    Steps,
    at_narrowest,
    find_steps,
    moving_places,
    varying_constants,
)
from lazydag.passes.rules.movement import MOVEMENT
from lazydag.passes.rules.writes import WRITES

# What shows the value that a part of a written array has.
SEEING = (*MOVEMENT, *WRITES)
# A step should take so many elements, since its start costs as much as some thousand;
# fewer where arrays are written into, which costs least when a step is one period.
STEP_ELEMENTS = 400_000
WRITING_ELEMENTS = 50_000
# Different things may look alike one by one: so many periods may be one step.
MOST_PERIODS = 4
# A kernel should not read too many numbers beside arrays.
MOST_TABLES = 16
# In a body of so many nodes the start of a step is nothing, and planning it is quick.
BODY_NODES = 384


@dataclass(frozen=True, slots=True)
class Reroll:
    """Make loops of long repetitions.

    Parameters
    ----------
    min_nodes : int
        Less in all parts together is not worth looking at.
    min_steps : int
        A loop has so many steps at least.
    min_fused : int
        Less than this, if elementwise, is better fused.
    min_apart : int
        Less than this, if no step needs another, is better run by several threads.
    """

    min_nodes: int = 400
    min_steps: int = 4
    min_fused: int = 2000
    min_apart: int = 10_000

    def __call__(self, graph: Graph, target: Target) -> Graph:
        """Return `graph` with loops in it; the values are the same bits."""
        del target
        if len(graph.nodes()) < self.min_nodes:
            return graph
        found = self._rolled(graph)
        if found is not None:
            return found
        # What a step reads of what the last one wrote may hide the period.
        seen_through, fired = rewrite(graph.outputs, SEEING)
        if not fired:
            return graph
        return self._rolled(evolve(graph, seen_through, graph.stage)) or graph

    def _rolled(self, graph: Graph) -> Graph | None:
        """Return a graph with loops in it; None if there are none."""
        listing = Listing.of(graph)
        loops = [
            make_loop(graph, listing, steps, number)
            for number, steps in enumerate(self._steps(listing))
        ]
        if not loops:
            return None
        new = {node: made for loop in loops for node, made in loop.results.items()}
        outputs = _replaced(graph, new)
        return evolve(graph, outputs, graph.stage, [_note(loop) for loop in loops])

    def _steps(self, listing: Listing) -> list[Steps]:
        """Return the steps of all loops, which have no node in common."""
        found: list[Steps] = []
        parts = [(listing.first, len(listing.order))]
        while parts:
            start, stop = parts.pop()
            if stop - start < self.min_nodes:
                continue
            run = longest_run(listing.label, start, stop, self.min_steps)
            if run is None or run.stop - run.start < self.min_nodes:
                continue
            if run.stop - run.start < self.min_fused and is_elementwise(listing, run):
                continue
            steps = self._steps_of(listing, run)
            if steps is not None and self._is_worth(steps):
                found.append(steps)
            parts += [(start, run.start), (run.stop, stop)]
        return found

    def _is_worth(self, steps: Steps) -> bool:
        """Tell whether steps wait for each other, or are too many to be planned."""
        waits = any(place not in steps.stacked for place, _ in steps.carried.values())
        return waits or steps.stop - steps.start >= self.min_apart

    def _steps_of(self, listing: Listing, run: Run) -> Steps | None:
        """Return the steps of a run, of several periods each if one is none."""
        for times in range(1, MOST_PERIODS + 1):
            longer = Run(run.start, run.stop, run.period * times)
            if longer.count < self.min_steps:
                return None
            narrow = self._lengthened(listing, at_narrowest(listing, longer))
            found = find_steps(listing, narrow, self.min_steps)
            if found is not None:
                return found
        return None

    def _lengthened(self, listing: Listing, run: Run) -> Run:
        """Return a run of steps that are worth a start each: several periods at once.

        What is elementwise throughout is fused over the periods of a step.
        """
        nodes = listing.order[run.start : run.start + run.period]
        size = sum([n.type.size for n in nodes if n.op.kind is not Kind.MOVEMENT])
        writes = any(node.op.kind is Kind.WRITE for node in nodes)
        wanted = WRITING_ELEMENTS if writes else STEP_ELEMENTS
        times = -(-wanted // max(size, 1))
        if is_elementwise(listing, run):
            times = BODY_NODES
        moving = moving_places(listing, run.start, run.period, 2)
        if any(nodes[place].op.kind is Kind.WRITE for place in moving):
            times = 1
        most = min(BODY_NODES // run.period, run.count // (2 * self.min_steps))
        tables = len(varying_constants(listing, run))
        if tables:
            most = min(most, MOST_TABLES // tables)
        period = run.period * max(1, min(times, most))
        cut = (run.stop - run.start) % period
        return Run(run.start + cut // run.period * run.period, run.stop, period)


def is_elementwise(listing: Listing, run: Run) -> bool:
    """Tell whether all of a run could be one kernel."""
    nodes = listing.order[run.start : run.start + run.period]
    return all(node.op.kind is Kind.ELEMENTWISE for node in nodes)


def _replaced(graph: Graph, new: dict[Node, Node]) -> tuple[Node, ...]:
    """Return the outputs over other nodes, which may be over others in turn."""
    made: dict[Node, Node] = {}
    stack = list(graph.outputs)
    while stack:
        node = stack[-1]
        if node in made:
            stack.pop()
            continue
        stands = new.get(node, node)
        waiting = [src for src in stands.srcs if src not in made]
        if waiting:
            stack += waiting
            continue
        made[node] = with_sources(stands, tuple([made[s] for s in stands.srcs]))
        stack.pop()
    return tuple(made[output] for output in graph.outputs)


def _note(loop: Loop) -> Note:
    steps = loop.steps
    reason = f"{steps.count} steps of {steps.period} nodes were written out"
    where = f" ({loop.lines})" if loop.lines else ""
    return Note("reroll", loop.name, reason + where)
