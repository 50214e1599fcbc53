"""Simplify: folding, views folded into views, algebra that keeps IEEE results."""

from __future__ import annotations

from dataclasses import dataclass

from lazydag.cost.target import Target
from lazydag.ir.graph import Graph, Note, Stage, evolve
from lazydag.ir.rewrite import rewrite
from lazydag.passes.push_views import push_views
from lazydag.passes.rules.algebra import ALGEBRA
from lazydag.passes.rules.constants import CONSTANTS
from lazydag.passes.rules.movement import MOVEMENT
from lazydag.passes.rules.reductions import REDUCTIONS
from lazydag.passes.rules.writes import OVERWRITING_WRITES, WRITES

_COMMON = (*CONSTANTS, *REDUCTIONS, *MOVEMENT, *ALGEBRA)
OVERWRITING_RULES = (*_COMMON, *OVERWRITING_WRITES)
RULES = (*CONSTANTS, *REDUCTIONS, *MOVEMENT, *WRITES, *ALGEBRA)


@dataclass(frozen=True, slots=True)
class Simplify:
    """Apply the rules, then move views towards the inputs, then the rules again.

    Parameters
    ----------
    keeps_params : bool
        Whether parameters are there to the end; else they are written over in time.
    """

    keeps_params: bool = True

    def __call__(self, graph: Graph, target: Target) -> Graph:
        """Return `graph` at stage SIMPLIFIED; the values are the same bits."""
        del target
        rules = RULES if self.keeps_params else OVERWRITING_RULES
        outputs, fired = rewrite(graph.outputs, rules)
        outputs, moved = push_views(outputs)
        if moved:
            fired["move views to the inputs"] = moved
            outputs, again = rewrite(outputs, rules)
            for name, count in again.items():
                fired[name] = fired.get(name, 0) + count
        notes = (
            Note("simplify", name, f"applied {count} time{'s' * (count > 1)}")
            for name, count in sorted(fired.items())
        )
        return evolve(graph, outputs, Stage.SIMPLIFIED, notes)
