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
from typing import Any, TypeAlias

from numpy.typing import NDArray

from lazydag.compiler.interpret import can_interpret, interpret
from lazydag.compiler.layout import Layout, layout_of
from lazydag.compiler.lower import lower
from lazydag.compiler.pipeline import kernel_costs, stages
from lazydag.compiler.plan import Plan
from lazydag.compiler.session import host_target, memory_pool, session
from lazydag.cost.target import Target
from lazydag.errors import SourceLine
from lazydag.ir.graph import Graph
from lazydag.passes.plan_memory import plan_memory

Array: TypeAlias = NDArray[Any]

#: A small graph is interpreted so often before it is planned: about when that would
#: have paid. Interpreting costs some 100 µs each time, a plan a few ms once.
MAX_INTERPRETED = 16
#: Plans kept, least recently used dropped first.
MAX_PLANS = 1024


@dataclass(slots=True)
class _Entry:
    """What is known of a graph: how often it was evaluated, and its plan."""

    seen: int = 0
    plan: Plan | None = None


_Key: TypeAlias = tuple[Graph, tuple[Layout, ...], int]
_entries: OrderedDict[_Key, _Entry] = OrderedDict()
_lock = threading.Lock()


def _entry(graph: Graph, layouts: tuple[Layout, ...]) -> _Entry:
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
    layouts: Sequence[Layout] | None = None,
    target: Target | None = None,
) -> Plan:
    """Return a plan for a traced graph, from the cache if it is there.

    Parameters
    ----------
    graph : Graph
        At stage TRACED, over params only.
    layouts : sequence of Layout, optional
        How the arrays will lie (`layout_of`); contiguous by default.
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
    arrays: Sequence[Array],
    out: Sequence[Array | None] | None = None,
    located: Callable[[], Graph] | None = None,
) -> list[Array]:
    """Return the outputs of a traced graph for these arrays.

    Parameters
    ----------
    graph : Graph
        At stage TRACED, over params only.
    arrays : sequence of ndarray
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
    entry = _entry(graph, layouts)
    if entry.plan is None:
        entry.seen += 1
        if out is None and entry.seen <= MAX_INTERPRETED and can_interpret(graph):
            return interpret(graph, arrays, plan, located)
        entry.plan = _make_plan(graph, layouts, host_target())
    lines = None if located is None else partial(_line, located, layouts)
    return entry.plan.run(arrays, out, lines)


def _line(
    located: Callable[[], Graph], layouts: tuple[Layout, ...], task: int
) -> SourceLine | None:
    """Return the user's line of a task, whose number is the same in any equal plan."""
    return plan(located(), layouts).task_graph.tasks[task].source


def clear() -> None:
    """Forget all plans."""
    with _lock:
        _entries.clear()


def _make_plan(graph: Graph, layouts: tuple[Layout, ...], target: Target) -> Plan:
    graphs = stages(graph, target)
    placed = graphs[-1]
    memory = plan_memory(placed, target)
    costs = kernel_costs(placed, target, corrected=False)
    here = session()
    lowered = lower(placed, memory, layouts, here.backend, costs)
    return Plan(graphs, lowered, memory, target, memory_pool())
