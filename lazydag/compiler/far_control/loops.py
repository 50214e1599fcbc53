"""Loops on devices: which entry of a step's table is what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Final

import numpy as np

from lazydag.compiler.bodies import giving, phases
from lazydag.compiler.far_control.bodies import Error, FarBody
from lazydag.compiler.far_control.buffers import STREAM
from lazydag.compiler.far_control.operation import Operation
from lazydag.compiler.far_control.runs import Copies, Entries, Place, Steps
from lazydag.compiler.far_control.scripts import Put, Table
from lazydag.compiler.views import contiguous_strides
from lazydag.ir.attrs import KernelAttrs, LoopAttrs
from lazydag.ir.node import array_type
from lazydag.ir.types import ArrayType
from lazydag.runtime import Mode, View, address_of

_FLAG_NBYTES: Final = 1
_NUMBER_NBYTES: Final = 8


@dataclass(slots=True)
class FarLoop:
    """A loop being planned.

    Attributes
    ----------
    extra
        Numbers of entries that are no slots.
    first
        By slot: what it has before the first step.
    """

    made: Operation
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
