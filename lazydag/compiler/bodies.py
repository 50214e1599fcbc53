"""Planning the bodies of loops and branches, each once.

A loop's carries may be written over. After a step the buffers of a carry and of its
next value change places, so that nothing is moved that a step does not compute.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Final, TypeAlias

from lazydag.backends.cpu.products import calls_blas
from lazydag.compiler.layout import Layout
from lazydag.compiler.lower import Lowered
from lazydag.ir.attrs import ParamAttrs
from lazydag.ir.graph import Graph, make_graph
from lazydag.passes.memory_plan import MemoryPlan, value_of
from lazydag.runtime import CallTask, Role, TaskGraph

#: Runs are prepared for so many sets of buffers.
MOST_PHASES: Final = 8

#: Plans a graph whose parameters in the mapping may be written over.
BodyPlanner: TypeAlias = Callable[
    [Graph, Sequence[Layout], Mapping[int, int]], tuple[Graph, Lowered, MemoryPlan]
]


@dataclass(frozen=True, slots=True, eq=False)
class BodyPlan:
    """A body made ready to run many times.

    Parameters
    ----------
    task_graph : TaskGraph
        Its tasks; the parameters are the first slots.
    outputs : tuple of int
        The slot that each output lies in.
    following : dict of int to int
        For slots whose buffers change places after a step, the slot whose buffer each
        gets: those of carries get their next values. Slots beyond those of the task
        graph are for copies.
    copied : dict of int to int
        Slots that get a copy of another slot before that: of outputs in one place.
    framed : dict of int to int
        Slots of which all but a region is never written, and the slots of the carries
        whose next values they are: these are in both from the start.
    own : dict of int to int
        Bytes of the slots that are neither parameters nor carried.
    stacked : frozenset of int
        Those of them that are outputs, and no copy of a carry is made of.
    compact : frozenset of int
        Parameters that must be contiguous.
    starts : tuple of int
        As of `Lowered`.
    nbytes : int
        What a run allocates, in loops and branches inside as well.
    """

    task_graph: TaskGraph
    outputs: tuple[int, ...]
    following: Mapping[int, int]
    copied: Mapping[int, int]
    framed: Mapping[int, int]
    own: Mapping[int, int]
    stacked: frozenset[int]
    compact: frozenset[int]
    starts: tuple[int, ...]
    nbytes: int

    @property
    def uses_blas(self) -> bool:
        """Whether its tasks call BLAS."""
        return uses_blas(self.task_graph)


def plan_body(
    body: Graph,
    layouts: Sequence[Layout],
    planner: BodyPlanner,
    carries: int = 0,
    first: int = 0,
) -> BodyPlan:
    """Return the plan of a body.

    Parameters
    ----------
    layouts : sequence of Layout
        How the arrays of the parameters lie.
    planner : callable
        Plans a graph.
    carries : int
        So many first outputs take the place of parameters.
    first : int
        The first of these parameters.
    """
    slots = range(first, first + carries)
    passed = _passed_on(body, slots)
    made = [i for i in range(len(body.outputs)) if i not in passed]
    wanted = [body.outputs[i] for i in made]
    graph = make_graph(body.name, body.params, wanted, param_names=body.param_names)
    position = {output: at for at, output in enumerate(made)}
    kept = set(passed.values())
    replaced = {
        slot: position.get(slot - first, -1) for slot in slots if slot not in kept
    }
    placed, lowered, memory = planner(graph, layouts, replaced)
    outputs = [
        passed[i] if i in passed else lowered.outputs[position[i]].slot
        for i in range(len(body.outputs))
    ]
    framed = _framed(placed, memory, replaced)
    task_graph = lowered.task_graph
    following, copied = _rotation(outputs[:carries], slots, task_graph, framed)
    own = {
        number: slot.nbytes
        for number, slot in enumerate(task_graph.slots)
        if slot.role is not Role.PARAM and number not in following
    }
    return BodyPlan(
        task_graph,
        tuple(outputs),
        following,
        copied,
        framed,
        own,
        frozenset(outputs) & own.keys() - set(copied.values()),
        lowered.compact,
        lowered.starts,
        sum(own.values())
        + carried_nbytes(task_graph, following)
        + inner_nbytes(task_graph),
    )


def giving(body: Graph, outputs: Sequence[int]) -> Graph:
    """Return a body with some of its outputs."""
    wanted = [body.outputs[i] for i in outputs]
    return make_graph(body.name, body.params, wanted, param_names=body.param_names)


def carried_nbytes(graph: TaskGraph, following: Mapping[int, int]) -> int:
    """Return the bytes of the buffers that change places."""
    slots = graph.slots
    known = {s: slots[s].nbytes for s in following if s < len(slots)}
    copies = [known[s] for s, at in following.items() if s in known and at not in known]
    return sum(known.values()) + sum(copies)


def inner_nbytes(graph: TaskGraph) -> int:
    """Return what the largest of the loops and branches of a graph allocates."""
    functions = [task.function for task in graph.tasks if isinstance(task, CallTask)]
    return max([getattr(each, "nbytes", 0) for each in functions], default=0)


def uses_blas(graph: TaskGraph) -> bool:
    """Tell whether tasks call BLAS, those of loops and branches among them.

    Each call is to use one thread then.
    """
    functions = [task.function for task in graph.tasks if isinstance(task, CallTask)]
    inside = any(getattr(each, "uses_blas", False) for each in functions)
    return inside or any(map(calls_blas, graph.tasks))


def _passed_on(body: Graph, slots: range) -> dict[int, int]:
    """Return the outputs that are carries as they were, once each: they only move."""
    found: dict[int, int] = {}
    for output in range(len(slots)):
        attrs = body.outputs[output].attrs
        slot = attrs.slot if isinstance(attrs, ParamAttrs) else -1
        if slot in slots and slot not in found.values():
            found[output] = slot
    return found


def _framed(
    placed: Graph, memory: MemoryPlan, replaced: Mapping[int, int]
) -> dict[int, int]:
    """Return by its slot the carry whose next value is written into a frame."""
    found: dict[int, int] = {}
    for slot, output in replaced.items():
        value = None if output < 0 else value_of(placed.outputs[output])
        if value is not None and memory.buffers[value].is_framed:
            found[memory.buffers[value].slot] = slot
    return found


def _rotation(
    outputs: Sequence[int], slots: range, graph: TaskGraph, framed: Mapping[int, int]
) -> tuple[dict[int, int], dict[int, int]]:
    """Return which buffers slots get after a step, and what is copied before that."""
    following: dict[int, int] = {}
    copied: dict[int, int] = {}
    fresh = count(len(graph.slots))
    for slot, output in zip(slots, outputs, strict=True):
        at = output
        if output in following.values():
            at = next(fresh)
            copied[at] = output
        following[slot] = at
    left = set(slots) - set(following.values())
    nbytes = {slot: graph.slots[slot].nbytes for slot in slots}
    waiting = {at: slot for slot, at in following.items() if at not in slots}
    for at, carry in sorted(waiting.items(), key=lambda pair: pair[0] not in framed):
        fits = [slot for slot in sorted(left) if nbytes[slot] == nbytes[carry]]
        following[at] = framed.get(at, fits[0])
        left.remove(following[at])
    if len(phases(following)) <= MOST_PHASES:
        return following, copied
    # Rather than after many steps, all are in their places again after two.
    spare = {slot: len(graph.slots) + i for i, slot in enumerate(slots)}
    copied = {spare[s]: o for s, o in zip(slots, outputs, strict=True)}
    return spare | {at: slot for slot, at in spare.items()}, copied


def phases(following: Mapping[int, int]) -> list[dict[int, int]]:
    """Return for each step the slots whose first buffers the slots have before it.

    Until all are in their places again, or one more than `MOST_PHASES`.
    """
    start = {slot: slot for slot in following}
    found = [start]
    while len(found) <= MOST_PHASES:
        now = {slot: found[-1][then] for slot, then in following.items()}
        if now == start:
            break
        found.append(now)
    return found
