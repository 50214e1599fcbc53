"""Plan memory: which buffer each kernel writes, reused as soon as it is free.

In: a PLACED graph, whose order is the schedule. Out: slots for a task graph, known
before anything runs, with the peak that a run will need in each memory space.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias

from lazydag.cost.target import Target
from lazydag.ir.attrs import (
    CopyAttrs,
    FunctionAttrs,
    GetAttrs,
    KernelAttrs,
    ParamAttrs,
    SliceAttrs,
)
from lazydag.ir.functions import FUNCTIONS
from lazydag.ir.graph import Graph
from lazydag.ir.node import Node
from lazydag.ir.ops import OPS, Kind
from lazydag.ir.types import ArrayType, TupleType
from lazydag.passes.regions import may_write_over
from lazydag.passes.slots import SlotTable
from lazydag.passes.work import (
    base_of,
    factors_of,
    is_library,
    place_of,
    product_of,
    update_of,
    write_of,
)
from lazydag.passes.write_order import readers_first
from lazydag.runtime import Role, Slot

_KERNEL, _COPY, _GET, _PARAM, _RESHAPE = (
    OPS[name] for name in ("kernel", "copy", "get", "param", "reshape")
)

#: One output of a step, the kernel or copy and the position of the output; or a
#: parameter that may be written over.
Value: TypeAlias = tuple[Node, int]

_NOTHING: Mapping[int, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Buffer:
    """Where one output of a kernel, or a copy, lies.

    Parameters
    ----------
    slot : int
        Number of the slot.
    first, last : int
        Steps of the schedule in which it is written and read for the last time; the
        number of steps if nothing reads it.
    reused : bool
        Whether the slot held another value before.
    in_place : bool
        Whether that value is an operand of the very kernel that writes this one.
    is_framed : bool
        Whether what a write leaves as it is lies there already, from before the run.
    """

    slot: int
    first: int
    last: int
    reused: bool
    in_place: bool
    is_framed: bool = False


@dataclass(frozen=True, slots=True)
class MemoryPlan:
    """Slots and who lies in them.

    Parameters
    ----------
    steps : tuple of Node
        The schedule: kernels and copies.
    slots : tuple of Slot
        Parameters first, in their order.
    spaces : tuple of str
        The memory space of each slot.
    buffers : dict
        Where each kernel output and each copy lies.
    """

    steps: tuple[Node, ...]
    slots: tuple[Slot, ...]
    spaces: tuple[str, ...]
    buffers: dict[Value, Buffer]

    @property
    def kernels(self) -> tuple[Node, ...]:
        """The kernels in the order in which they run."""
        return tuple(step for step in self.steps if step.op is _KERNEL)

    @property
    def peaks(self) -> dict[str, int]:
        """Bytes that a run allocates in each space: temporaries, copies and outputs."""
        peaks = dict.fromkeys(self.spaces, 0)
        for slot, space in zip(self.slots, self.spaces, strict=True):
            if slot.role is not Role.PARAM:
                peaks[space] += slot.nbytes
        return peaks

    @property
    def peak_nbytes(self) -> int:
        """Bytes that a run allocates in all spaces together."""
        return sum(self.peaks.values())


def value_of(node: Node, replaced: Collection[int] = ()) -> Value | None:
    """Return the output or copy that `node` is or views.

    None for a parameter's, unless it is one of those that are replaced.
    """
    while node.op.kind is Kind.MOVEMENT:
        node = node.srcs[0]
    if isinstance(node.attrs, ParamAttrs):
        return (node, 0) if node.attrs.slot in replaced else None
    if node.op is _COPY:
        return node, 0
    assert isinstance(node.attrs, GetAttrs)
    return node.srcs[0], node.attrs.index


def plan_memory(
    graph: Graph,
    target: Target | None = None,
    replaced: Mapping[int, int] = _NOTHING,
) -> MemoryPlan:
    """Return where every value of a PLACED graph lies.

    Parameters
    ----------
    target : Target, optional
        What the graph was placed on; may be left out if it has one memory space.
    replaced : mapping of int to int
        The slots of parameters that may be written over, and for each of them the
        output that is there in its place when the graph is run again; -1 if none is.

    Notes
    -----
    A buffer is free after its last reader. An elementwise kernel writes over an operand
    that it is the last to read; otherwise the best-fitting free buffer of the space is
    used, or the largest one is grown. Linear but for the search among free buffers.
    """
    found = [n for n in graph.nodes() if n.op in {_KERNEL, _COPY}]

    def made(node: Node) -> Value | None:
        return value_of(node, replaced)

    steps = readers_first(found, made)
    planner = _Planner(graph, steps, target, replaced)
    for number, step in enumerate(steps):
        planner.place(number, step)
    return planner.finished()


@dataclass(slots=True)
class _Planner:
    graph: Graph
    steps: tuple[Node, ...]
    target: Target | None
    replaced: Mapping[int, int]
    table: SlotTable = field(default_factory=SlotTable)
    buffers: dict[Value, Buffer] = field(default_factory=dict)
    used: set[int] = field(default_factory=set)
    wanted: set[Value] = field(default_factory=set)
    last: dict[Value, int] = field(default_factory=dict)
    dying: dict[int, list[Value]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        home = self.target.default.space if self.target else ""
        for node, name in zip(self.graph.params, self.graph.param_names, strict=True):
            assert isinstance(node.attrs, ParamAttrs)
            space = node.attrs.space or home
            slot = self.table.new(node.type.nbytes, Role.PARAM, space, name)
            if slot in self.replaced:
                self.buffers[node, 0] = Buffer(slot, 0, 0, reused=False, in_place=False)
        self.wanted = {v for o in self.graph.outputs if (v := value_of(o))}
        for number, step in enumerate(self.steps):
            for src in step.srcs:
                value = self._value(src)
                if value is not None:
                    self.last[value] = number
        for value, number in self.last.items():
            if value not in self.wanted:
                self.dying.setdefault(number, []).append(value)

    def place(self, number: int, step: Node) -> None:
        """Choose the buffers that a step writes."""
        over = self._overwritable(number, step)
        early = _written_early(step)
        for index, item in enumerate(_items(step)):
            value = (step, index)
            slots = [] if index == early else over.get(item.nbytes, [])
            slot = taken = self._taken_over(slots, value, item.nbytes)
            if slot is None:
                slot = self._fresh(item.nbytes, self._space(step), value)
            last = self.last.get(value, len(self.steps))
            reused, in_place = slot in self.used, taken is not None
            is_framed = not in_place and self._is_framed(step, value)
            self.buffers[value] = Buffer(
                slot, number, last, reused, in_place, is_framed
            )
            self.used.add(slot)
        self._release(number, step)

    def finished(self) -> MemoryPlan:
        """Return the plan."""
        slots, spaces = self.table.finished()
        return MemoryPlan(self.steps, slots, spaces, self.buffers)

    def _value(self, node: Node) -> Value | None:
        return value_of(node, self.replaced)

    def _is_framed(self, step: Node, value: Value) -> bool:
        """Tell whether a write makes the next value of the parameter that it is over.

        Then both buffers have what it leaves as it is, if they had it before the first
        run: they change places, so the parameter's is not written otherwise.
        """
        attrs = step.attrs
        if not isinstance(attrs, KernelAttrs) or write_of(attrs.body) is None:
            return False
        base = base_of(step)
        if base is None or base.op is not _PARAM or self._value(base) is None:
            return False
        slot = self.buffers[base, 0].slot
        following = self.replaced[slot]
        if following < 0 or value_of(self.graph.outputs[following]) != value:
            return False
        for dying in self.dying.values():
            if (base, 0) in dying:
                dying.remove((base, 0))
        return True

    def _space(self, step: Node) -> str:
        if self.target is None:
            return ""
        if isinstance(step.attrs, CopyAttrs):
            return step.attrs.space
        assert isinstance(step.attrs, KernelAttrs)
        return self.target.space_of(step.attrs.device)

    def _fresh(self, nbytes: int, space: str, value: Value) -> int:
        """Return a slot for a value that lies over no operand."""
        if value in self.wanted:
            return self.table.new(nbytes, Role.OUTPUT, space, _name(value))
        return self.table.take(nbytes, space, _name(value))

    def _taken_over(self, slots: list[int], value: Value, nbytes: int) -> int | None:
        """Return the first slot that `value` can lie in, and take it off the list.

        An output's slot has its size, since the user may give the array: nothing larger
        may ever have been in it.
        """
        for slot in slots:
            if value not in self.wanted:
                slots.remove(slot)
                return slot
            if self.table.slots[slot].nbytes == nbytes:
                slots.remove(slot)
                if slot not in self.replaced:
                    self.table.hand_out(slot, _name(value))
                return slot
        return None

    def _overwritable(self, number: int, step: Node) -> dict[int, list[int]]:
        """Return by nbytes the slots of dying operands that outputs may overwrite.

        Each element is then read before it is written, by the same lane.
        """
        if not isinstance(step.attrs, KernelAttrs):
            return {}
        body = step.attrs.body
        if update_of(body) is not None:
            return self._base(number, step)
        if is_library(body):
            return self._operand(number, step)
        if any(o.op.kind is Kind.REDUCTION for o in body.outputs):
            return {}
        readers: dict[Value, list[Node]] = {}
        for src in step.srcs:
            value = self._value(src)
            if value is not None:
                readers.setdefault(value, []).append(src)
        found: dict[int, list[int]] = {}
        factors = _factors(step)
        for value in self.dying.get(number, ()):
            first, *more = readers[value]
            if first in factors:
                continue
            if not more and _is_whole(first) and _fits(first, step):
                slot = self.buffers[value].slot
                found.setdefault(first.type.nbytes, []).append(slot)
        return found

    def _operand(self, number: int, step: Node) -> dict[int, list[int]]:
        """Return by nbytes the slot that a function's result can be written over."""
        src = _written_over(step)
        value = None if src is None else self._value(src)
        if src is None or value is None or value not in self.dying.get(number, ()):
            return {}
        readers = [each for each in step.srcs if self._value(each) == value]
        if len(readers) > 1 or not _is_whole(src) or not _fits(src, step):
            return {}
        return {src.type.nbytes: [self.buffers[value].slot]}

    def _base(self, number: int, step: Node) -> dict[int, list[int]]:
        """Return by nbytes the slot that a write can happen in, if its base dies.

        All that the kernel reads of it is what it writes, or elsewhere.
        """
        base = base_of(step)
        value = None if base is None else self._value(base)
        if base is None or value is None or not _is_whole(base):
            return {}
        is_last = value in self.dying.get(number, ())
        if not is_last or not self._may_write_over(step, base, value):
            return {}
        return {base.type.nbytes: [self.buffers[value].slot]}

    def _may_write_over(self, step: Node, base: Node, value: Value) -> bool:
        """Tell whether a kernel reads nothing of its base that it may have written."""
        assert isinstance(step.attrs, KernelAttrs)
        update = step.attrs.body.outputs[0]
        readers = [s for s in step.srcs if s is not base and self._value(s) == value]
        if isinstance(update.attrs, SliceAttrs):
            return may_write_over(base, update.attrs, readers)
        return not readers and update.srcs[0] not in update.srcs[1:]

    def _release(self, number: int, step: Node) -> None:
        """Free the buffers that were read for the last time, unless taken over."""
        written = {self.buffers[step, i].slot for i in range(len(_items(step)))}
        for value in self.dying.get(number, ()):
            slot = self.buffers[value].slot
            if slot not in written and slot not in self.replaced:
                self.table.free(slot)


def _items(step: Node) -> tuple[ArrayType, ...]:
    """Return the types of what a step writes."""
    is_kernel = isinstance(step.type, TupleType)
    return step.type.items if is_kernel else (step.type,)


def _written_early(step: Node) -> int | None:
    """Return the output in whose place a product is made before others are read."""
    if not isinstance(step.attrs, KernelAttrs):
        return None
    product = product_of(step.attrs.body)
    return None if product is None else place_of(product, step.attrs.body)


def _factors(step: Node) -> set[Node]:
    """Return the sources that a kernel multiplies, tile by tile."""
    assert isinstance(step.attrs, KernelAttrs)
    product = product_of(step.attrs.body)
    slots = [] if product is None else factors_of(product)
    return {step.srcs[slot] for slot in slots}


def _written_over(step: Node) -> Node | None:
    """Return the source that a function of whole arrays can write its result over."""
    assert isinstance(step.attrs, KernelAttrs)
    body = step.attrs.body
    attrs = body.outputs[0].attrs
    over = FUNCTIONS[attrs.name].over if isinstance(attrs, FunctionAttrs) else -1
    if over < 0:
        return None
    operand = body.outputs[0].srcs[over]
    return step.srcs[body.params.index(operand)] if operand in body.params else None


def _is_whole(src: Node) -> bool:
    """Tell whether `src` is all of its buffer's value, in order.

    A copy lies as its source does: an argument or a slice may lie anyhow.
    """
    while src.op is _RESHAPE:
        src = src.srcs[0]
    if src.op is _COPY:
        return src.srcs[0].op is not _PARAM and _is_whole(src.srcs[0])
    return src.op in {_GET, _PARAM}


def _fits(src: Node, step: Node) -> bool:
    """Tell whether elements of outputs of the same nbytes cover those of `src`."""
    size, nbytes = src.type.dtype.itemsize, src.type.nbytes
    return nbytes > 0 and all(
        item.dtype.itemsize == size for item in _items(step) if item.nbytes == nbytes
    )


def _name(value: Value) -> str:
    step, index = value
    if not isinstance(step.attrs, KernelAttrs):
        return "copy"
    body = step.attrs.body
    return f"{body.name}.{index}" if len(body.outputs) > 1 else body.name
