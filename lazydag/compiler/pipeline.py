"""The passes in their order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from lazydag.compiler.fusing import FUSING, SIMPLIFYING_BODIES
from lazydag.compiler.placing import PLACE, is_shared
from lazydag.compiler.session import host_target, session
from lazydag.cost.estimate import Estimate, estimate, shared
from lazydag.cost.history import History
from lazydag.cost.target import Device, Target
from lazydag.ir.attrs import KernelAttrs
from lazydag.ir.graph import Graph, Stage
from lazydag.ir.node import Node
from lazydag.ir.ops import OPS
from lazydag.ir.verify import verify
from lazydag.passes.base import Pass
from lazydag.passes.join_sweeps import JoinSweeps
from lazydag.passes.reroll import Reroll
from lazydag.passes.simplify import Simplify
from lazydag.passes.tile import Tile
from lazydag.passes.work import cost_key, kernel_work

#: Passes by the stage that they lead to; those of one stage run one after the other.
PIPELINE: dict[Stage, tuple[Pass, ...]] = {
    Stage.SIMPLIFIED: (JoinSweeps(), Reroll(), Simplify()),
    Stage.FUSED: FUSING,
    Stage.TILED: (Tile(),),
    Stage.PLACED: (PLACE,),
}
#: For bodies of loops, which may write over their parameters.
BODY_PIPELINE = PIPELINE | {Stage.SIMPLIFIED: SIMPLIFYING_BODIES}


def stages(
    graph: Graph,
    target: Target | None = None,
    *,
    checked: bool = False,
    pipeline: Mapping[Stage, tuple[Pass, ...]] = PIPELINE,
) -> tuple[Graph, ...]:
    """Return the graph at every stage, TRACED first, PLACED last.

    Parameters
    ----------
    graph : Graph
        As traced.
    target : Target, optional
        What to plan for; the machine at hand by default.
    checked : bool
        Verify the invariants after each pass.
    pipeline : mapping
        The passes.

    Raises
    ------
    VerifyError
        If a pass broke an invariant; always a fault in lazydag.
    """
    aim = host_target() if target is None else target
    found = [graph]
    for passes in pipeline.values():
        for each in passes:
            graph = each(graph, aim)
            if checked:
                verify(graph, by=type(each).__name__)
        found.append(graph)
    return tuple(found)


def kernel_costs(
    graph: Graph, target: Target | None = None, *, corrected: bool = True
) -> dict[Node, Estimate]:
    """Return the estimate of each kernel of a graph at stage FUSED or later.

    Of what it computes: transfers of those that fetch their operands come on top.

    Parameters
    ----------
    graph : Graph
        At stage FUSED or later.
    target : Target, optional
        What it is for; the machine at hand by default.
    corrected : bool
        Correct the estimates by what this machine measured in earlier runs.
    """
    here = session()
    aim = here.target if target is None else target
    history = here.history if corrected and aim is here.target else None
    costs = {}
    for node in graph.nodes():
        if node.op is OPS["kernel"]:
            assert isinstance(node.attrs, KernelAttrs)
            each = [_cost(node, d, history) for d in aim.devices_of(node.attrs.device)]
            costs[node] = each[0] if len(each) == 1 else shared(each)
    return costs


def _cost(kernel: Node, device: Device, history: History | None) -> Estimate:
    """Return the estimate of a kernel on one device."""
    assert isinstance(kernel.attrs, KernelAttrs)
    work = kernel_work(kernel, device)
    if is_shared(kernel.attrs.body):
        work = replace(work, tiles=device.threads)
    expected = estimate(work, device)
    if history is None:
        return expected
    return history.correct(expected, *cost_key(kernel), device.name)
