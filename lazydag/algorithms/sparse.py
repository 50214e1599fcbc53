"""Products with sparse matrices, by tiles of rows.

Rows of a product are independent, and each is added up in its own order. The product
with a transposed matrix adds to any row of the result, so a few parts of the matrix
have a result each, which are added up at the end: as many as the shape says.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazydag.algorithms.program import Program
from lazydag.algorithms.python import releases_gil
from lazydag.algorithms.scratch import empty
from lazydag.ir.types import F32, F64, ArrayType
from lazydag.runtime.dynamic import spawn
from lazydag.runtime.regions import In, Out
from lazydag.tiles.csr import (
    csr_matrix,
    csr_matrix_transposed,
    csr_vector,
    csr_vector_transposed,
)

Array: TypeAlias = NDArray[Any]

TILE: Final = 1 << 15
"""Multiplications that are worth a task."""
TILES: Final = 64
"""Tiles at most: enough for even shares, where rows differ."""
PARTS: Final = 4
"""Parts of a transposed product."""
DENSE: Final = 8
"""Elements in each column for which parts are worth adding up."""


def fits(types: Sequence[ArrayType], **_options: Any) -> bool:
    """Tell whether kernels take a product."""
    data, indices, indptr, x = types
    is_known = data.dtype in (F32, F64) and data.dtype == x.dtype
    is_indexed = indices.dtype == indptr.dtype and indices.dtype.name in _INDICES
    return is_known and is_indexed and min(data.size, indptr.size - 1, x.size) > 0


_INDICES: Final = ("int32", "int64")


def product(inputs: Sequence[Array], outputs: Sequence[Array | None]) -> None:
    """Spawn tasks for ``A @ x``, each for a tile of rows."""
    data, indices, indptr, x = map(together, inputs)
    (out,) = outputs
    assert out is not None
    operation = csr_vector if x.ndim == 1 else csr_matrix
    count = min(TILES, data.size * (out.size // len(out)) // TILE) if len(out) else 0
    for rows, ends in shares(len(out), count):
        spawn(
            operation,
            In(data),
            In(indices),
            In(indptr[ends]),
            In(x),
            Out(out[rows]),
            elements=data.size // max(1, count),
        )


def transposed_product(
    inputs: Sequence[Array], outputs: Sequence[Array | None], columns: int
) -> None:
    """Spawn tasks for ``A.T @ x``, each for a part of the rows."""
    data, indices, indptr, x = map(together, inputs)
    (out,) = outputs
    assert out is not None
    operation = csr_vector_transposed if x.ndim == 1 else csr_matrix_transposed
    count = PARTS if data.size > DENSE * columns and len(x) >= PARTS else 1
    parts = [out] if count == 1 else list(empty((count, *out.shape), out.dtype))
    for (rows, ends), part in zip(shares(len(x), count), parts, strict=True):
        spawn(
            operation,
            In(data),
            In(indices),
            In(indptr[ends]),
            In(x[rows]),
            Out(part),
            elements=data.size // count,
        )
    if count > 1:
        for rows, _ in shares(columns, min(TILES, out.size * count // TILE)):
            spawn(add_up, Out(out[rows]), *(In(part[rows]) for part in parts))


@releases_gil
def add_up(out: Array, first: Array, *others: Array) -> None:
    """Add up arrays, from the first to the last."""
    np.copyto(out, first)
    for each in others:
        out += each


def shares(rows: int, count: int) -> Iterator[tuple[slice, slice]]:
    """Yield rows, and where in `indptr` they begin and end."""
    count = max(1, min(count, rows))
    bounds = [rows * i // count for i in range(count + 1)]
    for start, stop in pairwise(bounds):
        yield slice(start, stop), slice(start, stop + 1)


def together(x: Array) -> Array:
    """Return an array whose rows lie together, a copy if they do not."""
    if x.flags.c_contiguous:
        return x
    copy = empty(x.shape, x.dtype)
    spawn(_copy, In(x), Out(copy))
    return copy


@releases_gil
def _copy(x: Array, out: Array) -> None:
    np.copyto(out, x)


#: What computes large products, by function.
PROGRAMS: Final[dict[str, Program]] = {
    "csr_product": Program(product, fits),
    "csr_transposed_product": Program(transposed_product, fits),
}
