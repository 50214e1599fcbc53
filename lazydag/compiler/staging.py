"""Staging: what devices copy goes by way of pages of the host that do not move.

A driver copies such pages at the speed of the link while everything else goes on; for
others it uses a few pages of its own, and lets the caller wait. So copies of the user's
arrays are cut, and the host's threads copy the parts to or from a few buffers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from math import prod
from typing import TYPE_CHECKING, Final

import numpy as np

from lazydag.backends.backend import Backend
from lazydag.backends.cuda.queued import Lane, Queued, queued_copy
from lazydag.backends.cuda.rows import PutRows
from lazydag.backends.work import Work
from lazydag.cost.estimate import transfer_seconds
from lazydag.cost.target import Target
from lazydag.errors import SourceLine
from lazydag.ir.graph import Stage, make_graph, param
from lazydag.ir.reduction import ROW_BLOCK
from lazydag.ir.types import ArrayType
from lazydag.passes.tile import shape_tile
from lazydag.runtime import Access, Mode, Role, Slot, View

if TYPE_CHECKING:
    from lazydag.backends.cuda.device import GpuDevice

#: Copies of fewer bytes are left to the driver.
LEAST_NBYTES: Final = 1 << 20
#: Of a part, and of the buffer that it takes.
PART_NBYTES: Final = 8 << 20
#: Buffers that parts take in turn: while one is filled, others are on their way.
BUFFERS: Final = 4

# Elements of a tile of what the host copies.
_TILE: Final = 1 << 16
_BYTE: Final = np.dtype(np.uint8)


@dataclass(slots=True)
class Staging:
    """The buffers of a plan, and copies to and from them.

    Parameters
    ----------
    host
        Copies within its memory.
    target
        What copies take time on; None if there are no devices.
    slots, spaces
        Those of the plan; buffers are appended.
    stages_results
        Whether results lie in the user's arrays.
    """

    host: Backend
    target: Target | None
    slots: list[Slot]
    spaces: dict[int, str]
    stages_results: bool = False
    _buffers: dict[tuple[str, int, int], int] = field(default_factory=dict)

    @property
    def aim(self) -> Target:
        """The target, where there are devices."""
        assert self.target is not None
        return self.target

    @property
    def home(self) -> str:
        """The memory of the host."""
        return self.aim.default.space

    def is_theirs(self, slot: int) -> bool:
        """Tell whether a slot is one of the user's arrays."""
        role = self.slots[slot].role
        is_given = role in {Role.PARAM, Role.CONSTANT}
        return is_given or (role is Role.OUTPUT and self.stages_results)

    def space_of(self, slot: int) -> str:
        """Return the memory space of a slot."""
        return self.spaces.get(slot) or self.home

    def buffer(self, space: str, use: int, turn: int, nbytes: int) -> int:
        """Return a slot in a memory space: one for each use and turn, for all plans."""
        key = space, use, turn
        found = self._buffers.get(key)
        if found is None:
            found = self._buffers[key] = len(self.slots)
            self.slots.append(Slot(0, Role.TEMPORARY, "part"))
            self.spaces[found] = space
        nbytes = max(nbytes, self.slots[found].nbytes)
        self.slots[found] = replace(self.slots[found], nbytes=nbytes)
        return found

    def copy_near(
        self, name: str, source: View, target: View, at: SourceLine | None
    ) -> Work:
        """Return a copy within the memory of the host, in tiles."""
        own = param(0, ArrayType(source.shape, source.dtype))
        body = make_graph("copy", [own], [own], Stage.SIMPLIFIED)
        granules = (*(1 for _ in source.shape[1:]), min(source.shape[-1], ROW_BLOCK))
        nbytes = 2 * prod(source.shape) * source.dtype.itemsize
        return self.host.lower_kernel(
            name,
            body,
            [replace(source, mode=Mode.IN)],
            [replace(target, mode=Mode.OUT)],
            shape_tile(source.shape, _TILE, granules),
            source=at,
            seconds=nbytes / self.aim.default.bytes_per_s,
        )

    def copy_far(
        self,
        device: GpuDevice,
        lane: Lane,
        source: View,
        target: View,
        at: SourceLine | None,
    ) -> Work:
        """Return a copy between the memories of the host and of a device."""
        ends = (self.home, device.space)
        start, stop = source.span()
        ends = ends if lane is Lane.IN else ends[::-1]
        seconds = transfer_seconds(self.aim, float(stop - start), *ends)
        return replace(queued_copy(device, lane, source, target, at), cost=seconds)


def staged(works: Sequence[Work], staging: Staging) -> Sequence[Work]:
    """Return the work of a plan with large copies of the user's arrays in parts.

    All copies between memories have estimates from then on.
    """
    if staging.target is None or len(staging.target.devices) == 1:
        return works
    found: list[Work] = []
    turn = 0
    for work in works:
        if not isinstance(work, Queued) or work.lane is Lane.COMPUTE:
            found.append(work)
            continue
        ends = _ends(work, staging)
        if ends is None:
            found.append(_estimated(work, staging))
            continue
        for near, far in _parts(*ends):
            found += _by_way(work, near, far, turn % BUFFERS, staging)
            turn += 1
    return found


def _estimated(work: Queued, staging: Staging) -> Queued:
    """Return a copy with the seconds that it takes."""
    if work.cost:
        return work
    ends = [staging.space_of(access.slot) for access in work.accesses]
    nbytes = float(_nbytes(work.accesses[0]))
    return replace(work, cost=transfer_seconds(staging.aim, nbytes, *ends))


def _nbytes(access: Access) -> int:
    if access.region is not None:
        return access.region.nbytes
    return access.stop - access.start


def _ends(work: Queued, staging: Staging) -> tuple[View, View] | None:
    """Return the bytes that a copy moves of a user's array, and of a device's memory.

    None if it is small, of other arrays, or the bytes of the device have gaps.
    """
    if work.lane is Lane.PEER or len(work.accesses) != 2:
        return None
    source, target = work.accesses
    near, far = (source, target) if work.lane is Lane.IN else (target, source)
    is_theirs = staging.is_theirs(near.slot)
    is_near = staging.space_of(near.slot) == staging.home
    is_large = _nbytes(near) >= LEAST_NBYTES
    if not (is_theirs and is_near and is_large) or far.region is not None:
        return None
    shape, strides = _rows(work, near)
    packed = View(far.slot, _BYTE, shape, (shape[1], 1), far.start)
    return View(near.slot, _BYTE, shape, strides, near.start), packed


def _rows(work: Queued, near: Access) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the rows that a copy moves, their bytes and the bytes between them."""
    if isinstance(work.put, PutRows):
        end = work.put.source if work.lane is Lane.IN else work.put.target
        return (work.put.count, work.put.nbytes), (end[2], 1)
    nbytes = near.stop - near.start
    return (1, nbytes), (nbytes, 1)


def _parts(near: View, far: View) -> Iterator[tuple[View, View]]:
    """Yield parts of rows, or of single ones that are long."""
    (rows, width), most = near.shape, PART_NBYTES
    high = max(1, most // max(width, 1))
    for top in range(0, rows, high):
        for left in range(0, width, most):
            shape = min(high, rows - top), min(most, width - left)
            first = top, left
            yield _part(near, first, shape), _part(far, first, shape)


def _part(view: View, first: tuple[int, int], shape: tuple[int, int]) -> View:
    assert view.strides is not None
    pairs = zip(first, view.strides, strict=True)
    offset = view.offset + sum(at * stride for at, stride in pairs)
    return replace(view, shape=shape, offset=offset)


def _by_way(
    work: Queued, near: View, far: View, turn: int, staging: Staging
) -> list[Work]:
    """Return the two copies of a part: to a buffer, and on."""
    slot = staging.buffer(staging.home, -1, turn, PART_NBYTES)
    by = replace(near, slot=slot, offset=0, strides=(near.shape[1], 1))
    device, at = work.device, work.source
    if work.lane is Lane.IN:
        return [
            staging.copy_near("stage", near, by, at),
            staging.copy_far(device, Lane.IN, by, far, at),
        ]
    return [
        staging.copy_far(device, Lane.OUT, far, by, at),
        staging.copy_near("unstage", by, near, at),
    ]
