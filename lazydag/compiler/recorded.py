"""What a region recorded, as tasks over slots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.lib.array_utils import byte_bounds
from numpy.typing import NDArray

from lazydag.compiler.spawned import Spawned, routine
from lazydag.runtime import (
    Access,
    CallTask,
    KernelTask,
    Mode,
    Role,
    Slot,
    View,
    address_of,
)
from lazydag.runtime.alias import Region
from lazydag.runtime.edges import predecessors
from lazydag.runtime.placeholders import space_of
from lazydag.runtime.regions.places import OBJECT
from lazydag.runtime.regions.running import call_in

if TYPE_CHECKING:
    from lazydag.runtime.regions.places import Place
    from lazydag.runtime.regions.recording import Recording
    from lazydag.runtime.regions.templates import Access as Use

_HANDLE: Final = np.dtype(np.uint8)


class RecordedTasks:
    """What was recorded, as tasks over slots.

    Attributes
    ----------
    slots
        The buffers; one for the number of the run; objects, and results of tasks that
        others take.
    """

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        buffers = recording.places.buffers
        self._addresses = buffers.addresses
        self.slots = [
            Slot(byte_bounds(owner)[1] - address, Role.PARAM)
            for owner, address in zip(buffers.owners, buffers.addresses, strict=True)
        ]
        self._token = len(self.slots)
        self.slots.append(Slot(8, Role.PARAM, "run"))
        self._others: dict[tuple[str, int], int] = {}
        self._accesses: dict[tuple[int, Use], Access] = {}
        own = [self._own(number) for number in range(len(recording))]
        needed = _needed(recording, own)
        self.spawned = [
            replace(self._spawned(number, accesses), after=needed[number])
            for number, accesses in enumerate(own)
        ]

    def _own(self, number: int) -> tuple[Access, ...]:
        """Return what a task accesses, the results of other tasks among it."""
        recording = self._recording
        uses = recording.sites[number].template.accesses
        places = recording.operands[number]
        found = [self._access(*each) for each in zip(places, uses, strict=True)]
        taken = recording.waits.get(number, ())
        found += [self._other("result", each, Mode.IN) for each in taken]
        if any(number in each for each in recording.waits.values()):
            found.append(self._other("result", number, Mode.OUT))
        return tuple(found)

    def _access(self, place: Place, use: Use) -> Access:
        if place.layout == OBJECT:
            return self._other("object", place.buffer, use[0])
        known = self._accesses.get((place.number, use))
        if known is None:
            region = Region.of(place.value, use[1])
            start = region.start - self._addresses[place.buffer]
            region = replace(region, space=space_of(place.buffer), start=start)
            bounds = (0, 0) if region.is_empty else region.span()
            known = Access(place.buffer, use[0], *bounds, region)
            self._accesses[place.number, use] = known
        return known

    def _other(self, kind: str, number: int, mode: Mode) -> Access:
        """Return the access to something that is no array."""
        slot = self._others.get((kind, number))
        if slot is None:
            slot = self._others[kind, number] = len(self.slots)
            self.slots.append(Slot(1, Role.PARAM, kind))
        return Access(slot, mode, 0, 1)

    def _spawned(self, number: int, accesses: tuple[Access, ...]) -> Spawned:
        site, places = self._recording.sites[number], self._recording.operands[number]
        template = site.template
        call = template.native
        if call is None:
            run = partial(_call, number)
            token = (View(self._token, _HANDLE, (8,)),)
            task = CallTask(
                template.name,
                run,
                token,
                site.source,
                template.seconds,
                holds_gil=False,
                exact=(*accesses, Access(self._token, Mode.IN, 0, 8)),
            )
            return Spawned(task)
        offsets = [[place.offset for place in places]]
        rows = call.blocks([[place.buffer for place in places]], offsets)
        native = KernelTask(
            template.name,
            call.kernel,
            rows,
            accesses,
            site.source,
            template.seconds,
            owner=call,
        )
        uses = [_whole(use) for use in template.accesses]
        each = list(zip(places, uses, strict=True))
        views = tuple(_view(place, mode) for place, (mode, _) in each)
        whole = tuple(self._access(place, use) for place, use in each)
        return Spawned(native, routine(call, template.bind), views, whole)


def _whole(use: Use) -> Use:
    """Return how an array is accessed if a part of it stands for all."""
    mode, part = use
    return (Mode.INOUT if mode.writes and part is not None else mode), None


def _view(place: Place, mode: Mode) -> View:
    array = place.value
    shape, strides = array.shape, array.strides
    return View(place.buffer, array.dtype, shape, strides, place.offset, mode)


def _needed(
    recording: Recording, accesses: Sequence[Sequence[Access]]
) -> list[tuple[int, ...]]:
    """Return for each Python function the tasks before it that can fail on a device."""
    masks: list[int] = []
    found: list[tuple[int, ...]] = []
    for number, before in enumerate(predecessors(accesses)):
        mask = 0
        for earlier in before:
            mask |= masks[earlier]
        found.append(_bits(mask) if number in recording.calls else ())
        native = recording.sites[number].template.native
        far = None if native is None else native.far
        can_fail = far is not None and far.can_fail
        masks.append(mask | can_fail << number)
    return found


def _bits(mask: int) -> tuple[int, ...]:
    return tuple(at for at in range(mask.bit_length()) if mask >> at & 1)


def _call(number: int, token: NDArray[Any]) -> None:
    """Call a Python function of the run whose number is the address of an array."""
    call_in(address_of(token), number)
