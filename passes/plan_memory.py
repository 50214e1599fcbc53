"""Plan memory: which buffer each kernel writes, reused as soon as it is free.

In: a PLACED graph, whose order is the schedule. Out: slots for a task graph, known
before anything runs, with the peak that a run will need in each memory space.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from lazydag.cost.target import Target
from lazydag.ir.attrs import CopyAttrs, KernelAttrs, ParamAttrs
from lazydag.ir.graph import Graph
from lazydag.ir.node import Node
from lazydag.ir.ops import OPS
from lazydag.passes.memory_plan import Buffer, MemoryPlan, Value, items_of, value_of
from lazydag.passes.overwriting import overwritable, written_early
from lazydag.passes.slots import SlotTable
from lazydag.passes.work import base_of, write_of
from lazydag.passes.write_order import readers_first
from lazydag.runtime import Role

_KERNEL, _COPY, _PARAM = OPS["kernel"], OPS["copy"], OPS["param"]

_NOTHING: Mapping[int, int] = MappingProxyType({})


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
        early = written_early(step)
        for index, item in enumerate(items_of(step)):
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
        """Return by nbytes the slots of dying operands that outputs may overwrite."""
        found = overwritable(step, self.dying.get(number, ()), self._value)
        return {
            nbytes: [self.buffers[value].slot for value in values]
            for nbytes, values in found.items()
        }

    def _release(self, number: int, step: Node) -> None:
        """Free the buffers that were read for the last time, unless taken over."""
        written = {self.buffers[step, i].slot for i in range(len(items_of(step)))}
        for value in self.dying.get(number, ()):
            slot = self.buffers[value].slot
            if slot not in written and slot not in self.replaced:
                self.table.free(slot)


def _name(value: Value) -> str:
    step, index = value
    if not isinstance(step.attrs, KernelAttrs):
        return "copy"
    body = step.attrs.body
    return f"{body.name}.{index}" if len(body.outputs) > 1 else body.name
