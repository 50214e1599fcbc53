"""Pages that do not move: devices copy from and to them at the speed of the link.

Buffers of the pool are used again and again, so pages are pinned when a copy first
touches them, which takes about as long as to fill them, and stay so until they are
given back to the system.
"""

from __future__ import annotations

import weakref
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Final

from lazydag.backends.cuda.queued import Lane, Queued
from lazydag.backends.work import Work
from lazydag.cost.target import Target
from lazydag.runtime import Role, Slot
from lazydag.runtime.limits import default_limit
from lazydag.runtime.pages import MAPPED_NBYTES, Pages

if TYPE_CHECKING:
    from lazydag.backends.cuda.device import GpuDevice

FRACTION: Final = 0.5
"""Of the memory budget: pinned pages cannot be swapped out."""

# Bytes of what is pinned, by address; 0 where the system refused.
_known: Final[dict[int, int]] = {}
_lock: Final = Lock()


def slots_to_pin(
    work: Sequence[Work],
    slots: Sequence[Slot],
    spaces: Mapping[int, str],
    target: Target | None,
) -> dict[int, GpuDevice]:
    """Return slots of the host that are worth pinning, and a device that copies them.

    Smaller ones share pages with others; the driver copies them by way of its own.
    """
    found: dict[int, GpuDevice] = {}
    if target is None:
        return found
    home = target.default.space
    for each in work:
        if isinstance(each, Queued) and each.lane is not Lane.COMPUTE:
            for slot in {access.slot for access in each.accesses}:
                is_own = slots[slot].role in {Role.TEMPORARY, Role.OUTPUT}
                is_near = (spaces.get(slot) or home) == home
                if is_own and is_near and slots[slot].nbytes >= MAPPED_NBYTES:
                    found[slot] = each.device
    return found


def pin(pages: Pages, device: GpuDevice) -> None:
    """Pin pages, unless they are, or too many would be."""
    if pages.address in _known or pages.nbytes < MAPPED_NBYTES:
        return
    with _lock:
        if pages.address in _known:
            return
        nbytes = sum(list(_known.values())) + pages.nbytes
        is_allowed = nbytes <= FRACTION * default_limit()
        if not (is_allowed and device.pin(pages.address, pages.nbytes)):
            return
        _known[pages.address] = pages.nbytes
    end = weakref.finalize(pages.owner, _unpin, pages.address, device)
    end.atexit = False  # the driver ends before


def _unpin(address: int, device: GpuDevice) -> None:
    """Let go of pages that are about to be given back to the system."""
    device.unpin(address)
    _known.pop(address, None)
