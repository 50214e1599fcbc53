"""Functions of sparse matrices whose rows are compressed.

A matrix is three vectors, see `lazydag.ir.sparse`. What is outside of it is left out,
and said by a code.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lazydag.backends.cuda.library.blas import Array
from lazydag.backends.cuda.library.compressed import Compressed, rows_of


def product(
    xp: Any, data: Array, indices: Array, indptr: Array, x: Array
) -> tuple[Array, Array]:
    """Return ``A @ x`` of a vector or a matrix, and a code."""
    columns = x if x.ndim > 1 else x[:, None]
    rows = indptr.shape[0] - 1
    found = xp.zeros((rows, columns.shape[1]), x.dtype)
    code = xp.zeros(1, "i4")
    rows_of(xp).multiply(Compressed(data, indices, indptr), columns, found, code)
    return found if x.ndim > 1 else found[:, 0], code


def transposed_product(
    xp: Any, data: Array, indices: Array, indptr: Array, x: Array, columns: int
) -> tuple[Array, Array]:
    """Return ``A.T @ x`` of a vector or a matrix, and a code."""
    data, rows, starts, is_bad = _turned(xp, data, indices, indptr, columns)
    found, code = product(xp, data, rows, starts, x)
    return found, xp.maximum(code, is_bad)


def transpose(
    xp: Any, data: Array, indices: Array, indptr: Array, columns: int
) -> tuple[Array, ...]:
    """Return data, indices and indptr of the transposed matrix, and a code."""
    return _turned(xp, data, indices, indptr, columns)


def row_numbers(xp: Any, indptr: Array, indices: Array) -> tuple[Array, Array]:
    """Return the row of each element, and a code."""
    numbers = xp.arange(indices.shape[0], dtype=indptr.dtype)
    ends = xp.ascontiguousarray(indptr[1:])
    is_bad = _is_bad(xp, indptr, indices.shape[0])
    return xp.searchsorted(ends, numbers, "right"), is_bad


def _turned(
    xp: Any, data: Array, indices: Array, indptr: Array, columns: int
) -> tuple[Array, ...]:
    stable = {"kind": "stable"} if xp is np else {}
    order = xp.argsort(indices, **stable)
    rows, is_bad = row_numbers(xp, indptr, indices)
    ordered = indices[order]
    wanted = xp.arange(columns + 1, dtype=indices.dtype)
    starts = xp.searchsorted(ordered, wanted, "left")
    is_outside = ((indices < 0) | (indices >= columns)).any().astype("i4")
    code = xp.maximum(is_bad, is_outside)
    return (
        data[order],
        rows[order].astype(indices.dtype),
        starts.astype(indptr.dtype),
        code,
    )


def _is_bad(xp: Any, indptr: Array, count: int) -> Array:
    """Return a code that says whether `indptr` does not count elements."""
    is_ordered = (indptr[1:] >= indptr[:-1]).all()
    is_fine = is_ordered & (indptr[:1] == 0) & (indptr[-1:] == count)
    return xp.where(is_fine, 0, 1).astype("i4")
