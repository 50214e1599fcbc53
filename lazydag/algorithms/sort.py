"""Sorting of long vectors: sample sort over tiles.

Elements of a sample separate buckets. Each tile of the vector is dealt into these,
whose places follow from counts of all tiles. Then each bucket is sorted by itself, in
the nearest caches. Whatever comes, it goes through memory three times.

Where a tile's elements go, and where a bucket ends, is decided by values. So a task
declares its *share*: the place that it would have if all were of one size. All shares
together are the whole; `claim` stands before them and `settle` behind, so nobody else
comes between.

References
----------
P. Sanders, S. Winkel, *Super scalar sample sort*, European Symposium on Algorithms
2004, 784-796.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazydag.algorithms.cutting import copy, cut
from lazydag.algorithms.program import Program
from lazydag.algorithms.scratch import empty
from lazydag.backends.cpu.order.buckets import OVERSAMPLING
from lazydag.backends.cpu.order.radix import DIGITS
from lazydag.ir.sizes import SMALL
from lazydag.ir.types import ArrayType
from lazydag.runtime.dynamic import spawn
from lazydag.runtime.regions import In, InOut, Out
from lazydag.tiles import order
from lazydag.tiles.natives import WordOperation

Array: TypeAlias = NDArray[Any]

TILE: Final = 1 << 17
"""Elements of a tile that is dealt."""
BUCKET: Final = 1 << 14
"""Elements of a bucket, at least: with memory beside it fits in the second cache."""
MOST_BUCKETS: Final = 1 << 10
"""Tiles are dealt into so many places at most: caches and page tables have no more."""
"""Shorter lanes are left to NumPy, and to the interpreter."""
MANY: Final = 16
"""So many lanes are left to NumPy, which sorts each on one thread."""
MIN_NBYTES: Final = 4
"""Bytes of an element that kernels take, at least."""
KINDS: Final = (None, "stable", "quicksort", "mergesort", "heapsort")


def fits(types: Sequence[ArrayType], axis: int, kind: Any = "stable", **_: Any) -> bool:
    """Tell whether lanes are long, and few."""
    (x,) = types
    length = x.sizes[axis]
    is_known = x.dtype.kind in "biuf" and kind in KINDS
    return is_known and length > SMALL and x.size < MANY * length


def sort(
    inputs: Sequence[Array],
    outputs: Sequence[Array],
    axis: int,
    descending: bool,
    **_kind: Any,
) -> None:
    """Sort each lane; of zeros, those with a sign come first."""
    for x, out in zip(
        lanes_of(inputs[0], axis), lanes_of(outputs[0], axis), strict=True
    ):
        wide = widened(x)
        target = out if is_plain(out, wide.dtype) else empty(x.shape, wide.dtype)
        sort_vector(wide, target, descending=descending)
        if target is not out:
            copy(target, out)


def argsort(
    inputs: Sequence[Array],
    outputs: Sequence[Array],
    axis: int,
    descending: bool,
    **_kind: Any,
) -> None:
    """Find the positions that sort each lane; those of equal elements in order."""
    for x, out in zip(
        lanes_of(inputs[0], axis), lanes_of(outputs[0], axis), strict=True
    ):
        target = out if is_plain(out, out.dtype) else empty(x.shape, out.dtype)
        argsort_vector(widened(x), target, descending=descending)
        if target is not out:
            copy(target, out)


def sort_vector(x: Array, out: Array, *, descending: bool) -> None:
    """Sort a vector into a contiguous one."""
    dealt = Dealt(x, descending=descending, equal=False)
    dealt.deal(order.scatter)
    spawn(order.claim, Out(out))
    for b, share in enumerate(dealt.shares):
        spawn(
            order.finish,
            In(dealt.bounds),
            Out(dealt.counters[b]),
            InOut(dealt.codes[share]),
            Out(out[share]),
            bucket=b,
            first=share.start,
            descending=descending,
        )
    spawn(order.settle, InOut(out))


def argsort_vector(x: Array, out: Array, *, descending: bool) -> None:
    """Find the positions that sort a vector."""
    dealt = Dealt(x, descending=descending, equal=True)
    beside, positions = empty(x.shape, dealt.codes.dtype), empty(x.shape, np.int64)
    dealt.deal(order.scatter_pairs, positions)
    for array in (beside, out):
        spawn(order.claim, Out(array))
    for b, share in enumerate(dealt.shares):
        spawn(
            order.finish_pairs,
            In(dealt.bounds),
            Out(dealt.counters[b]),
            InOut(dealt.codes[share]),
            Out(beside[share]),
            InOut(positions[share]),
            Out(out[share]),
            bucket=b,
            first=share.start,
        )
    spawn(order.settle, InOut(out))


class Dealt:
    """A vector's elements in buckets.

    Parameters
    ----------
    x
        The vector, of elements of 4 or 8 bytes.
    descending
        Whether the greatest come first.
    equal
        Whether zeros of both signs are equal, and all NaN.

    Attributes
    ----------
    codes
        One for each element.
    bounds
        The first place of each bucket, and the end of the last.
    shares
        Places that are declared for each bucket.
    counters
        Memory for each bucket.
    """

    def __init__(self, x: Array, *, descending: bool, equal: bool) -> None:
        self.x = x
        self.options: dict[str, Any] = {"descending": descending, "equal": equal}
        self.count = bucket_count(x.size)
        ends = [x.size * b // self.count for b in range(self.count + 1)]
        self.shares = [slice(*pair) for pair in pairwise(ends)]
        self.codes = empty(x.shape, f"i{x.itemsize}")
        self.bounds = empty((self.count + 1,), np.int64)
        self.counters = empty((self.count, DIGITS), np.int64)

    def deal(self, scatter: WordOperation, *beside: Array) -> None:
        """Spawn what moves elements into buckets, and something beside each."""
        x, tiles = self.x, cut(self.x.size, TILE)
        tree = self.plant()
        which = empty(x.shape, np.int32)
        starts = empty((len(tiles), self.count), np.int64)
        for t, tile in enumerate(tiles):
            spawn(
                order.classify,
                In(x[tile]),
                In(tree),
                Out(which[tile]),
                Out(starts[t]),
                **self.options,
            )
        spawn(order.offsets, InOut(starts), Out(self.bounds))
        moved = (self.codes, *beside)
        for array in moved:
            spawn(order.claim, Out(array))
        for t, tile in enumerate(tiles):
            spawn(
                scatter,
                In(x[tile]),
                In(which[tile]),
                InOut(starts[t]),
                *(Out(array[tile]) for array in moved),
                first=tile.start,
                **self.options,
            )
        for array in moved:
            spawn(order.settle, InOut(array))

    def plant(self) -> Array:
        """Spawn what finds codes between buckets; return where they will be."""
        tree = empty((2 * self.count,), np.int64)
        size = (OVERSAMPLING * self.count,)
        codes, beside = (empty(size, self.codes.dtype) for _ in range(2))
        spawn(
            order.sample,
            In(self.x),
            Out(codes),
            Out(beside),
            Out(empty((DIGITS,), np.int64)),
            Out(tree),
            **self.options,
        )
        return tree


def bucket_count(size: int) -> int:
    """Return into how many buckets so many elements go: a power of two."""
    return min(MOST_BUCKETS, 1 << max(1, (size // BUCKET).bit_length()))


def widened(x: Array) -> Array:
    """Return a vector whose elements have 4 bytes at least."""
    if x.itemsize >= MIN_NBYTES:
        return x
    wide = empty(x.shape, np.int32)
    copy(x, wide)
    return wide


def is_plain(array: Array, dtype: np.dtype[Any]) -> bool:
    """Tell whether a vector lies in memory as kernels write it."""
    return array.dtype == dtype and array.strides == (array.itemsize,)


def lanes_of(x: Array, axis: int) -> Iterator[Array]:
    """Yield the lanes along an axis."""
    lanes = np.moveaxis(x, axis, -1)
    for index in np.ndindex(lanes.shape[:-1]):
        yield lanes[index]


PROGRAMS: Final = {"sort": Program(sort, fits), "argsort": Program(argsort, fits)}
"""By function."""
