"""From the kernel of a loop or branch on a device to the work that it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from lazydag.backends.cuda.queued import Lane, Queued
from lazydag.backends.work import Work
from lazydag.compiler.bodies import BodyPlanner, giving, phases
from lazydag.compiler.far_control.bodies import Error, FarBody, far_body
from lazydag.compiler.far_control.buffers import STREAM, Buffers
from lazydag.compiler.far_control.put import PutSteps
from lazydag.compiler.far_control.runs import Choice, Copies, Entries, Place, Steps
from lazydag.compiler.far_control.scripts import Put, Table
from lazydag.compiler.far_control.sweeps import far_sweeps
from lazydag.compiler.views import contiguous_strides
from lazydag.errors import KernelError, LazydagError
from lazydag.ir.attrs import (
    BranchAttrs,
    KernelAttrs,
    LoopAttrs,
    ParamAttrs,
    StencilAttrs,
)
from lazydag.ir.graph import Graph, Stage, make_graph, param
from lazydag.ir.node import Node, array_type
from lazydag.ir.types import ArrayType
from lazydag.runtime import Mode, View, address_of

if TYPE_CHECKING:
    from lazydag.backends.cuda.backend import CudaBackend

_FLAG_NBYTES = 1
_NUMBER_NBYTES = 8


def control_works(
    kernel: Node,
    inputs: Sequence[View],
    outputs: Sequence[View],
    backend: CudaBackend,
    buffers: Buffers,
    planner: BodyPlanner,
) -> list[Work]:
    """Return the work of a kernel that is a loop or branch; the last is itself.

    Parameters
    ----------
    planner
        Plans bodies for the device.
    """
    made = _Control(kernel, inputs, outputs, backend, buffers, planner)
    attrs = made.first.attrs
    if isinstance(attrs, StencilAttrs):
        return made.sweeps(attrs)
    if isinstance(attrs, LoopAttrs):
        work = made.work(*_Loop(made, attrs).planned())
    else:
        assert isinstance(attrs, BranchAttrs)
        work = made.work(*_branch(made, attrs))
    return [*made.before, work]


@dataclass(slots=True)
class _Control:
    """What loops and branches have in common.

    Attributes
    ----------
    before
        Work that makes operands ready.
    """

    kernel: Node
    inputs: Sequence[View]
    outputs: Sequence[View]
    backend: CudaBackend
    buffers: Buffers
    planner: BodyPlanner
    before: list[Work] = field(default_factory=list)

    @property
    def first(self) -> Node:
        """The operation, or the first of its results that is wanted."""
        assert isinstance(self.kernel.attrs, KernelAttrs)
        return self.kernel.attrs.body.outputs[0]

    @property
    def results(self) -> dict[int, Place]:
        """Where the results go that are wanted."""
        assert isinstance(self.kernel.attrs, KernelAttrs)
        nodes = self.kernel.attrs.body.outputs
        return {
            node.attrs.output: self.buffers.place(view, Mode.OUT)  # type: ignore[union-attr]
            for node, view in zip(nodes, self.outputs, strict=True)
        }

    def source(self, number: int) -> View:
        """Return where a source lies."""
        src = self.first.srcs[number]
        if isinstance(src.attrs, ParamAttrs):
            return self.inputs[src.attrs.slot]
        type_ = array_type(src)
        target = self.buffers.array(type_.sizes, type_.dtype)
        self._compute(make_graph("constant", [], [src], Stage.SIMPLIFIED), [], target)
        return replace(target, mode=Mode.IN)

    def compact(self, number: int) -> Place:
        """Return where a source lies without gaps."""
        view = self.source(number)
        if view.strides not in {None, contiguous_strides(view.shape, view.dtype)}:
            target = self.buffers.array(view.shape, view.dtype)
            self.copy(view, target)
            view = replace(target, mode=Mode.IN)
        return self.buffers.place(view, Mode.IN)

    def copy(self, source: View, target: View) -> None:
        """Append a copy of an array."""
        own = param(0, ArrayType(source.shape, source.dtype))
        body = make_graph("copy", [own], [own], Stage.SIMPLIFIED)
        self._compute(body, [source], target)

    def _compute(self, body: Graph, inputs: Sequence[View], target: View) -> None:
        source = self.kernel.source
        self.before.append(
            self.backend.lower_kernel(
                body.name, body, inputs, [target], (), source=source
            )
        )

    def body(self, graph: Graph, carries: int = 0, first: int = 0) -> FarBody:
        """Return a body, planned for the device."""
        return far_body(graph, self.planner, self.buffers, carries, first)

    def sweeps(self, attrs: StencilAttrs) -> list[Work]:
        """Return a stencil as work."""
        assert isinstance(self.kernel.attrs, KernelAttrs)
        nodes = self.kernel.attrs.body.outputs
        numbers = [node.attrs.output for node in nodes]  # type: ignore[union-attr]
        sources = [self.source(number) for number in range(len(self.first.srcs))]
        results = dict(zip(numbers, self.outputs, strict=True))
        given = self.kernel, attrs, sources, results
        return [*self.before, *far_sweeps(*given, self.backend, self.buffers)]

    def work(self, steps: Steps | Choice, errors: Sequence[Error]) -> Queued:
        """Return the loop or branch as work."""
        assert isinstance(self.kernel.attrs, KernelAttrs)
        return Queued(
            self.kernel.attrs.body.name,
            self.backend.device,
            Lane.COMPUTE,
            PutSteps(steps, self.buffers),
            tuple(self.buffers.accesses),
            self.kernel.source,
            error=_one_of(errors),
        )


@dataclass(slots=True)
class _Loop:
    """A loop being planned.

    Attributes
    ----------
    extra
        Numbers of entries that are no slots.
    first
        By slot: what it has before the first step.
    """

    made: _Control
    attrs: LoopAttrs
    results: dict[int, Place] = field(init=False)
    body: FarBody = field(init=False)
    extra: Iterator[int] = field(init=False)
    copies: Copies = field(init=False)
    entries: Entries = field(init=False)
    fixed: dict[int, Place] = field(default_factory=dict)
    handles: dict[int, int] = field(default_factory=dict)
    moving: dict[int, tuple[Place, int]] = field(default_factory=dict)
    first: dict[int, Place] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.results = self.made.results
        kept = [*range(self.attrs.carries), *self._stacks()]
        graph = giving(self.attrs.body, kept)
        self.body = self.made.body(graph, self.attrs.carries, 1)
        self.extra = count(self.body.free)
        self.fixed.update(self.body.fixed)
        stream = next(self.extra)
        self.fixed[stream] = STREAM
        self.copies = Copies(self.made.backend.device, stream)

    def planned(self) -> tuple[Steps, Sequence[Error]]:
        """Return what runs the loop, and how it fails."""
        self._operands()
        before = self._number()
        self._carries()
        each = [*self.body.puts, *self._stacked(), *self._copied()]
        last, fetch, word = self._last(), None, 0
        if self.attrs.length is None:
            fetch, word = self._flag()
        places = [
            {slot: self.first[at] for slot, at in phase.items()}
            for phase in self._phases()
        ]
        entries = Entries(
            next(self.extra), self.handles, self.fixed, places, self.moving
        )
        steps = Steps(entries, self.attrs.length, before, each, last, fetch, word)
        return steps, self.body.errors

    def _phases(self) -> list[dict[int, int]]:
        return phases(self.body.plan.following)

    def _stacks(self) -> list[int]:
        return [each for each in self.results if each >= self.attrs.carries]

    def _operands(self) -> None:
        """Say where rows are, and what all steps read."""
        carries, rows = self.attrs.carries, self.attrs.rows
        for number in range(carries, len(self.made.first.srcs)):
            place, slot = self.made.compact(number), 1 + number
            if number < carries + rows:
                self._move(slot, place, array_type(self.made.first.srcs[number]))
            else:
                self.fixed[slot] = place

    def _move(self, entry: int, place: Place, type_: ArrayType) -> None:
        """Let an entry go along the rows of an array."""
        stride = type_.nbytes // max(1, type_.sizes[0])
        buffer, offset = place
        if self.attrs.reverse and self.attrs.length:
            offset += (self.attrs.length - 1) * stride
            stride = -stride
        self.moving[entry] = (buffer, offset), stride

    def _number(self) -> list[Put]:
        """Bring the numbers of all steps to the device, if steps look at them."""
        body, length = self.attrs.body, self.attrs.length
        if not length or body.params[0] not in body.nodes():
            return []
        numbers = np.arange(length)
        place = self.made.buffers.far(numbers.nbytes)
        source, target = next(self.extra), next(self.extra)
        self.handles[source] = address_of(numbers)
        self.fixed[target] = place
        self.moving[0] = place, _NUMBER_NBYTES
        put = self.copies.put(target, source, numbers.nbytes)
        return [_Keeping(put, numbers)]

    def _carries(self) -> None:
        """Give carries their buffers and first values."""
        following, length = self.body.plan.following, self.attrs.length
        wanted = {c: p for c, p in self.results.items() if c < self.attrs.carries}
        if length is not None:
            found = self._phases()
            last = found[length % len(found)]
            # What is there at first will be the carry's after the last step.
            self.first = {last[1 + c]: place for c, place in wanted.items()}
        for carry in range(self.attrs.carries):
            nbytes = array_type(self.made.first.srcs[carry]).nbytes
            for slot in _cycle(following, 1 + carry):
                if slot not in self.first:
                    self.first[slot] = self.made.buffers.far(nbytes)
        for carry in range(self.attrs.carries):
            framed = [at for at, c in self.body.plan.framed.items() if c == 1 + carry]
            view = self.made.source(carry)
            self.made.buffers.place(view, Mode.IN)
            for slot in (1 + carry, *framed):
                target = self._view(slot, view)
                self.made.copy(view, target)
                self.made.buffers.place(target, Mode.IN)

    def _view(self, slot: int, like: View) -> View:
        """Return the first buffer of a slot as an array."""
        buffer, offset = self.first[slot]
        number = list(self.made.buffers.numbers)[buffer]
        strides = contiguous_strides(like.shape, like.dtype)
        return View(number, like.dtype, like.shape, strides, offset, Mode.OUT)

    def _stacked(self) -> list[Put]:
        """Return what brings rows to the stacks, where they are not made there."""
        plan, found = self.body.plan, []
        for result, slot in zip(
            self._stacks(), plan.outputs[self.attrs.carries :], strict=True
        ):
            type_ = self._result_type(result)
            if slot in plan.stacked and slot not in self.moving:
                self.fixed.pop(slot, None)
                self._move(slot, self.results[result], type_)
                continue
            entry = next(self.extra)
            self._move(entry, self.results[result], type_)
            found.append(self.copies.put(entry, slot, self._row_nbytes(type_)))
        return found

    def _result_type(self, result: int) -> ArrayType:
        assert isinstance(self.made.kernel.attrs, KernelAttrs)
        nodes = self.made.kernel.attrs.body.outputs
        return array_type(nodes[list(self.results).index(result)])

    def _row_nbytes(self, type_: ArrayType) -> int:
        return type_.nbytes // max(1, type_.sizes[0])

    def _copied(self) -> list[Put]:
        """Return the copies of outputs that lie in one place."""
        slots = self.body.plan.task_graph.slots
        return [
            self.copies.put(target, source, slots[source].nbytes)
            for target, source in self.body.plan.copied.items()
        ]

    def _last(self) -> list[Put]:
        """Return what brings carries to their places after a number of steps."""
        if self.attrs.length is not None:
            return []
        found = []
        for carry, place in self.results.items():
            entry = next(self.extra)
            self.fixed[entry] = place
            nbytes = array_type(self.made.first.srcs[carry]).nbytes
            found.append(self.copies.put(entry, 1 + carry, nbytes))
        return found

    def _flag(self) -> tuple[Put, int]:
        """Return what brings the first carry, and its entry on the host."""
        event, word = next(self.extra), next(self.extra)
        self.handles[event] = self.made.backend.device.event()
        self.fixed[word] = self.made.buffers.near(_NUMBER_NBYTES)
        return self.copies.fetch(word, 1, _FLAG_NBYTES, event), word


def _cycle(following: Mapping[int, int], first: int) -> Iterator[int]:
    """Yield the slots whose buffers one gets in turn."""
    yield first
    slot = following[first]
    while slot != first:
        yield slot
        slot = following[slot]


class _Keeping:
    """Puts something on a stream that reads an array of the host."""

    __slots__ = ("_keep", "_put")

    def __init__(self, put: Put, keep: object) -> None:
        self._put, self._keep = put, keep

    def __call__(self, table: Table) -> None:
        self._put(table)


def _branch(made: _Control, attrs: BranchAttrs) -> tuple[Choice, Sequence[Error]]:
    """Return what runs a branch, and how it fails."""
    index, results = made.compact(0), made.results
    sources = [made.compact(number) for number in range(1, len(made.first.srcs))]
    word, device = made.buffers.near(_NUMBER_NBYTES), made.backend.device
    stream, event, near, far = range(4)
    fixed = {stream: STREAM, near: word, far: index}
    fetch = Copies(device, stream).fetch(near, far, _NUMBER_NBYTES, event)
    entries = Entries(4, {event: device.event()}, fixed)
    bodies: list[tuple[Entries, list[Put]]] = []
    errors: list[Error] = []
    for graph in attrs.bodies:
        body = made.body(giving(graph, list(results)))
        bodies.append(_option(made, body, sources, list(results.values())))
        errors += body.errors
    return Choice(entries, fetch, near, bodies), errors


def _option(
    made: _Control, body: FarBody, sources: Sequence[Place], results: Sequence[Place]
) -> tuple[Entries, list[Put]]:
    """Return one of the bodies of a branch, whose results are made in their places."""
    extra, fixed = count(body.free), body.fixed | dict(enumerate(sources))
    stream = next(extra)
    fixed[stream] = STREAM
    copies, puts = Copies(made.backend.device, stream), list(body.puts)
    taken = set(range(len(sources)))
    for slot, place in zip(body.plan.outputs, results, strict=True):
        if slot not in taken:
            taken.add(slot)
            fixed[slot] = place
            continue
        entry = next(extra)
        fixed[entry] = place
        nbytes = body.plan.task_graph.slots[slot].nbytes
        puts.append(copies.put(entry, slot, nbytes))
    return Entries(next(extra), {}, fixed), puts


def _one_of(errors: Sequence[Error]) -> Error | None:
    """Return the error of what one of several kernels tells."""
    if len(errors) > 1:
        return _somewhere
    return errors[0] if errors else None


def _somewhere(_: int) -> LazydagError:
    return KernelError("a kernel failed in a step of a loop or branch on a device")
