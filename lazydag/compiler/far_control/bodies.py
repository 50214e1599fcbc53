"""Bodies of loops and branches, planned for a device alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from lazydag.backends.cuda.queued import Lane
from lazydag.compiler.bodies import BodyPlan, BodyPlanner, plan_body
from lazydag.compiler.far_control.buffers import FAILED, STREAM, Buffers
from lazydag.compiler.far_control.runs import Place
from lazydag.compiler.far_control.scripts import Put, script
from lazydag.compiler.layout import Layout
from lazydag.compiler.lower import Lowered
from lazydag.errors import LazydagError
from lazydag.ir.graph import Graph
from lazydag.passes.memory_plan import MemoryPlan
from lazydag.runtime import Role

#: Makes the error of what kernels tell.
Error: TypeAlias = Callable[[int], LazydagError]


@dataclass(frozen=True, slots=True)
class FarBody:
    """A body that a device runs.

    Parameters
    ----------
    fixed
        Where its work memory and its handles are, by slot.
    puts
        What it puts on the stream.
    errors
        Those of its kernels that can fail.
    """

    plan: BodyPlan
    fixed: dict[int, Place]
    puts: list[Put]
    errors: tuple[Error, ...]

    @property
    def free(self) -> int:
        """The first number that no slot has."""
        return 1 + max([len(self.plan.task_graph.slots) - 1, *self.plan.following])


def far_body(
    body: Graph,
    planner: BodyPlanner,
    buffers: Buffers,
    carries: int = 0,
    first: int = 0,
) -> FarBody:
    """Return the plan of a body, with memory of the device; see `plan_body`."""
    made: list[Lowered] = []

    def noted(
        graph: Graph, layouts: Sequence[Layout], replaced: Mapping[int, int]
    ) -> tuple[Graph, Lowered, MemoryPlan]:
        found = planner(graph, layouts, replaced)
        made.append(found[1])
        return found

    plan = plan_body(body, [None] * len(body.params), noted, carries, first)
    (lowered,) = made
    fixed = _memory(plan, lowered, buffers)
    return FarBody(plan, fixed, script(plan.task_graph.tasks), lowered.errors)


def _memory(plan: BodyPlan, lowered: Lowered, buffers: Buffers) -> dict[int, Place]:
    handles, space = lowered.handles, buffers.device.space
    assert all(lane is Lane.COMPUTE for _, lane in handles.streams.values())
    fixed = dict.fromkeys(handles.streams, STREAM) | dict.fromkeys(
        handles.words, FAILED
    )
    for slot, nbytes in plan.own.items():
        if plan.task_graph.slots[slot].role is not Role.HANDLE:
            is_far = lowered.spaces.get(slot) == space
            fixed[slot] = (buffers.far if is_far else buffers.near)(nbytes)
    return fixed
