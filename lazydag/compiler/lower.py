"""Lower: from a PLACED graph to the task graph that runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from lazydag.backends.backend import Backend
from lazydag.backends.cuda.queued import Queued
from lazydag.backends.work import Work
from lazydag.compiler import devices
from lazydag.compiler.kernel_works import Control, KernelWorks, Placed
from lazydag.compiler.layout import Layout
from lazydag.compiler.queues import Handles, in_order
from lazydag.compiler.spawned import FarTask
from lazydag.compiler.staging import Staging
from lazydag.compiler.value_views import ValueViews
from lazydag.compiler.whereabouts import Past
from lazydag.cost.estimate import Estimate
from lazydag.cost.target import Target
from lazydag.errors import LazydagError
from lazydag.ir.graph import Graph
from lazydag.ir.node import Node
from lazydag.ir.ops import OPS
from lazydag.passes.memory_plan import MemoryPlan
from lazydag.passes.work import cost_key
from lazydag.runtime import Mode, Slot, Task, TaskGraph, View

if TYPE_CHECKING:
    from lazydag.backends.cuda.device import GpuDevice

_COPY = OPS["copy"]


@dataclass(frozen=True, slots=True)
class Lowered:
    """A task graph and how arrays are bound to it.

    Parameters
    ----------
    task_graph : TaskGraph
        Tasks over slots; parameters are the first slots.
    outputs : tuple of View
        Where the graph's outputs lie.
    compact : frozenset of int
        Parameters that must be contiguous, because a reshape of them must be a view.
    starts : tuple of int
        For each parameter the bytes from its first element to its lowest address:
        negative where strides are.
    tasks : mapping of Node to Task
        The task that a kernel is, which its cost is for. Kernels that a tile program
        computes are many tasks, with costs of their own.
    handles : Handles
        Slots for streams and events of devices.
    spaces : mapping of int to str
        By slot the memory space that it is in; those that are not here are the host's.
    pinned : mapping of int to GpuDevice
        Slots of the host whose pages must not move, since a device copies them.
    errors : tuple of callable
        For each call on a device that can fail, what returns the error of a code.
    """

    task_graph: TaskGraph
    outputs: tuple[View, ...]
    compact: frozenset[int]
    starts: tuple[int, ...]
    tasks: Mapping[Node, Task]
    handles: Handles = field(default_factory=Handles)
    spaces: Mapping[int, str] = field(default_factory=dict)
    pinned: Mapping[int, GpuDevice] = field(default_factory=dict)
    errors: tuple[Callable[[int], LazydagError], ...] = ()


def lower(  # noqa: PLR0913 -- all that a plan is made of
    graph: Graph,
    memory: MemoryPlan,
    layouts: Sequence[Layout],
    backend: Backend,
    costs: dict[Node, Estimate],
    control: Control | None = None,
    target: Target | None = None,
    *,
    stages_results: bool = False,
) -> Lowered:
    """Return the tasks of a PLACED graph.

    Parameters
    ----------
    graph : Graph
        At stage PLACED.
    memory : MemoryPlan
        Its slots.
    layouts : sequence of Layout
        How the arrays of the parameters lie.
    backend : Backend
        Makes the tasks.
    costs : dict
        The estimate of each kernel, without corrections.
    control : Control, optional
        Makes what loops and branches are; by default they are evaluated node by node.
    target : Target, optional
        What tasks of programs cost time on; the machine at hand by default.
    stages_results : bool
        Whether results lie in the user's arrays, whose pages devices cannot copy fast.

    Raises
    ------
    UnsupportedError
        If a kernel was placed where no backend can run it.
    """
    values = _values(memory, layouts)
    slots, spaces = list(memory.slots), dict(enumerate(memory.spaces))
    staging = Staging(backend, target, slots, spaces, stages_results)
    kernels = KernelWorks(staging, control)
    tasks: list[Work | FarTask] = []
    own: dict[Node, Task] = {}
    for step in memory.steps:
        if step.op is _COPY:
            tasks.append(_copy_task(step, values, memory))
            continue
        placed = _placed(step, values, memory, costs)
        found = kernels.works(placed, Past(tasks, spaces))
        tasks += found
        last = found[-1]
        if not isinstance(last, (Queued, FarTask)) and last.key == cost_key(step)[0]:
            own[step] = last
    views = tuple(values.view(o) for o in graph.outputs)
    params = [values.view(p) for p in graph.params]
    _resize(slots, params, values.spans)
    works, pinned = _works(tasks, staging)
    is_inner = control is not None and control.is_inner
    ordered, handles = in_order(works, slots, is_inner=is_inner)
    return Lowered(
        TaskGraph(tuple(slots), ordered, graph.name),
        views,
        frozenset(values.compact),
        tuple(-view.offset for view in params),
        own,
        handles,
        spaces,
        pinned,
        tuple(w.error for w in works if isinstance(w, Queued) and w.error),
    )


def _values(memory: MemoryPlan, layouts: Sequence[Layout]) -> ValueViews:
    """Return where values lie, when all that must be compact is known."""
    values = ValueViews(memory, list(layouts))
    for step in memory.steps:
        for src in step.srcs:
            values.view(src)
        if step.op is _COPY:
            values.copied(step)
    return values


def _placed(
    kernel: Node, values: ValueViews, memory: MemoryPlan, costs: Mapping[Node, Estimate]
) -> Placed:
    inputs = [replace(values.view(s), mode=Mode.IN) for s in kernel.srcs]
    outputs = [values.output(kernel, i) for i in range(len(kernel.type.items))]
    buffer = memory.buffers[kernel, 0]
    in_place = buffer.in_place or buffer.is_framed
    return Placed(kernel, inputs, outputs, costs[kernel].seconds, in_place)


def _works(
    tasks: Sequence[Work | FarTask], staging: Staging
) -> tuple[Sequence[Work], Mapping[int, GpuDevice]]:
    """Return all work of a plan, and slots of the host that must not move."""
    near = [each for each in tasks if not isinstance(each, (Queued, FarTask))]
    if len(near) == len(tasks) and len({*staging.spaces.values()}) <= 1:
        return near, {}
    from lazydag.compiler.far_works import moved_works  # noqa: PLC0415 -- GPUs

    return moved_works(tasks, staging)


def _copy_task(step: Node, values: ValueViews, memory: MemoryPlan) -> Work:
    """Return the copy of a value to another memory space."""
    source, target = values.view(step.srcs[0]), values.copied(step)
    spaces = memory.spaces[source.slot], memory.spaces[target.slot]
    return devices.copy(step, spaces, source, target)


def _resize(
    slots: list[Slot], params: Sequence[View], spans: Mapping[int, int]
) -> None:
    """Give slots the bytes that arrays have as they lie, gaps included."""
    for number, view in enumerate(params):
        slots[number] = replace(slots[number], nbytes=view.span()[1])
    for number, nbytes in spans.items():
        slots[number] = replace(slots[number], nbytes=max(slots[number].nbytes, nbytes))
