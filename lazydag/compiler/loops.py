"""Loops as they run: one frozen graph, over buffers that change places."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import prod
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazydag.compiler.bodies import BodyPlan, phases
from lazydag.compiler.operands import Bases, Operands
from lazydag.compiler.session import memory_pool, session
from lazydag.ir.attrs import LoopAttrs
from lazydag.runtime import address_of
from lazydag.runtime.executor import Addresses

Array: TypeAlias = NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Loop:
    """A loop, to be called with the arrays of its inputs and wanted results.

    Parameters
    ----------
    plan : BodyPlan
        Of the body, with the carries and the wanted stacks as outputs.
    """

    attrs: LoopAttrs
    plan: BodyPlan
    operands: Operands

    @property
    def nbytes(self) -> int:
        """What a run allocates."""
        return self.plan.nbytes

    @property
    def uses_blas(self) -> bool:
        """Whether tasks of the steps call BLAS."""
        return self.plan.uses_blas

    def __call__(self, *arrays: Array) -> None:
        """Run all steps."""
        sources, results = self.operands.apart(arrays)
        run = _Run(self.attrs, self.plan, results)
        run.begin(sources)
        place = run.steps()
        run.finish(place)


@dataclass(slots=True, eq=False)
class _Run:
    """One run of a loop.

    Parameters
    ----------
    first : dict of int to ndarray
        What each slot that changes places has before the first step.
    moving : dict of int to (int, int)
        Slots that lie elsewhere at each step: the first address, and the distance.
    number : ndarray
        The number of the step.
    """

    attrs: LoopAttrs
    plan: BodyPlan
    results: Mapping[int, Array]
    bases: Bases = field(init=False)
    phases: list[dict[int, int]] = field(init=False)
    first: dict[int, Array] = field(default_factory=dict)
    moving: dict[int, tuple[int, int]] = field(default_factory=dict)
    number: Array = field(default_factory=lambda: np.zeros((), np.int64))

    def __post_init__(self) -> None:
        self.bases = Bases(self.plan, [0] * len(self.plan.task_graph.slots))
        self.phases = phases(self.plan.following)

    def begin(self, sources: Sequence[Array]) -> None:
        """Give the slots their buffers, and the carries their first values."""
        attrs, bases = self.attrs, self.bases
        carries, rows = attrs.carries, attrs.rows
        bases.addresses[0] = address_of(self.number)
        for slot, array in enumerate(sources[carries:], 1 + carries):
            ready = bases.bind(slot, array)
            if slot <= carries + rows:
                begin = address_of(ready) + self.plan.starts[slot]
                self.moving[slot] = begin, ready.strides[0]
        for slot, nbytes in self.plan.own.items():
            if slot not in self.plan.stacked:
                bases.lease(slot, nbytes)
        for slot, stack in self._stacks():
            if self._is_stacked_there(slot):
                self.moving[slot] = address_of(stack), stack.strides[0]
        self._begin_carries(sources[:carries])

    def _begin_carries(self, values: Sequence[Array]) -> None:
        following, steps = self.plan.following, self.attrs.length
        if steps is not None:
            last = self.phases[steps % len(self.phases)]
            for carry in range(len(values)):
                if carry in self.results:
                    # What is here now will be the carry's after the last step.
                    self.first[last[1 + carry]] = self.results[carry]
        for carry, value in enumerate(values):
            slot = 1 + carry
            while True:
                if slot not in self.first:
                    lease = memory_pool().lease(value.nbytes)
                    self.first[slot] = lease.array(value.shape, value.dtype)
                slot = following[slot]
                if slot == 1 + carry:
                    break
        for carry, value in enumerate(values):
            _seen_as(self.first[1 + carry], value)[...] = value
        for slot, carry_slot in self.plan.framed.items():
            value = values[carry_slot - 1]
            _seen_as(self.first[slot], value)[...] = value

    def _stacks(self) -> list[tuple[int, Array]]:
        """Return the slot that each wanted stack's rows are made in, and the stack."""
        carries = self.attrs.carries
        stacks = [array for r, array in self.results.items() if r >= carries]
        return list(zip(self.plan.outputs[carries:], stacks, strict=True))

    def _is_stacked_there(self, slot: int) -> bool:
        """Tell whether a row can be made in the stack itself, by one of them."""
        return slot in self.plan.stacked and slot not in self.moving

    def steps(self) -> dict[int, int]:
        """Run the steps; return where slots find their first buffers then."""
        graph, executor = self.plan.task_graph, session().executor
        places, states_of = self.phases, len(self.phases)
        copies = [self._copies(place) for place in places]
        goes_on = self._condition()
        moving = [(slot, *self._along(slot)) for slot in self.moving]
        bindings = [self._bound(place) for place in places]
        number, step = self.number, 0
        with executor.bound(graph, bindings) as states:
            while goes_on(step):
                phase = step % states_of
                number[()] = step
                state = states[phase]
                for slot, begin, stride in moving:
                    state.bases[slot] = begin + step * stride
                if graph.tasks:
                    executor.again(graph, state)
                for copy in copies[phase]:
                    copy(step)
                step += 1
        return places[step % states_of]

    def _along(self, slot: int) -> tuple[int, int]:
        begin, stride = self.moving[slot]
        if self.attrs.reverse and self.attrs.length:
            return begin + (self.attrs.length - 1) * stride, -stride
        return begin, stride

    def _bound(self, place: Mapping[int, int]) -> Addresses:
        addresses = list(self.bases.addresses)
        for slot, at in place.items():
            if slot < len(addresses):
                addresses[slot] = address_of(self.first[at])
        return addresses

    def _condition(self) -> Callable[[int], bool]:
        length = self.attrs.length
        if length is not None:
            return lambda step: step < length
        flags = [
            ctypes.c_bool.from_address(address_of(self.first[place[1]]))
            for place in self.phases
        ]
        return lambda step: flags[step % len(flags)].value

    def _copies(self, place: Mapping[int, int]) -> list[Callable[[int], None]]:
        """Return what is copied after a step, for outputs that lie in one slot."""
        found: list[Callable[[int], None]] = []
        made: dict[int, Array] = {}
        for slot, stack in self._stacks():
            if slot not in self.moving:
                source = self._value(slot, place, stack.shape[1:], stack.dtype)
                found.append(partial(self._stack, stack, source))
            elif slot in made:
                found.append(partial(self._stack_again, stack, made[slot]))
            made.setdefault(slot, stack)
        for slot, at in self.plan.copied.items():
            target = self.first[place[slot]]
            source = self._value(at, place, target.shape, target.dtype)
            found.append(partial(_copy, target, source))
        return found

    def _value(
        self,
        slot: int,
        place: Mapping[int, int],
        shape: tuple[int, ...],
        dtype: np.dtype[Any],
    ) -> Array:
        """Return what a step makes in a slot, as an array."""
        if slot in place:
            return _seen_as(self.first[place[slot]], np.empty(shape, dtype))
        nbytes = prod(shape) * dtype.itemsize
        buffer = (ctypes.c_char * nbytes).from_address(self.bases.leased[slot])
        return np.ndarray(shape, dtype, memoryview(buffer))

    def _row(self, step: int) -> int:
        length = self.attrs.length
        return length - 1 - step if self.attrs.reverse and length else step

    def _stack(self, stack: Array, source: Array, step: int) -> None:
        stack[self._row(step)] = source

    def _stack_again(self, stack: Array, other: Array, step: int) -> None:
        stack[self._row(step)] = other[self._row(step)]

    def finish(self, place: Mapping[int, int]) -> None:
        """Move the last carries to where they are wanted, if they are not there."""
        for carry in range(self.attrs.carries):
            last = self.first[place[1 + carry]]
            wanted = self.results.get(carry)
            if wanted is not None and wanted is not last:
                wanted[...] = _seen_as(last, wanted)


def _seen_as(buffer: Array, like: Array) -> Array:
    """Return a buffer as an array of another's type; carries may take turns in one."""
    if buffer.dtype != like.dtype:
        buffer = buffer.reshape(-1).view(like.dtype)
    return buffer.reshape(like.shape)


def _copy(target: Array, source: Array, _step: int) -> None:
    target[...] = source
