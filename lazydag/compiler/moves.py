"""Work whose slots are in several memories: copies where replicas need them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from lazydag.backends.cuda.queued import Lane, Queued, Stub, queued_copy
from lazydag.backends.cuda.rows import PutRows, queued_rows
from lazydag.backends.work import Work
from lazydag.compiler.cells import Rectangle
from lazydag.compiler.devices import REMEDY, device_of
from lazydag.compiler.replicas import Located, Move, Step, replicate
from lazydag.compiler.routes import Routes
from lazydag.cost.target import Target
from lazydag.errors import UnsupportedError
from lazydag.runtime import Access, CallTask, Mode, Slot, View
from lazydag.runtime.alias import Region
from lazydag.runtime.placeholders import space_of

_BYTE = np.dtype(np.uint8)


def replicated(
    works: Sequence[Work],
    slots: list[Slot],
    spaces: dict[int, str],
    target: Target | None,
) -> Sequence[Work]:
    """Return the work of a plan over slots in the memories that it runs in.

    Parameters
    ----------
    slots, spaces
        Those of the plan, and where they are; replicas are appended.
    target
        None if there is one memory.
    """
    if target is None or len(target.devices) == 1:
        return works
    home = target.default.space
    homes = [spaces.get(number) or home for number in range(len(slots))]
    steps = [_step(work, homes, home) for work in works]
    if all(_is_home(step, homes) for step in steps):
        return works
    found = replicate(steps, slots, homes, Routes(target))
    slots[len(homes) :] = found.slots[len(homes) :]
    spaces.update(enumerate(found.spaces))
    return [
        _located(works[each.step], each) if isinstance(each, Located) else _moved(each)
        for each in found.steps
    ]


def _step(work: Work, homes: Sequence[str], home: str) -> Step:
    if not isinstance(work, Queued):
        return Step(home, work.accesses)
    if isinstance(work.put, Stub) and work.put.name == "copy":
        source, target = work.accesses
        return Step(homes[target.slot], work.accesses, source.slot)
    return Step(work.device.space, work.accesses)


def _is_home(step: Step, homes: Sequence[str]) -> bool:
    return step.moves_from is not None or all(
        homes[access.slot] == step.space for access in step.accesses
    )


def _located(work: Work, found: Located) -> Work:
    if not found.slots:
        return work
    places = {slot: (held, 0) for slot, held in found.slots.items()}
    assert isinstance(work, Queued)
    return work.located(places)


def _moved(move: Move) -> Work:
    """Return a copy as work for the device that it goes to, or else comes from."""
    what, into = move.what, move.what._replace(start=move.start)
    accesses = (
        _access(move.source, Mode.IN, what),
        _access(move.target, Mode.OUT, into),
    )
    source, target = map(device_of, move.spaces)
    device = target or source
    if device is None:
        return _near_copy(move, accesses)
    lane = Lane.OUT if target is None else Lane.IN if source is None else Lane.PEER
    if what.rows == 1:
        read = View(move.source, _BYTE, (what.width,), None, what.start)
        written = replace(read, slot=move.target, offset=move.start, mode=Mode.OUT)
        return queued_copy(device, lane, read, written, None)
    rows = PutRows(
        (move.target, move.start, what.pitch),
        (move.source, what.start, what.pitch),
        what.width,
        what.rows,
    )
    return queued_rows(device, lane, rows, accesses, None)


def _access(slot: int, mode: Mode, what: Rectangle) -> Access:
    if what.rows == 1:
        return Access(slot, mode, what.start, what.stop)
    axes = (1, what.width), (what.pitch, what.rows)
    region = Region(space_of(slot), what.start, axes)
    return Access(slot, mode, what.start, what.stop, region)


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
    shape, strides = (move.what.rows, move.what.width), (move.what.pitch, 1)
    views = (
        View(move.target, _BYTE, shape, strides, move.start, Mode.OUT),
        View(move.source, _BYTE, shape, strides, move.what.start),
    )
    return CallTask("copy", np.copyto, views, holds_gil=False, exact=accesses)
