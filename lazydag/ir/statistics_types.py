"""Types of the results of functions that sort, rank and count."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from lazydag.errors import ShapeError
from lazydag.ir.statistics import EDGES_GIVEN
from lazydag.ir.types import F64, I64, ArrayType, DType

Types: TypeAlias = Sequence[ArrayType]
Results: TypeAlias = tuple[ArrayType, ...]


def by_keys(types: Types, **_options: Any) -> Results:
    """Return positions in the shape of the keys, which are alike."""
    first = types[0]
    for other in types[1:]:
        if other.shape != first.shape:
            raise ShapeError(f"cannot sort by {first} and {other}: all keys are alike")
    return (ArrayType(first.shape, I64),)


def ranked(types: Types, kth: tuple[int, ...], axis: int) -> Results:
    """Return as many elements along the axis as there are ranks."""
    x = types[0]
    shape = (*x.shape[:axis], len(kth), *x.shape[axis + 1 :])
    return (ArrayType(shape, x.dtype),)


def ranked_at(types: Types, axis: int) -> Results:
    """Return an element for each rank; lanes and ranks lie beside each other."""
    x, places = types
    beside = [t.sizes[:axis] + t.sizes[axis + 1 :] for t in types]
    if beside[0] != beside[1]:
        raise ShapeError(f"{places} are no ranks in lanes of {x} along axis {axis}")
    return (ArrayType(places.shape, x.dtype),)


def running(types: Types, axis: int, initial: bool = False) -> Results:
    """Return as many elements as there are, and one in front if that is wanted."""
    x = types[0]
    if not initial:
        return (x,)
    shape = (*x.sizes[:axis], x.sizes[axis] + 1, *x.sizes[axis + 1 :])
    return (ArrayType(shape, x.dtype),)


def topk(types: Types, k: int, axis: int, largest: bool) -> Results:
    """Return `k` elements along the axis, and their positions."""
    del largest
    x = types[0]
    shape = (*x.shape[:axis], k, *x.shape[axis + 1 :])
    return ArrayType(shape, x.dtype), ArrayType(shape, I64)


def position_along(types: Types, axis: int) -> Results:
    """Drop the axis, for positions along it."""
    shape = types[0].shape
    return (ArrayType(shape[:axis] + shape[axis + 1 :], I64),)


def weighted_quantile(types: Types, axis: int) -> Results:
    """Put the shape of the quantiles in front, and drop the axis."""
    x, q, _weights = types
    rest = x.shape[:axis] + x.shape[axis + 1 :]
    return (ArrayType(q.shape + rest, x.dtype),)


def counted(types: Types, length: int) -> Results:
    """Return one number for each integer: a count, or a sum of weights."""
    return (ArrayType((length,), I64 if len(types) == 1 else F64),)


def histogram(types: Types, bins: int, density: bool, **_options: Any) -> Results:
    """Return counts or sums of weights, and the edges."""
    x = types[0]
    edges = x.dtype if x.dtype.kind in "fc" else F64
    counts = _counts(types[1:], density)
    return ArrayType((bins,), counts), ArrayType((bins + 1,), edges)


def histogram_between(types: Types, density: bool) -> Results:
    """Return counts or sums of weights, one fewer than there are edges."""
    _x, edges, *weights = types
    bins = max(edges.sizes[0] - 1, 0)
    return (ArrayType((bins,), _counts(weights, density)),)


def histogramdd(
    types: Types, bins: tuple[int, ...], ranges: tuple[Any, ...], density: bool
) -> Results:
    """Return sums of weights, and the edges along each axis."""
    del density
    sample, *operands = types
    given = iter(operands)
    between = sample.dtype if sample.dtype.kind == "f" and sample.size else F64
    edges = [
        next(given)
        if n == EDGES_GIVEN
        else ArrayType((n + 1,), between if ends is None else F64)
        for n, ends in zip(bins, ranges, strict=True)
    ]
    counts = ArrayType(tuple(max(e.sizes[0] - 1, 0) for e in edges), F64)
    return counts, *edges


def _counts(weights: Types, density: bool) -> DType:
    counts = weights[0].dtype if weights else I64
    return np.result_type(counts, F64) if density else counts
