"""Copies that are there anyway: values that need not be moved out, since they are."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TypeAlias

from lazydag.backends.cuda.queued import Queued, Stub
from lazydag.backends.work import Work
from lazydag.runtime import Access

_Writes: TypeAlias = dict[int, list[tuple[int, Access]]]


def kept_copies(
    work: Sequence[Work], sizes: Collection[int], spaces: Mapping[int, str], home: str
) -> dict[tuple[int, int, int, int], tuple[int, int]]:
    """Return where with the host copies are kept of what is copied.

    By slot, first byte, the one behind the last, and number in the work.

    Parameters
    ----------
    sizes
        The slots that count.
    spaces, home
        Of slots that may be elsewhere than with the host, and where that is.

    Notes
    -----
    A copy in has its source, a copy out its target: whoever writes there before the
    slot is last used spoils it.
    """
    writes: _Writes = {}
    last: dict[int, int] = {}
    for number, each in enumerate(work):
        for access in each.accesses:
            last[access.slot] = number
            if access.mode.writes:
                writes.setdefault(access.slot, []).append((number, access))
    found = {}
    for number, each in enumerate(work):
        if not isinstance(each, Queued) or not _is_copy(each):
            continue
        one, other = each.accesses
        for far, near in ((one, other), (other, one)):
            is_near = (spaces.get(near.slot) or home) == home
            if far.slot not in sizes or not is_near:
                continue
            if not _is_spoilt(near, number, last[far.slot], writes):
                found[far.slot, far.start, far.stop, number] = near.slot, near.start
    return found


def _is_copy(work: Queued) -> bool:
    return isinstance(work.put, Stub) and work.put.name == "copy"


def _is_spoilt(near: Access, first: int, last: int, writes: _Writes) -> bool:
    """Tell whether bytes are written between two places in the work."""
    return any(
        first < number < last and near.start < each.stop and each.start < near.stop
        for number, each in writes.get(near.slot, ())
    )
