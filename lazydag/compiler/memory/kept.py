"""Copies that are there anyway: values that need not be moved out, since they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from lazydag.backends.cuda.queued import Lane, Queued
from lazydag.backends.work import Work
from lazydag.compiler.memory.lives import Life
from lazydag.runtime import Access

_Writes: TypeAlias = dict[int, list[tuple[int, Access]]]


def kept_copies(
    work: Sequence[Work],
    numbers: Sequence[int],
    lives: Sequence[Life],
    spaces: Mapping[int, str],
    home: str,
) -> dict[tuple[Life, int], tuple[int, int]]:
    """Return by value and step where in the memory of the host a copy of it is kept.

    Parameters
    ----------
    numbers
        Of each step that the lives count, its place in the work.
    spaces, home
        Of slots that may be elsewhere than with the host, and where that is.

    Notes
    -----
    A copy in has its source, a copy out its target: whoever writes there before the
    value is last used spoils it.
    """
    own: dict[int, list[Life]] = {}
    for life in lives:
        for step in life.steps:
            own.setdefault(step, []).append(life)
    writes = _writes(work)
    found = {}
    for step, number in enumerate(numbers):
        for life in own[step]:
            for near in _others(work[number], life):
                is_near = spaces.get(near.slot, home) == home
                if is_near and not _is_spoilt(near, number, numbers[life.last], writes):
                    found[life, step] = near.slot, near.start
    return found


def _others(work: Work, life: Life) -> Iterator[Access]:
    """Yield the other end of a copy of all of a value."""
    if not isinstance(work, Queued) or work.lane is Lane.COMPUTE:
        return
    if len(work.accesses) != 2 or any(each.region for each in work.accesses):
        return
    one, other = work.accesses
    whole = life.slot, life.start, life.stop
    for here, there in ((one, other), (other, one)):
        is_all = there.stop - there.start == life.nbytes
        if is_all and (here.slot, here.start, here.stop) == whole:
            yield there


def _writes(work: Sequence[Work]) -> _Writes:
    found: _Writes = {}
    for number, each in enumerate(work):
        for access in each.accesses:
            if access.mode.writes:
                found.setdefault(access.slot, []).append((number, access))
    return found


def _is_spoilt(near: Access, first: int, last: int, writes: _Writes) -> bool:
    """Tell whether bytes are written between two places in the work."""
    return any(
        first < number < last and near.start < each.stop and each.start < near.stop
        for number, each in writes.get(near.slot, ())
    )
