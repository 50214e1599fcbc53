"""Where the values of a PLACED graph lie: slots, and who has them when."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TypeAlias

from lazydag.ir.attrs import GetAttrs, ParamAttrs
from lazydag.ir.node import Node
from lazydag.ir.ops import OPS, Kind
from lazydag.ir.types import ArrayType, TupleType
from lazydag.runtime import Role, Slot

_KERNEL, _COPY = OPS["kernel"], OPS["copy"]

#: One output of a step, the kernel or copy and the position of the output; or a
#: parameter that may be written over.
Value: TypeAlias = tuple[Node, int]


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


def items_of(step: Node) -> tuple[ArrayType, ...]:
    """Return the types of what a step writes."""
    is_kernel = isinstance(step.type, TupleType)
    return step.type.items if is_kernel else (step.type,)
