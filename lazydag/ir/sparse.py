"""Functions of sparse matrices whose rows are compressed: NumPy's call, and the types.

A matrix is three vectors. Row `i` has the elements ``data[indptr[i]:indptr[i + 1]]``,
in the columns that `indices` has there, in any order; those of one column add up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from lazydag.errors import BoundsError, DTypeError, ShapeError
from lazydag.ir.types import I64, ArrayType

NDArray: TypeAlias = "np.ndarray[Any, Any]"
Types: TypeAlias = Sequence[ArrayType]
Results: TypeAlias = tuple[ArrayType, ...]


def row_numbers(indptr: NDArray, indices: NDArray) -> NDArray:
    """Return the row of each element."""
    found = np.repeat(np.arange(indptr.size - 1), np.diff(indptr))
    if found.size != indices.size:
        raise BoundsError(f"indptr does not count to {indices.size} elements")
    return found


def product(data: NDArray, indices: NDArray, indptr: NDArray, x: NDArray) -> NDArray:
    """Return ``A @ x`` of a vector or a matrix: by SciPy, if it is there."""
    matrix = _compressed(data, indices, indptr, len(x))
    if matrix is not None:
        found: NDArray = matrix @ x
        return found
    rows = row_numbers(indptr, indices)
    return _added_up(rows, _times(data, x[indices]), indptr.size - 1)


def transposed_product(
    data: NDArray, indices: NDArray, indptr: NDArray, x: NDArray, columns: int
) -> NDArray:
    """Return ``A.T @ x`` of a vector or a matrix: by SciPy, if it is there."""
    matrix = _compressed(data, indices, indptr, columns)
    if matrix is not None:
        found: NDArray = matrix.T @ x
        return found
    rows = row_numbers(indptr, indices)
    return _added_up(indices, _times(data, x[rows]), columns)


def _compressed(data: NDArray, indices: NDArray, indptr: NDArray, columns: int) -> Any:
    """Return SciPy's matrix, all of whose positions are inside; None without SciPy."""
    try:
        from scipy.sparse import csr_array  # noqa: PLC0415 -- optional
    except ImportError:
        return None
    if indices.size and not 0 <= indices.min() <= indices.max() < columns:
        raise BoundsError(
            f"indices of a sparse matrix of {columns} columns are outside"
        )
    if np.any(indptr[1:] < indptr[:-1]) or indptr[-1] != indices.size or indptr[0]:
        raise BoundsError(f"indptr does not count to {indices.size} elements")
    return csr_array((data, indices, indptr), shape=(indptr.size - 1, columns))


def dense(data: NDArray, indices: NDArray, indptr: NDArray, columns: int) -> NDArray:
    """Return the matrix with all its zeros."""
    rows = row_numbers(indptr, indices).astype(np.int64)
    shape = indptr.size - 1, columns
    places = np.ravel_multi_index((rows, indices), shape)
    return _added_up(places, data, shape[0] * shape[1]).reshape(shape)


def transpose(
    data: NDArray, indices: NDArray, indptr: NDArray, columns: int
) -> tuple[NDArray, ...]:
    """Return data, indices and indptr of the transposed matrix."""
    order = np.argsort(indices, kind="stable")
    counts = np.bincount(indices, minlength=columns)
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(indptr.dtype)
    rows = row_numbers(indptr, indices).astype(indices.dtype)
    return data[order], rows[order], starts


def place(data: NDArray, positions: NDArray, size: int) -> NDArray:
    """Return a vector to which elements are added where they belong."""
    return _added_up(positions, data, size)


def _times(data: NDArray, x: NDArray) -> NDArray:
    return data.reshape(-1, *(1,) * (x.ndim - 1)) * x


def _added_up(positions: NDArray, values: NDArray, size: int) -> NDArray:
    """Return sums of the values for each position, in their order."""
    if values.size and values.ndim == 1 and values.dtype == np.float64:
        return np.bincount(positions, values, minlength=size)
    found = np.zeros((size, *values.shape[1:]), values.dtype)
    np.add.at(found, positions, values)
    return found


def rows_of(types: Types) -> Results:
    """Return a number for each element."""
    _, indices = types
    return (ArrayType(indices.shape, I64),)


def multiplied(types: Types, columns: int | None = None) -> Results:
    """Return the type of a product; with `columns` that of the transposed matrix."""
    data, _, indptr, x = types
    rows = indptr.sizes[0] - 1
    if x.ndim not in (1, 2) or (columns is not None and x.sizes[0] != rows):
        raise ShapeError(f"cannot multiply the transpose of {rows} rows by {x}")
    if data.dtype != x.dtype:
        raise DTypeError(f"cannot multiply a matrix of {data.dtype} by {x}")
    size = rows if columns is None else columns
    return (ArrayType((size, *x.shape[1:]), x.dtype),)


def filled(types: Types, columns: int) -> Results:
    """Return the type of a dense matrix."""
    data, _, indptr = types
    return (ArrayType((indptr.sizes[0] - 1, columns), data.dtype),)


def turned(types: Types, columns: int) -> Results:
    """Return the types of the transposed matrix's vectors."""
    data, indices, indptr = types
    return data, indices, ArrayType((columns + 1,), indptr.dtype)


def placed(types: Types, size: int) -> Results:
    """Return the type of a vector of so many elements."""
    return (ArrayType((size,), types[0].dtype),)


def cost(types: Types) -> float:
    """Return the additions and multiplications of a product."""
    data, _, _, x = types
    return 2.0 * data.size * (x.size // max(1, x.sizes[0]))
