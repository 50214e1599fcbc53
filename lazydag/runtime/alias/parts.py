"""Parts of a matrix that a task may access: triangles and diagonals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazydag.runtime.alias.segments import LIMIT, Segments, joined


@dataclass(frozen=True, slots=True)
class Lower:
    """The elements on and below the `k`-th diagonal, as `numpy.tril` keeps."""

    k: int = 0


@dataclass(frozen=True, slots=True)
class Upper:
    """The elements on and above the `k`-th diagonal, as `numpy.triu` keeps."""

    k: int = 0


@dataclass(frozen=True, slots=True)
class Diagonal:
    """The elements of the `k`-th diagonal, as `numpy.diagonal` takes."""

    k: int = 0


Triangle: TypeAlias = Lower | Upper
#: A part of a matrix; `None` is the whole of an array of any shape.
Part: TypeAlias = Triangle | Diagonal | None


def triangle(
    part: Triangle,
    start: int,
    itemsize: int,
    shape: Sequence[int],
    strides: Sequence[int],
) -> Segments | None:
    """Return the bytes of a triangle, or `None` if they are in too many pieces.

    Notes
    -----
    One segment for a row, or for a column where columns are contiguous; one for an
    element where neither is.
    """
    (rows, columns), (down, along) = shape, strides
    if abs(down) < abs(along):
        rows, columns, down, along = columns, rows, along, down
        part = Upper(-part.k) if isinstance(part, Lower) else Lower(-part.k)
    row = np.arange(rows)
    if isinstance(part, Lower):
        first, stop = np.zeros_like(row), _within(row + part.k + 1, columns)
    else:
        first, stop = _within(row + part.k, columns), np.full_like(row, columns)
    kept = stop > first
    if np.count_nonzero(kept) > LIMIT:
        return None
    begin = start + row[kept] * down + first[kept] * along
    counts = (stop - first)[kept]
    if abs(along) <= itemsize:
        if along < 0:
            begin += (counts - 1) * along
        return joined(begin, (counts - 1) * abs(along) + itemsize)
    if counts.sum() > LIMIT:
        return None
    index = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return joined(np.repeat(begin, counts) + index * along, itemsize)


def _within(index: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    return np.minimum(np.maximum(index, 0), count)
