"""Lower: from a PLACED graph to the task graph that runs."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from lazydag.backends.backend import Backend
from lazydag.backends.cuda.queued import Queued
from lazydag.backends.evaluation import call_arguments, evaluator
from lazydag.backends.work import Work
from lazydag.compiler import devices
from lazydag.compiler.failing import failing_tasks
from lazydag.compiler.joined import joined_tasks
from lazydag.compiler.layout import Layout
from lazydag.compiler.memory.fit import fit
from lazydag.compiler.moves import replicated
from lazydag.compiler.pinning import slots_to_pin
from lazydag.compiler.planned_region import PlannedRegion
from lazydag.compiler.programs import program_for, run_program, wished_tile
from lazydag.compiler.queues import Handles, in_order
from lazydag.compiler.scatters import scatter_tasks
from lazydag.compiler.session import host_target
from lazydag.compiler.spawned import FarTask
from lazydag.compiler.staging import Staging, staged
from lazydag.compiler.streamed import streamed_tasks
from lazydag.compiler.tiled import is_tiled
from lazydag.compiler.views import contiguous_strides, moved
from lazydag.compiler.writes import write_tasks
from lazydag.cost.estimate import Estimate
from lazydag.cost.target import Target
from lazydag.errors import LazydagError
from lazydag.ir.attrs import GetAttrs, KernelAttrs, ParamAttrs, bodies_of
from lazydag.ir.graph import Graph
from lazydag.ir.node import Node
from lazydag.ir.ops import OPS, Kind
from lazydag.passes.memory_plan import MemoryPlan
from lazydag.passes.place.streamed import is_streamed
from lazydag.passes.work import cost_key, product_of, update_of, write_of
from lazydag.runtime import CallTask, Mode, Slot, Task, TaskGraph, View

if TYPE_CHECKING:
    from lazydag.backends.cuda.device import GpuDevice

_COPY, _PARAM = OPS["copy"], OPS["param"]


class Control(Protocol):
    """Makes what loops and branches are."""

    @property
    def is_inner(self) -> bool:
        """Whether all is part of other work on a device, which waits for it."""
        ...

    def near(self, body: Graph, inputs: Sequence[View]) -> Callable[..., None]:
        """Return what runs that of a kernel's body on the host, for such inputs."""
        ...

    def far(
        self,
        kernel: Node,
        inputs: Sequence[View],
        outputs: Sequence[View],
        slots: list[Slot],
        spaces: dict[int, str],
    ) -> list[Work]:
        """Return the work that a kernel is on a device."""
        ...


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
    control : callable
        Makes the function that a loop or a branch is, of its kernel's body and the
        views of its sources; by default they are evaluated node by node.
    target : Target, optional
        What tasks of programs cost time on; the machine at hand by default.
    stages_results : bool
        Whether results lie in the user's arrays, whose pages devices cannot copy fast.

    Raises
    ------
    UnsupportedError
        If a kernel was placed where no backend can run it.
    """
    lowering = _Lowering(memory, list(layouts))
    for step in memory.steps:
        for src in step.srcs:
            lowering.view(src)
        if step.op is _COPY:
            lowering.copied(step)
    tasks: list[Work | FarTask] = []
    own: dict[Node, Task] = {}
    slots, spaces = list(memory.slots), dict(enumerate(memory.spaces))
    staging = Staging(backend, target, slots, spaces, stages_results)
    # Loops that were written out do the same to the same buffers, again and again.
    known: dict[Hashable, Sequence[Work | FarTask]] = {}
    for kernel in memory.steps:
        if kernel.op is _COPY:
            tasks.append(lowering.copy_task(kernel))
            continue
        inputs = [replace(lowering.view(s), mode=Mode.IN) for s in kernel.srcs]
        outputs = [lowering.output(kernel, i) for i in range(len(kernel.type.items))]
        chosen = _backend(kernel, backend)
        buffer = memory.buffers[kernel, 0]
        place = buffer.in_place or buffer.is_framed
        look = (kernel.attrs, kernel.source, wished_tile(kernel))
        key = (*look, place, *inputs, *outputs)
        if key not in known:
            spawned = _program_tasks(
                kernel, inputs, outputs, chosen, slots, spaces, target
            )
            seconds = costs[kernel].seconds
            placed = kernel, inputs, outputs, chosen, seconds
            known[key] = (
                spawned
                or _far_control(kernel, inputs, outputs, control, slots, spaces)
                or streamed_tasks(kernel, inputs, outputs, staging, seconds)
                or failing_tasks(*placed, slots, spaces)
                or _kernel_tasks(*placed, control, in_place=place)
            )
        tasks += known[key]
        last = known[key][-1]
        if not isinstance(last, (Queued, FarTask)) and last.key == cost_key(kernel)[0]:
            own[kernel] = last
    views = tuple(lowering.view(o) for o in graph.outputs)
    params = [lowering.view(p) for p in graph.params]
    for number, view in enumerate(params):
        slots[number] = replace(slots[number], nbytes=view.span()[1])
    for number, nbytes in lowering.spans.items():
        slots[number] = replace(slots[number], nbytes=max(slots[number].nbytes, nbytes))
    works = replicated(tasks, slots, spaces, target)
    works = staged(fit(works, slots, spaces, target), staging)
    pinned = slots_to_pin(works, slots, spaces, target)
    is_inner = control is not None and control.is_inner
    ordered, handles = in_order(works, slots, is_inner=is_inner)
    return Lowered(
        TaskGraph(tuple(slots), ordered, graph.name),
        views,
        frozenset(lowering.compact),
        tuple(-view.offset for view in params),
        own,
        handles,
        spaces,
        pinned,
        tuple(w.error for w in works if isinstance(w, Queued) and w.error),
    )


def _backend(kernel: Node, host: Backend) -> Backend:
    is_near = devices.is_near(kernel) or is_tiled(_way(kernel)) or is_streamed(kernel)
    return host if is_near else devices.backend_of(kernel)


def _way(kernel: Node) -> str | None:
    """Return where a kernel was placed."""
    assert isinstance(kernel.attrs, KernelAttrs)
    return kernel.attrs.device


def _body(kernel: Node) -> Graph:
    """Return what a kernel computes."""
    assert isinstance(kernel.attrs, KernelAttrs)
    return kernel.attrs.body


def _control(
    kernel: Node, inputs: Sequence[View], control: Control | None
) -> Callable[..., None] | None:
    """Return what runs a loop or a branch on the host; None for other kernels."""
    body = _body(kernel)
    if not (devices.is_near(kernel) and bodies_of(body.outputs[0].attrs)):
        return None
    return evaluator(body) if control is None else control.near(body, inputs)


def _far_control(
    kernel: Node,
    inputs: Sequence[View],
    outputs: Sequence[View],
    control: Control | None,
    slots: list[Slot],
    spaces: dict[int, str],
) -> list[Work]:
    """Return the work of a loop or branch on a device; none of other kernels."""
    is_near = devices.is_near(kernel) or not bodies_of(_body(kernel).outputs[0].attrs)
    if is_near or control is None:
        return []
    *before, last = control.far(kernel, inputs, outputs, slots, spaces)
    name, bucket = cost_key(kernel)
    return [*before, replace(last, key=name, bucket=bucket)]


def _program_tasks(
    kernel: Node,
    inputs: Sequence[View],
    outputs: Sequence[View],
    backend: Backend,
    slots: list[Slot],
    spaces: Mapping[int, str],
    target: Target | None,
) -> Sequence[Work | FarTask]:
    """Return the tasks of a kernel that a tile program computes; none of others."""
    aim = host_target() if target is None else target
    if is_tiled(_way(kernel)):
        from lazydag.compiler.groups import tiled_tasks  # noqa: PLC0415 -- with BLAS

        return tiled_tasks(kernel, inputs, outputs, slots, spaces, aim, backend)
    program = program_for(_body(kernel)) if backend.runs_programs else None
    if program is None:
        return []
    region = PlannedRegion(slots, kernel.source, aim)
    run_program(program, kernel, inputs, outputs, region)
    return region.tasks()


def _kernel_tasks(
    kernel: Node,
    inputs: Sequence[View],
    outputs: Sequence[View],
    backend: Backend,
    seconds: float,
    control: Control | None,
    *,
    in_place: bool,
) -> list[Work]:
    """Return the tasks of a kernel, of which the last is what its cost is for."""
    run = _control(kernel, inputs, control)
    if run is None:
        made = _tasks(kernel, inputs, outputs, backend, seconds, in_place=in_place)
    else:
        views = call_arguments(inputs, outputs)
        made = [CallTask(_body(kernel).name, run, views, kernel.source, seconds)]
    *before, task = made
    name, bucket = cost_key(kernel)
    return [*before, replace(task, key=name, bucket=bucket)]


def _tasks(
    kernel: Node,
    inputs: Sequence[View],
    outputs: Sequence[View],
    backend: Backend,
    seconds: float,
    *,
    in_place: bool,
) -> list[Work]:
    attrs = kernel.attrs
    assert isinstance(attrs, KernelAttrs)
    if write_of(attrs.body) is not None:
        (out,) = outputs
        return write_tasks(kernel, inputs, out, backend, seconds, in_place=in_place)
    if update_of(attrs.body) is not None:
        (out,) = outputs
        return scatter_tasks(kernel, inputs, out, backend, seconds, in_place=in_place)
    if product_of(attrs.body) is not None:
        return joined_tasks(kernel, inputs, outputs, backend, seconds)
    task = backend.lower_kernel(
        attrs.body.name,
        attrs.body,
        inputs,
        outputs,
        attrs.tile or (),
        source=kernel.source,
        seconds=seconds,
    )
    return [task]


@dataclass(slots=True)
class _Lowering:
    memory: MemoryPlan
    layouts: list[Layout]
    compact: set[int] = field(default_factory=set)
    views: dict[Node, View] = field(default_factory=dict)
    #: Bytes that copies need, by slot.
    spans: dict[int, int] = field(default_factory=dict)

    def output(self, kernel: Node, index: int) -> View:
        """Return where output `index` of `kernel` is written."""
        buffer = self.memory.buffers[kernel, index]
        item = kernel.type.items[index]
        strides = contiguous_strides(item.sizes, item.dtype)
        return View(buffer.slot, item.dtype, item.sizes, strides, 0, Mode.OUT)

    def copied(self, step: Node) -> View:
        """Return where a copy between memory spaces is written: as its source lies."""
        (value,) = step.srcs
        source = self.view(value)
        start, stop = source.span()
        if stop - start > step.type.nbytes and self._may_compact(value):
            source = self._compacted(value, value)
            start, stop = source.span()
        slot = self.memory.buffers[step, 0].slot
        # A slice keeps the gaps between its elements.
        self.spans[slot] = max(stop - start, self.spans.get(slot, 0))
        return replace(source, slot=slot, offset=source.offset - start, mode=Mode.OUT)

    def _may_compact(self, value: Node) -> bool:
        """Tell whether a value is a view of a parameter that has gaps of its own."""
        while value.op.kind is Kind.MOVEMENT:
            value = value.srcs[0]
        attrs = value.attrs
        if not isinstance(attrs, ParamAttrs) or attrs.slot in self.compact:
            return False
        return self.layouts[attrs.slot] is not None

    def copy_task(self, step: Node) -> Work:
        """Return the copy of a value to another memory space."""
        source, target = self.view(step.srcs[0]), self.copied(step)
        spaces = self.memory.spaces[source.slot], self.memory.spaces[target.slot]
        return devices.copy(step, spaces, source, target)

    def view(self, node: Node) -> View:
        """Return where the value of `node` lies."""
        chain = []
        while node not in self.views and node.op.kind is Kind.MOVEMENT:
            chain.append(node)
            node = node.srcs[0]
        view = self.views.get(node) or self._base(node)
        self.views[node] = view
        for step in reversed(chain):
            next_view = moved(step, view)
            if next_view is None:
                return self._compacted(step, chain[0])
            view = self.views[step] = next_view
        return view

    def _base(self, node: Node) -> View:
        if isinstance(node.attrs, ParamAttrs):
            type_, slot = node.attrs.type, node.attrs.slot
            layout = None if slot in self.compact else self.layouts[slot]
            strides = layout or contiguous_strides(type_.sizes, type_.dtype)
            view = View(slot, type_.dtype, type_.sizes, strides)
            return replace(view, offset=-view.span()[0])
        if node.op is _COPY:
            return replace(self.copied(node), mode=Mode.IN)
        assert isinstance(node.attrs, GetAttrs)
        return replace(self.output(node.srcs[0], node.attrs.index), mode=Mode.IN)

    def _compacted(self, reshape: Node, wanted: Node) -> View:
        """Ask for a contiguous parameter, since `reshape` cannot be a view of it.

        Nor of a copy, which lies as the parameter does.
        """
        base = reshape
        while base.op is not _PARAM:
            assert base.op is _COPY or base.op.kind is Kind.MOVEMENT
            base = base.srcs[0]
        assert isinstance(base.attrs, ParamAttrs)
        assert base.attrs.slot not in self.compact
        self.compact.add(base.attrs.slot)
        self.views.clear()
        return self.view(wanted)
