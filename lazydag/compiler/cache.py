"""The plan cache: nothing is planned twice, and small things not at once.

A graph is interned, so the graph itself is the key: structure, shapes, dtypes and
parameters, but not the data. A graph of little work is interpreted the first few
times; when it keeps coming, or if it is large, it is planned.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazydag.compiler.control import control_for
from lazydag.compiler.interpret import can_interpret, interpret
from lazydag.compiler.layout import Residence, layout_in, layout_of
from lazydag.compiler.lower import Lowered, lower
from lazydag.compiler.pipeline import kernel_costs, stages
from lazydag.compiler.plan import AnyArray, Plan
from lazydag.compiler.residence import resident
from lazydag.compiler.session import host_target, memory_pool, session
from lazydag.compiler.varying import Lift, find_varying
from lazydag.cost.target import Target
from lazydag.errors import SourceLine
from lazydag.ir.graph import Graph
from lazydag.passes.plan_memory import plan_memory
from lazydag.remarks import Kind, remark

Array: TypeAlias = NDArray[Any]

#: A small graph is interpreted so often before it is planned: about when that would
#: have paid. Interpreting costs some 100 µs each time, a plan a few ms once.
MAX_INTERPRETED = 16
#: What is remarked on: so many tasks, each of which takes hardly longer than what it
#: costs to start one.
MANY_TASKS = 256
TASK_SECONDS = 5e-8
#: Plans kept, least recently used dropped first.
MAX_PLANS = 1024


@dataclass(slots=True)
class _Entry:
    """What is known of a graph: how often it was evaluated, and its plan."""

    seen: int = 0
    plan: Plan | None = None


_Key: TypeAlias = tuple[Graph, tuple[Residence, ...], int]
_entries: OrderedDict[_Key, _Entry] = OrderedDict()
_lock = threading.Lock()


def _entry(graph: Graph, layouts: tuple[Residence, ...]) -> _Entry:
    key = (graph, layouts, session().threads)
    with _lock:
        found = _entries.get(key)
        if found is None:
            found = _entries[key] = _Entry()
            if len(_entries) > MAX_PLANS:
                _entries.popitem(last=False)
        else:
            _entries.move_to_end(key)
    return found


def plan(
    graph: Graph,
    layouts: Sequence[Residence] | None = None,
    target: Target | None = None,
) -> Plan:
    """Return a plan for a traced graph, from the cache if it is there.

    Parameters
    ----------
    graph : Graph
        At stage TRACED, over params only.
    layouts : sequence of Residence, optional
        How and where the arrays will lie (`layout_of`); by default contiguous, in the
        memory of the host.
    target : Target, optional
        What to plan for; this machine by default. Plans for others are not cached.
    """
    given = tuple(layouts) if layouts is not None else (None,) * len(graph.params)
    if target is not None and target is not host_target():
        return _make_plan(graph, given, target)
    entry = _entry(graph, given)
    if entry.plan is None:
        entry.plan = _make_plan(graph, given, host_target())
    return entry.plan


def evaluate(
    graph: Graph,
    arrays: Sequence[AnyArray],
    out: Sequence[Array | None] | None = None,
    located: Callable[[], Graph] | None = None,
) -> list[AnyArray]:
    """Return the outputs of a traced graph for these arrays.

    Parameters
    ----------
    graph : Graph
        At stage TRACED, over params only.
    arrays : sequence of ndarray or DeviceArray
        One for each parameter.
    out : sequence of ndarray or None, optional
        Where outputs go; see `Plan.run`.
    located : callable, optional
        Returns the graph with the user's lines, its nodes in the same order. The lines
        that a failure is reported at are taken from there, and not from `graph`, which
        equal programs share. Called after a failure only.

    Notes
    -----
    Whether the graph is interpreted or planned never changes a bit of the results.
    """
    layouts = tuple(map(layout_of, arrays))
    if (graph, layouts, session().threads) not in _entries:
        lift = find_varying(graph)
        if lift is not None:
            numbers = lift.arrays(graph)
            if located is not None:
                located = partial(_lifted, lift, located)
            graph, arrays = lift.graph(graph), [*arrays, *numbers]
            layouts += tuple(map(layout_of, numbers))
    entry = _entry(graph, layouts)
    if entry.plan is None:
        entry.seen += 1
        is_young = out is None and entry.seen <= MAX_INTERPRETED
        near = [array for array in arrays if isinstance(array, np.ndarray)]
        if is_young and len(near) == len(arrays) and can_interpret(graph):
            return [*interpret(graph, near, plan, located)]
        entry.plan = _make_plan(graph, layouts, host_target())
    lines = None if located is None else partial(_line, located, layouts)
    return entry.plan.run(arrays, out, lines)


def _lifted(lift: Lift, located: Callable[[], Graph]) -> Graph:
    return lift.graph(located())


def _line(
    located: Callable[[], Graph], layouts: tuple[Residence, ...], task: int
) -> SourceLine | None:
    """Return the user's line of a task, whose number is the same in any equal plan."""
    return plan(located(), layouts).task_graph.tasks[task].source


def clear() -> None:
    """Forget all plans."""
    with _lock:
        _entries.clear()


def _make_plan(graph: Graph, residences: tuple[Residence, ...], target: Target) -> Plan:
    start = perf_counter()
    graphs = stages(resident(graph, residences), target)
    placed = graphs[-1]
    memory = plan_memory(placed, target)
    costs = kernel_costs(placed, target, corrected=False)
    here = session()
    control = control_for(target)
    layouts = [layout_in(each) for each in residences]
    given = placed, memory, layouts, here.backend, costs, control, target
    lowered = lower(*given)
    at = graph.outputs[-1].source if graph.outputs else None
    remark(Kind.PLAN, at, graph.name, seconds=perf_counter() - start)
    _check_tasks(lowered, at, graph.name)
    into = partial(lower, *given, stages_results=True) if lowered.pinned else None
    return Plan(graphs, lowered, memory, target, memory_pool(), into)


def _check_tasks(lowered: Lowered, at: SourceLine | None, name: str) -> None:
    """Remark on a plan of many tasks that do hardly more than cost their overhead."""
    tasks = lowered.task_graph.tasks
    if len(tasks) < MANY_TASKS:
        return
    mean = sum(task.cost for task in tasks) / len(tasks)
    if mean < 4 * TASK_SECONDS:
        remark(Kind.OVERHEAD, at, f"{name}, of {len(tasks)} tasks,")
