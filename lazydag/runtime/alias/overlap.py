"""Whether two regions have bytes in common, and whether one holds the other."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.exceptions import TooHardError
from numpy.typing import NDArray

from lazydag.runtime.alias import segments as seg
from lazydag.runtime.alias.history import Meeting
from lazydag.runtime.alias.region import Region

#: Steps of the search for a common byte of two boxes, before one is assumed: about a
#: millisecond. Tiles, stepped views and windows take some tens of steps.
WORK: Final = 100_000


# Its stub admits two values of `max_work`.
_shares_memory: Callable[..., bool] = np.shares_memory


class Overlap(Enum):
    """What is known of the common bytes of two regions."""

    NONE = "none"
    SOME = "some"
    #: To find out would take too long.
    ASSUMED = "assumed"


def overlaps(one: Region, other: Region) -> bool:
    """Tell whether two regions have a byte in common, or may have.

    Examples
    --------
    >>> a = np.zeros(100)
    >>> overlaps(Region.of(a[::2]), Region.of(a[1::2]))
    False
    >>> overlaps(Region.of(a[::2]), Region.of(a[::3]))
    True
    """
    return compare(one, other) is not Overlap.NONE


def compare(one: Region, other: Region) -> Overlap:
    """Return what is known of the common bytes of two regions.

    Notes
    -----
    Exact for regions of at most some 100,000 segments, whatever they are. For two boxes
    it is a bounded Diophantine equation, which `numpy.shares_memory` solves; where it
    gives up, and for boxes around too many pieces, the answer is `Overlap.ASSUMED`.
    """
    if one.space != other.space or not _spans_meet(one, other):
        return Overlap.NONE
    if one.is_dense and other.is_dense:
        found: bool | None = True
    elif one.pieces or other.pieces:
        found = _pieces_meet(one, other)
    else:
        found = _boxes_meet(one, other)
    if found is False:
        return Overlap.NONE
    known = found and one.exact and other.exact
    return Overlap.SOME if known else Overlap.ASSUMED


def _spans_meet(one: Region, other: Region) -> bool:
    (start, stop), (begin, end) = one.span(), other.span()
    return start < end and begin < stop


def _pieces_meet(one: Region, other: Region) -> bool | None:
    if not one.pieces:
        one, other = other, one
    pieces = one.segments()
    if other.is_nested:
        assert pieces is not None
        return seg.meet_box(pieces, other.start, other.axes)
    others = other.segments()
    return None if pieces is None or others is None else seg.meet(pieces, others)


def _boxes_meet(one: Region, other: Region) -> bool | None:
    try:
        return _shares_memory(_probe(one), _probe(other), max_work=WORK)
    except TooHardError:
        return None


class _Described:
    """What NumPy makes an array of, without looking at its memory."""

    def __init__(self, region: Region) -> None:
        (_, run), *steps = region.axes
        # NumPy takes address 0 for none, and files begin there.
        self.__array_interface__ = {
            "data": (region.start + 1, True),
            "shape": tuple(count for _, count in steps),
            "strides": tuple(stride for stride, _ in steps),
            "typestr": f"|V{run}",
            "version": 3,
        }


@lru_cache(maxsize=1024)
def _probe(region: Region) -> NDArray[Any]:
    """Return an array over the bytes of a box, never to be read."""
    return np.asarray(_Described(region))


def meeting(new: Region, older: Region) -> Meeting | None:
    """Return how two regions lie, or `None` if they have no bytes in common."""
    if new.is_empty or older.is_empty:
        return None
    holds, held = covers(new, older), covers(older, new)
    overlap = Overlap.SOME if holds or held else compare(new, older)
    if overlap is Overlap.NONE:
        return None
    return Meeting(holds, held, overlap is Overlap.SOME)


def covers(outer: Region, inner: Region) -> bool:
    """Tell whether a region is known to hold every byte of another.

    Examples
    --------
    >>> a = np.zeros((6, 8))
    >>> covers(Region.of(a[1:]), Region.of(a[2:4, ::3]))
    True
    >>> covers(Region.of(a[:, ::2]), Region.of(a[:, 0]))
    True
    >>> covers(Region.of(a[:, ::2]), Region.of(a[0]))
    False
    """
    if inner.is_empty:
        return True
    (start, stop), (begin, end) = outer.span(), inner.span()
    if outer.space != inner.space or begin < start or end > stop:
        return False
    if outer.is_dense:
        return True
    if outer.is_nested:
        if not (_holds_byte(outer, begin) and _holds_byte(outer, end - 1)):
            return False
        if _holds_box(outer, inner):
            return True
    return _holds_pieces(outer, inner)


def _holds_byte(outer: Region, place: int) -> bool:
    left = place - outer.start
    for stride, count in reversed(outer.axes):
        left -= min(left // stride, count - 1) * stride
    return left == 0


def _holds_box(outer: Region, inner: Region) -> bool:
    """Tell whether each step of a box is a step of another that has enough of them."""
    if inner.start < outer.start:
        return False
    left, room = inner.start - outer.start, {}
    for stride, count in reversed(outer.axes):
        steps, left = divmod(left, stride)
        room[stride] = count - 1 - steps
    for stride, count in inner.axes:
        axis = max(step for step in room if step <= stride)
        ratio, remainder = divmod(stride, axis)
        if remainder:
            return False
        room[axis] -= (count - 1) * ratio
    return min(room.values()) >= 0


def _holds_pieces(outer: Region, inner: Region) -> bool:
    pieces = inner.segments()
    if pieces is None:
        return False
    if outer.is_nested:
        return seg.box_contains(outer.start, outer.axes, pieces)
    outers = outer.segments()
    return outers is not None and seg.contain(outers, pieces)
