"""From a traced graph to its explanation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from numpy.typing import NDArray

from lazydag.compiler import Layout, host_target, layout_of, plan, stages
from lazydag.cost import Target
from lazydag.errors import UnsupportedError
from lazydag.explain.analysis import analyse, sample
from lazydag.explain.explanation import Explanation
from lazydag.explain.summary import op_count
from lazydag.ir.graph import Graph
from lazydag.ir.node import array_type
from lazydag.runtime import TaskGraph

Arrays: TypeAlias = Sequence[NDArray[Any] | None]


def build(
    graph: Graph,
    arrays: Arrays,
    *,
    stage: str = "all",
    target: Target | None = None,
    analyze: bool = False,
) -> Explanation:
    """Return the explanation of a traced graph.

    Parameters
    ----------
    graph
        At stage TRACED.
    arrays
        What the parameters stand for; None for those of which only the type is known.
    stage
        What to show: a stage's label, ``"tasks"`` or ``"all"``.
    target
        The machine to plan for; this one by default.
    analyze
        Run it on this machine, on random data where there is no array.
    """
    machine = host_target() if target is None else target
    layouts = [None if array is None else layout_of(array) for array in arrays]
    graphs = stages(graph, machine)
    return Explanation(
        tuple(g for g in graphs if stage in {"all", g.stage.label}),
        op_count(graph),
        machine,
        _shown_tasks(graph, layouts, machine, stage),
        analysis=analyse(plan(graph, layouts), _filled(graph, arrays))
        if analyze
        else None,
    )


def _filled(graph: Graph, arrays: Arrays) -> list[NDArray[Any]]:
    return [
        sample(array_type(node), seed) if array is None else array
        for seed, (node, array) in enumerate(zip(graph.params, arrays, strict=True))
    ]


def _shown_tasks(
    graph: Graph, layouts: Sequence[Layout], target: Target, stage: str
) -> TaskGraph | None:
    """Return the tasks if they are to be shown and there is a backend for them."""
    if stage not in {"tasks", "all"}:
        return None
    try:
        return plan(graph, layouts, target).task_graph
    except UnsupportedError:
        if stage == "tasks":
            raise
        return None
