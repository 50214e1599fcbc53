"""Work whose slots are in several memories: copies where replicas need them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from lazydag.backends.cuda.queued import Lane, Queued, Stub, queued_copy
from lazydag.backends.cuda.rows import PutRows, queued_rows
from lazydag.backends.work import Work
from lazydag.compiler.devices import REMEDY, device_of
from lazydag.compiler.replicas import End, Located, Move, Step, replicate
from lazydag.compiler.routes import Routes
from lazydag.compiler.spawned import FarTask
from lazydag.compiler.views import contiguous_strides
from lazydag.cost.target import Target
from lazydag.errors import UnsupportedError
from lazydag.runtime import Access, CallTask, Mode, Role, Slot, View
from lazydag.runtime.alias import Region
from lazydag.runtime.placeholders import placeholder, region_of, space_of

_BYTE = np.dtype(np.uint8)
_TIMED: Final = 4


def replicated(
    works: Sequence[Work | FarTask],
    slots: list[Slot],
    spaces: dict[int, str],
    target: Target | None,
) -> Sequence[Work]:
    """Return the work of a plan over slots in the memories that it runs in.

    All but tasks of tile programs finds what it accesses in its memory as it is.

    Parameters
    ----------
    slots, spaces
        Those of the plan, and where they are; replicas are appended. Temporaries that
        nothing touches at home have no bytes from now on.
    target
        None if there is one memory.
    """
    near = [work for work in works if not isinstance(work, FarTask)]
    if target is None or len(near) == len(works):
        return near
    home = target.default.space
    homes = [spaces.get(number) or home for number in range(len(slots))]
    steps = [_step(work, homes) for work in works]
    found = replicate(steps, slots, homes, Routes(target))
    slots[len(homes) :] = found.slots[len(homes) :]
    spaces.update(enumerate(found.spaces))
    placing = _Placing()
    placed = [
        placing.located(works[each.step], each)
        if isinstance(each, Located)
        else _moved(each)
        for each in found.steps
    ]
    _drop(placed, slots)
    return placed


def _drop(works: Sequence[Work], slots: list[Slot]) -> None:
    """Give no memory to temporaries that are nowhere but away from home."""
    used = {access.slot for work in works for access in work.accesses}
    for number, slot in enumerate(slots):
        if slot.role is Role.TEMPORARY and number not in used:
            slots[number] = replace(slot, nbytes=0)


def _step(work: Work | FarTask, homes: Sequence[str]) -> Step:
    if isinstance(work, FarTask):
        return Step(work.device.space, work.accesses)
    if isinstance(work, Queued) and _is_copy(work):
        source, target = work.accesses
        return Step(homes[target.slot], work.accesses, source.slot)
    return Step(None, work.accesses)


def _is_copy(work: Queued) -> bool:
    return isinstance(work.put, Stub) and work.put.name == "copy"


@dataclass(slots=True)
class _Placing:
    """Puts tasks where their tiles are; the same tile has the same access.

    Of tasks that are alike, the first few on each device are timed.
    """

    known: dict[View, Access] = field(default_factory=dict)
    alike: Counter[tuple[str, ...]] = field(default_factory=Counter)

    def located(self, work: Work | FarTask, found: Located) -> Work:
        """Return a task where what it accesses is."""
        if not isinstance(work, FarTask):
            assert all(
                place.slot == access.slot
                for place, access in zip(found.places, work.accesses, strict=True)
            )
            return work
        views = [
            replace(
                view,
                slot=place.slot,
                offset=place.at(view.offset, pitch),
                strides=place.strides(_strides(view), pitch),
            )
            for view, place, pitch in zip(
                work.views, found.places, found.pitches, strict=True
            )
        ]
        made = work.queued(views, [self._access(view) for view in views])
        key, bucket = work.form.cost_key
        kind = made.device.name, key, bucket
        self.alike[kind] += 1
        is_timed = self.alike[kind] <= _TIMED
        return replace(made, key=key, bucket=bucket) if is_timed else made

    def _access(self, view: View) -> Access:
        known = self.known.get(view)
        if known is None:
            region = region_of(placeholder(view))
            start, stop = (0, 0) if region.is_empty else region.span()
            gaps = None if region.is_dense else region
            known = self.known[view] = Access(view.slot, view.mode, start, stop, gaps)
        return known


def _strides(view: View) -> tuple[int, ...]:
    if view.strides is not None:
        return view.strides
    return contiguous_strides(view.shape, view.dtype)


def _moved(move: Move) -> Work:
    """Return a copy as work for the device that it goes to, or else comes from."""
    accesses = (
        _access(move.source, Mode.IN, move.rows, move.width),
        _access(move.target, Mode.OUT, move.rows, move.width),
    )
    source, target = map(device_of, move.spaces)
    device = target or source
    if device is None:
        return _near_copy(move, accesses)
    lane = Lane.OUT if target is None else Lane.IN if source is None else Lane.PEER
    if all(access.region is None for access in accesses):
        nbytes = (move.rows * move.width,)
        read = View(move.source.slot, _BYTE, nbytes, None, move.source.start)
        written = View(move.target.slot, _BYTE, nbytes, None, move.target.start)
        return queued_copy(device, lane, read, replace(written, mode=Mode.OUT), None)
    rows = PutRows(move.target, move.source, move.width, move.rows)
    return queued_rows(device, lane, rows, accesses, None)


def _access(end: End, mode: Mode, rows: int, width: int) -> Access:
    if rows == 1 or end.pitch == width:
        return Access(end.slot, mode, end.start, end.start + rows * width)
    axes = (1, width), (end.pitch, rows)
    region = Region(space_of(end.slot), end.start, axes)
    return Access(end.slot, mode, *region.span(), region)


def _near_copy(move: Move, accesses: tuple[Access, ...]) -> CallTask:
    """Return a copy within the memory of the host.

    Raises
    ------
    UnsupportedError
        If it is between memories of devices that are not there.
    """
    src, dst = move.spaces
    if src != dst:
        what = f"no device copies between memory spaces, from {src} to {dst}"
        raise UnsupportedError(what, remedy=REMEDY)
    shape = move.rows, move.width
    into, read = move.target, move.source
    views = (
        View(into.slot, _BYTE, shape, (into.pitch, 1), into.start, Mode.OUT),
        View(read.slot, _BYTE, shape, (read.pitch, 1), read.start),
    )
    return CallTask("copy", np.copyto, views, holds_gil=False, exact=accesses)
