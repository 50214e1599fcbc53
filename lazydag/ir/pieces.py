"""Long lanes in pieces, which threads can share: stages of what can be done at once.

A stage begins when the one before is done. Where pieces end follows from the shape, and
so do the bits of the result, whoever does what.

References
----------
G. E. Blelloch, *Prefix sums and their applications*, Technical Report CMU-CS-90-190,
Carnegie Mellon University 1990.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import accumulate, pairwise
from typing import Any, Final, TypeAlias

import numpy as np

NDArray: TypeAlias = "np.ndarray[Any, Any]"
Piece: TypeAlias = Callable[[], object]
Stages: TypeAlias = Iterator[list[Piece]]

SUMMED: Final = 1 << 16
"""Elements of a piece of sums."""
SORTED: Final = 1 << 18
"""Elements of a piece that is sorted, at least."""
MOST_SORTED: Final = 4
"""Pieces that are sorted: merging them takes time, too."""


def run(stages: Stages) -> None:
    """Do one piece after the other."""
    for stage in stages:
        for piece in stage:
            piece()


def sums(out: NDArray, x: NDArray, axis: int) -> Stages:
    """Add up within each piece, then add the sum of those before."""
    length = x.shape[axis]
    if length < 2 * SUMMED or x.dtype.kind not in "iuf":
        yield [partial(np.add.accumulate, x, axis, x.dtype, out)]
        return
    source, target = np.moveaxis(x, axis, -1), np.moveaxis(out, axis, -1)
    parts = [slice(start, start + SUMMED) for start in range(0, length, SUMMED)]

    def within(part: slice) -> None:
        np.add.accumulate(source[..., part], -1, x.dtype, target[..., part])

    yield [partial(within, part) for part in parts]
    totals = [target[..., part][..., -1:] for part in parts[:-1]]
    pairs = zip(parts[1:], accumulate(totals, np.add), strict=True)

    def behind(part: slice, before: NDArray) -> None:
        target[..., part] += before

    yield [partial(behind, part, before) for part, before in pairs]


def sort(
    out: NDArray, x: NDArray, axis: int, descending: bool, kind: Any = "stable"
) -> Stages:
    """Sort pieces, then merge neighbours until one is left."""
    kind = _quickest(x, kind)
    count = _pieces(x)
    bounds = [x.size * i // count for i in range(count + 1)]

    def sort_one(part: slice | tuple[()]) -> None:
        np.copyto(out[part], x[part])
        out[part].sort(axis=axis, kind=kind)

    def merge(part: slice) -> None:
        out[part].sort(kind="stable")  # which finds the runs, and merges them

    if count == 1:
        yield [partial(sort_one, ())]
    else:
        yield [partial(sort_one, part) for part in _between(bounds)]
        while len(bounds) > 2:
            bounds = bounds[::2]
            yield [partial(merge, part) for part in _between(bounds)]
        if x.dtype.kind == "f" and kind != "stable":
            yield [partial(_order_zeros, out)]
    if descending:
        yield [partial(np.copyto, out, np.flip(out, axis))]


def _quickest(x: NDArray, kind: Any) -> Any:
    """Return a kind of sort that gives the same bits; that of NaN is one to all."""
    if kind != "stable" or x.dtype.kind not in "iuf" or x.dtype.itemsize < 4:
        return kind
    if x.dtype.kind == "f" and np.any((x == 0) & np.signbit(x)):
        return kind  # zeros of both signs are equal
    return "quicksort"


def argsort(
    out: NDArray, x: NDArray, axis: int, descending: bool, kind: Any = "stable"
) -> Stages:
    """Sort the positions of pieces, then merge neighbours until one row is left.

    Only where equal elements stay in their order: then there is one result, NumPy's.
    """
    # from the other end, so that equal elements stay in their order
    keys = np.flip(x, axis) if descending else x
    count = _pieces(x) if kind == "stable" else 1
    runs = [out] * count
    bounds = [x.size * i // count for i in range(count + 1)]

    def sort_one(i: int, part: slice) -> None:
        runs[i] = np.argsort(keys[part], kind=kind) + part.start

    if count == 1:
        yield [lambda: np.copyto(out, np.argsort(keys, axis, kind))]
    else:
        yield [partial(sort_one, *numbered) for numbered in enumerate(_between(bounds))]
        while len(runs) > 1:
            pairs = list(zip(runs[::2], runs[1::2], strict=True))
            runs = [np.empty(a.size + b.size, np.int64) for a, b in pairs]
            if len(runs) == 1:
                runs = [out]
            yield [
                partial(_merge, into, keys, *sides)
                for into, (a, b) in zip(runs, pairs, strict=True)
                for sides in ((a, b, "left"), (b, a, "right"))
            ]
    if descending:
        yield [lambda: np.subtract(x.shape[axis] - 1, np.flip(out, axis), out=out)]


def _merge(
    into: NDArray, keys: NDArray, own: NDArray, other: NDArray, side: Any
) -> None:
    """Put the positions of one sorted run where they belong beside another's."""
    places = np.searchsorted(keys[other], keys[own], side)
    places += np.arange(own.size)
    into[places] = own


def _pieces(x: NDArray) -> int:
    """Return into how many pieces a lane is cut: a power of two."""
    if x.ndim > 1 or x.size < 2 * SORTED or x.dtype.kind not in "iuf":
        return 1
    return min(MOST_SORTED, 1 << (x.size // SORTED).bit_length() - 1)


def _between(bounds: list[int]) -> list[slice]:
    return [slice(*pair) for pair in pairwise(bounds)]


def _order_zeros(ordered: NDArray) -> None:
    """Put negative zeros first: they are equal, and lie as the pieces left them."""
    start, stop = (np.searchsorted(ordered, 0.0, side) for side in ("left", "right"))
    zeros = ordered[start:stop]
    negative = int(np.signbit(zeros).sum())
    zeros[:negative], zeros[negative:] = -0.0, 0.0


#: Functions whose long lanes are computed in pieces: ``stages(out, *operands)``.
PIECES: dict[str, Callable[..., Stages]] = {
    "sort": sort,
    "argsort": argsort,
    "cumsum": sums,
}
