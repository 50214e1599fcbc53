"""Regions of arrays: what basic slices of one array have in common."""

from __future__ import annotations

from collections.abc import Iterator
from math import gcd, prod

from lazydag.ir.attrs import SliceAttrs
from lazydag.ir.node import Node
from lazydag.ir.ops import OPS, Kind

_SLICE = OPS["slice"]


def whole(shape: tuple[int, ...]) -> SliceAttrs:
    """Return the region that is all of an array."""
    return SliceAttrs((0,) * len(shape), shape, (1,) * len(shape))


def covers(region: SliceAttrs, other: SliceAttrs) -> bool:
    """Tell whether all elements of `other` are in `region`; steps are positive.

    >>> covers(SliceAttrs((2,), (5,), (2,)), SliceAttrs((4,), (2,), (4,)))
    True
    """
    return all(
        start >= lo
        and (start - lo) % step == 0
        and (n <= 1 or by % step == 0)
        and start + (n - 1) * by <= lo + (count - 1) * step
        for lo, count, step, start, n, by in _axes(region, other)
    )


def are_disjoint(region: SliceAttrs, other: SliceAttrs) -> bool:
    """Tell whether no element is in both; "no" may be wrong. Steps are positive.

    >>> are_disjoint(SliceAttrs((0,), (4,), (2,)), SliceAttrs((1,), (4,), (2,)))
    True
    """
    return any(
        start > lo + (count - 1) * step
        or lo > start + (n - 1) * by
        or (start - lo) % gcd(step, by) != 0
        for lo, count, step, start, n, by in _axes(region, other)
    )


def within(region: SliceAttrs, other: SliceAttrs) -> SliceAttrs:
    """Return where the elements of `other` are in the slice `region` that covers it.

    >>> within(SliceAttrs((2,), (5,), (2,)), SliceAttrs((4,), (2,), (4,)))
    SliceAttrs(starts=(1,), counts=(2,), steps=(2,))
    """
    axes = list(_axes(region, other))
    starts = tuple((start - lo) // step for lo, _, step, start, _, _ in axes)
    steps = tuple(1 if n <= 1 else by // step for _, _, step, _, n, by in axes)
    return SliceAttrs(starts, other.counts, steps)


def is_upright(region: SliceAttrs) -> bool:
    """Tell whether all steps are positive, and 1 where they do not matter."""
    each = zip(region.counts, region.steps, strict=True)
    return all(step == 1 if count <= 1 else step > 0 for count, step in each)


def frame(region: SliceAttrs, shape: tuple[int, ...]) -> list[SliceAttrs]:
    """Return slices that cover all of an array but a region of steps 1, once each.

    >>> [s.counts for s in frame(SliceAttrs((1, 0), (2, 3), (1, 1)), (4, 4))]
    [(1, 4), (1, 4), (2, 1)]
    """
    found = []
    starts, counts = [0] * len(shape), list(shape)
    for axis, extent in enumerate(shape):
        lo, n = region.starts[axis], region.counts[axis]
        for start, count in ((0, lo), (lo + n, extent - lo - n)):
            if count:
                starts[axis], counts[axis] = start, count
                ones = (1,) * len(shape)
                found.append(SliceAttrs(tuple(starts), tuple(counts), ones))
        starts[axis], counts[axis] = lo, n
    return found


def may_write_over(base: Node, region: SliceAttrs, readers: list[Node]) -> bool:
    """Tell whether a region of `base` can be written while `readers` view its memory.

    Element by element, each reader is the region itself, or has nothing of it.
    """
    return all(_is_region(r, base, region) or _misses(r, base, region) for r in readers)


def is_most(region: SliceAttrs, shape: tuple[int, ...]) -> bool:
    """Tell whether a region is at least half of an array."""
    return 2 * prod(region.counts) >= prod(shape)


def _is_region(reader: Node, base: Node, region: SliceAttrs) -> bool:
    return reader.op is _SLICE and reader.srcs[0] is base and reader.attrs == region


def _misses(reader: Node, base: Node, region: SliceAttrs) -> bool:
    while reader.op.kind is Kind.MOVEMENT:
        source, attrs = reader.srcs[0], reader.attrs
        if source is base and isinstance(attrs, SliceAttrs):
            return is_upright(attrs) and are_disjoint(region, attrs)
        reader = source
    return False


def _axes(
    region: SliceAttrs, other: SliceAttrs
) -> Iterator[tuple[int, int, int, int, int, int]]:
    return zip(
        region.starts,
        region.counts,
        region.steps,
        other.starts,
        other.counts,
        other.steps,
        strict=True,
    )
