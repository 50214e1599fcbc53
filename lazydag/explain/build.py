"""From a traced graph to its explanation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from numpy.typing import NDArray

from lazydag.compiler import (
    Plan,
    Residence,
    host_target,
    layout_of,
    plan,
    resident,
    stages,
)
from lazydag.cost import Target
from lazydag.errors import UnsupportedError
from lazydag.explain.analysis import analyse, analyse_region, sample
from lazydag.explain.explanation import Explanation
from lazydag.explain.listing import Region
from lazydag.explain.sockets import Prediction, dealt, predict, sockets_of
from lazydag.explain.subject import HasTasks, Part, Parts
from lazydag.explain.summary import Costs, Shown, op_count
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
        Run it, on random data where there is no array.
    """
    machine = host_target() if target is None else target
    layouts = [None if array is None else layout_of(array) for array in arrays]
    each = stages(resident(graph, layouts), machine)
    shown = [Shown.of(g, op_count(graph), machine) for g in each]
    tasks = prediction = None
    if stage in {"tasks", "all"}:
        planned = _planned(graph, layouts, machine, is_needed=stage == "tasks")
        if planned is not None:
            tasks = _tasks(planned, shown[-1].costs)
            prediction = _prediction(planned, tasks, machine)
    analysis = None
    if analyze:
        planned = plan(graph, layouts, machine)
        costs = _task_costs(planned, shown[-1].costs)
        workers = machine.default.threads
        analysis = analyse(planned, _filled(graph, arrays), costs, workers)
    kept = tuple(s for s in shown if stage in {"all", s.graph.stage.label})
    return Explanation(kept, machine, tasks, analysis=analysis, prediction=prediction)


def _task_costs(planned: Plan, kernels: Costs) -> list[float]:
    """Return the estimates of the tasks: of those that are kernels, the kernels'.

    Programs of tiles, and writes that copy what they leave, are several.
    """
    seconds = {
        task: kernels[kernel].seconds
        for kernel, task in planned.lowered.tasks.items()
        if kernel in kernels
    }
    return [seconds.get(task, task.cost) for task in planned.task_graph.tasks]


def build_parts(
    function: Parts,
    *,
    stage: str = "all",
    target: Target | None = None,
    analyze: bool = False,
) -> Explanation:
    """Return the explanation of a function, one of each part that differs.

    Parameters
    ----------
    function
        How it runs.
    stage, target, analyze
        As for `build`.
    """
    counts = Counter(part.graph for part in function.parts)
    first = {part.graph: part for part in reversed(function.parts)}
    parts = [first[graph] for graph in counts]
    made = [
        build(part.graph, part.arrays, stage=stage, target=target, analyze=analyze)
        for part in parts
    ]
    if len(function.parts) == 1:
        return made[0]
    title = f"This function is run by {function.tier}."
    heads = [part_title(i, part, counts[part.graph]) for i, part in enumerate(parts, 1)]
    machine = host_target() if target is None else target
    return Explanation(
        (), machine, title=title, parts=tuple(zip(heads, made, strict=True))
    )


def part_title(number: int, part: Part, count: int) -> str:
    """Return what is said of a part above it."""
    times = "" if count == 1 else f", {count} times"
    if part.why == "return":
        return f"Part {number}{times}: what is left when the function returns."
    at = "" if part.at is None else f" at {part.at}  {part.at.text()}"
    return f"Part {number}{times}: up to a value that is needed ({part.why}){at}"


def build_region(
    subject: HasTasks, *, target: Target | None = None, analyze: bool = False
) -> Explanation:
    """Return the explanation of a region of tasks.

    Parameters
    ----------
    target
        The machine to predict for; this one by default.
    analyze
        Run it once more.
    """
    machine = host_target() if target is None else target
    region = Region(subject.name, subject.task_list(), subject.notes())
    analysis = None
    if analyze:
        analysis = analyse_region(region, subject.run, machine.default.threads)
    return Explanation((), machine, region, analysis=analysis)


def _filled(graph: Graph, arrays: Arrays) -> list[NDArray[Any]]:
    return [
        sample(array_type(node), seed) if array is None else array
        for seed, (node, array) in enumerate(zip(graph.params, arrays, strict=True))
    ]


def _planned(
    graph: Graph, layouts: Sequence[Residence], target: Target, *, is_needed: bool
) -> Plan | None:
    """Return the plan.

    Where no backend can run it there is none, and an error if it `is_needed`.
    """
    try:
        return plan(graph, layouts, target)
    except UnsupportedError:
        if is_needed:
            raise
        return None


def _tasks(planned: Plan, costs: Costs) -> TaskGraph:
    """Return what is run, with these estimates, one for each kernel."""
    found = planned.task_graph
    tasks = tuple(
        replace(task, cost=seconds)
        for task, seconds in zip(found.tasks, _task_costs(planned, costs), strict=True)
    )
    return TaskGraph(found.slots, tasks, found.name)


def _prediction(planned: Plan, tasks: TaskGraph, target: Target) -> Prediction | None:
    """Return a simulated run, if there are several sockets to run on."""
    if len(sockets_of(target)) < 2:
        return None
    return predict(tasks, dealt(planned), target)
