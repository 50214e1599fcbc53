"""Where the elements of a sparse matrix are, as NumPy arrays."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazydag.array.array import Array
from lazydag.array.functions.beyond.lanes import as_array
from lazydag.array.nodes.library import call
from lazydag.errors import BoundsError, DTypeError, ShapeError
from lazydag.ir.source import caller_location

Shape: TypeAlias = tuple[int, int]
Vector: TypeAlias = NDArray[Any]


class Parts(NamedTuple):
    """The arrays of a matrix whose rows are compressed."""

    data: Any
    indices: Any
    indptr: Any
    shape: Shape


def taken_apart(value: Any, shape: Shape | None) -> Parts:
    """Return the arrays of what can be made a sparse matrix.

    Raises
    ------
    ShapeError, DTypeError, BoundsError
        If they do not make one.
    """
    if hasattr(value, "tocsr"):
        matrix = value.tocsr()
        count = matrix.indptr[-1]
        parts = matrix.data[:count], matrix.indices[:count], matrix.indptr
        return _checked(*parts, matrix.shape)
    if not isinstance(value, tuple):
        return _of_dense(np.asarray(value))
    if len(value) != 3:
        what = f"a sparse matrix of {len(value)} arrays"
        raise ShapeError(what, caller_location(), "Give (data, indices, indptr).")
    data, indices, indptr = value
    if shape is None:
        columns = int(np.max(np.asarray(indices), initial=-1)) + 1
        shape = len(indptr) - 1, columns
    return _checked(data, indices, indptr, shape)


def _of_dense(matrix: Vector) -> Parts:
    if matrix.ndim != 2:
        raise ShapeError(
            f"an array of {matrix.ndim} axes is no matrix", caller_location()
        )
    places = np.flatnonzero(matrix)
    indices, indptr = positions_at(places, matrix.shape, np.int32)
    return Parts(matrix.ravel()[places], indices, indptr, matrix.shape)


def _checked(data: Any, indices: Any, indptr: Any, shape: Any) -> Parts:
    """Return arrays of lengths that suit; known positions are checked and sorted."""
    rows, columns = map(int, shape)
    sizes = [np.shape(each) for each in (data, indices, indptr)]
    if len(sizes[0]) != 1 or sizes[0] != sizes[1] or sizes[2] != (rows + 1,):
        lengths = ", ".join(str(list(size)) for size in sizes)
        raise ShapeError(
            f"data, indices and indptr of {lengths} for {rows} rows",
            caller_location(),
            "Give a column for each element, and where each row begins and the last "
            "ends.",
        )
    if isinstance(indices, Array) or isinstance(indptr, Array):
        same = {as_array(each).dtype.name for each in (indices, indptr)}
        if len(same) > 1 or not same <= {"int32", "int64"}:
            what = f"indices and indptr are of {' and '.join(sorted(same))}"
            raise DTypeError(what, caller_location(), "Make both int32 or int64.")
        return Parts(data, indices, indptr, (rows, columns))
    found = np.asarray(indices), np.asarray(indptr)
    return _sorted(data, *found, (rows, columns))


def _sorted(data: Any, indices: Vector, indptr: Vector, shape: Shape) -> Parts:
    """Sort the columns of each row, and add up elements in one place."""
    places = places_of(indices, indptr, shape)
    dtype = np.int64 if max(indices.size, *shape) >= 1 << 31 else np.int32
    if np.any(places[1:] <= places[:-1]):
        distinct, positions = np.unique(places, return_inverse=True)
        data = moved(as_array(data), positions, distinct.size)
        return Parts(data, *positions_at(distinct, shape, dtype), shape)
    return Parts(data, indices.astype(dtype), indptr.astype(dtype), shape)


def places_of(indices: Vector, indptr: Vector, shape: Shape) -> Vector:
    """Return the number of each element in the flattened matrix.

    Raises
    ------
    BoundsError
        If one is outside.
    """
    counts = np.diff(indptr)
    if np.any(counts < 0) or indptr[0] != 0 or indptr[-1] != indices.size:
        raise BoundsError(
            f"indptr does not count from 0 to {indices.size} elements",
            caller_location(),
            "indptr[i] is where row i begins in data and indices.",
        )
    if indices.size and not 0 <= indices.min() <= indices.max() < shape[1]:
        raise BoundsError(
            f"columns {indices.min()} to {indices.max()} of a matrix with {shape[1]}",
            caller_location(),
            "Columns count from 0, and are less than shape[1].",
        )
    return np.repeat(np.arange(shape[0], dtype=np.int64), counts) * shape[1] + indices


def positions_at(places: Vector, shape: Shape, dtype: Any) -> tuple[Vector, Vector]:
    """Return columns, and where rows begin, of sorted places in the flat matrix."""
    rows, columns = shape
    starts = np.searchsorted(places, np.arange(rows + 1) * columns)
    return (places % max(1, columns)).astype(dtype), starts.astype(dtype)


def moved(data: Array, positions: Vector, size: int) -> Array:
    """Return a vector of this size to which elements are added where they belong."""
    return Array(call("csr_place", data.node, as_array(positions).node, size=size))
