"""Plan memory: which buffer each kernel writes, reused as soon as it is free.

In: a PLACED graph, whose order is the schedule. Out: slots for a task graph, known
before anything runs, with the peak that a run will need.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from lazydag.ir.attrs import GetAttrs, KernelAttrs
from lazydag.ir.graph import Graph
from lazydag.ir.node import Node
from lazydag.ir.ops import OPS, Kind
from lazydag.passes.work import is_library
from lazydag.runtime import Role, Slot

_KERNEL, _GET, _PARAM, _RESHAPE = (
    OPS[name] for name in ("kernel", "get", "param", "reshape")
)

#: One output of a kernel: the kernel node and the position of the output.
Value: TypeAlias = tuple[Node, int]


@dataclass(frozen=True, slots=True)
class Buffer:
    """Where one output of a kernel lies.

    Parameters
    ----------
    slot : int
        Number of the slot.
    first, last : int
        Steps of the schedule in which it is written and read for the last time.
    reused : bool
        Whether the slot held another value before.
    in_place : bool
        Whether that value is an operand of the very kernel that writes this one.
    """

    slot: int
    first: int
    last: int
    reused: bool
    in_place: bool


@dataclass(frozen=True, slots=True)
class MemoryPlan:
    """Slots and who lies in them.

    Parameters
    ----------
    kernels : tuple of Node
        The schedule.
    slots : tuple of Slot
        Parameters first, in their order.
    buffers : dict
        Where each kernel output lies.
    """

    kernels: tuple[Node, ...]
    slots: tuple[Slot, ...]
    buffers: dict[Value, Buffer]

    @property
    def peak_nbytes(self) -> int:
        """Bytes that a run allocates: temporaries and outputs."""
        return sum(s.nbytes for s in self.slots if s.role is not Role.PARAM)


def value_of(node: Node) -> Value | None:
    """Return the kernel output that `node` is or views; None if it is a parameter."""
    while node.op.kind is Kind.MOVEMENT:
        node = node.srcs[0]
    if node.op is _PARAM:
        return None
    assert isinstance(node.attrs, GetAttrs)
    return node.srcs[0], node.attrs.index


def plan_memory(graph: Graph) -> MemoryPlan:
    """Return where every kernel output of a PLACED graph lies.

    Notes
    -----
    A buffer is free after its last reader. An elementwise kernel writes over an operand
    that it is the last to read; otherwise the best-fitting free buffer is used, or the
    largest one is grown. Linear but for the search among the free buffers.
    """
    kernels = tuple(n for n in graph.nodes() if n.op is _KERNEL)
    planner = _Planner(graph, kernels)
    for step, kernel in enumerate(kernels):
        planner.place(step, kernel)
    return planner.finished()


@dataclass(slots=True)
class _Planner:
    graph: Graph
    kernels: tuple[Node, ...]
    nbytes: list[int] = field(default_factory=list)
    roles: list[Role] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    buffers: dict[Value, Buffer] = field(default_factory=dict)
    free: list[int] = field(default_factory=list)
    used: set[int] = field(default_factory=set)
    wanted: set[Value] = field(default_factory=set)
    last: dict[Value, int] = field(default_factory=dict)
    dying: dict[int, list[Value]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for node, name in zip(self.graph.params, self.graph.param_names, strict=True):
            self._new_slot(node.type.nbytes, Role.PARAM, name)
        self.wanted = {v for o in self.graph.outputs if (v := value_of(o))}
        for step, kernel in enumerate(self.kernels):
            for src in kernel.srcs:
                value = value_of(src)
                if value is not None:
                    self.last[value] = step
        for value, step in self.last.items():
            if value not in self.wanted:
                self.dying.setdefault(step, []).append(value)

    def place(self, step: int, kernel: Node) -> None:
        """Choose the buffers that `kernel` writes."""
        over = self._overwritable(step, kernel)
        for index, item in enumerate(kernel.type.items):
            value = (kernel, index)
            operand = over.pop(item.nbytes, None) if item.nbytes else None
            if operand is not None:
                slot = self._take_over(operand, value)
            else:
                slot = self._fresh(item.nbytes, value)
            last = self.last.get(value, len(self.kernels))
            in_place = operand is not None
            self.buffers[value] = Buffer(slot, step, last, slot in self.used, in_place)
            self.used.add(slot)
        self._release(step, kernel)

    def finished(self) -> MemoryPlan:
        """Return the plan."""
        each = zip(self.nbytes, self.roles, self.names, strict=True)
        return MemoryPlan(
            self.kernels, tuple(Slot(*fields) for fields in each), self.buffers
        )

    def _new_slot(self, nbytes: int, role: Role, name: str = "") -> int:
        self.nbytes.append(nbytes)
        self.roles.append(role)
        self.names.append(name)
        return len(self.nbytes) - 1

    def _fresh(self, nbytes: int, value: Value) -> int:
        """Return a slot for a value that lies over no operand."""
        if value in self.wanted:
            return self._new_slot(nbytes, Role.OUTPUT, _name(value))
        if not self.free:
            return self._new_slot(nbytes, Role.TEMPORARY, _name(value))
        large = [s for s in self.free if self.nbytes[s] >= nbytes]
        slot = (
            min(large, key=lambda s: self.nbytes[s])
            if large
            else max(self.free, key=lambda s: self.nbytes[s])
        )
        self.free.remove(slot)
        self.nbytes[slot] = max(self.nbytes[slot], nbytes)
        return slot

    def _take_over(self, operand: Value, value: Value) -> int:
        """Return the operand's slot; it becomes an output's if the value is one."""
        slot = self.buffers[operand].slot
        if value in self.wanted:
            self.roles[slot], self.names[slot] = Role.OUTPUT, _name(value)
        return slot

    def _overwritable(self, step: int, kernel: Node) -> dict[int, Value]:
        """Return dying operands of `kernel` that an output may overwrite, by nbytes."""
        assert isinstance(kernel.attrs, KernelAttrs)
        body = kernel.attrs.body
        if is_library(body) or any(o.op.kind is Kind.REDUCTION for o in body.outputs):
            return {}
        readers: dict[Value, list[Node]] = {}
        for src in kernel.srcs:
            value = value_of(src)
            if value is not None:
                readers.setdefault(value, []).append(src)
        return {
            src.type.nbytes: value
            for value in self.dying.get(step, ())
            if len(readers.get(value, ())) == 1
            and self._is_whole(src := readers[value][0], value)
            and self._has_itemsize(src, kernel)
        }

    def _is_whole(self, src: Node, value: Value) -> bool:
        """Tell whether `src` is all of the buffer, in order."""
        while src.op is _RESHAPE:
            src = src.srcs[0]
        slot = self.buffers[value].slot
        return src.op is _GET and self.nbytes[slot] == src.type.nbytes

    def _has_itemsize(self, src: Node, kernel: Node) -> bool:
        size = src.type.dtype.itemsize
        return all(
            t.dtype.itemsize == size
            for t in kernel.type.items
            if t.nbytes == src.type.nbytes
        )

    def _release(self, step: int, kernel: Node) -> None:
        """Free the buffers that were read for the last time, unless taken over."""
        count = len(kernel.type.items)
        written = {self.buffers[kernel, index].slot for index in range(count)}
        for value in self.dying.get(step, ()):
            slot = self.buffers[value].slot
            if slot not in written and self.roles[slot] is Role.TEMPORARY:
                self.free.append(slot)


def _name(value: Value) -> str:
    kernel, index = value
    assert isinstance(kernel.attrs, KernelAttrs)
    body = kernel.attrs.body
    return f"{body.name}.{index}" if len(body.outputs) > 1 else body.name


def schedule(graph: Graph) -> Sequence[Node]:
    """Return the kernels of a graph in the order in which they run."""
    return [n for n in graph.nodes() if n.op is _KERNEL]
