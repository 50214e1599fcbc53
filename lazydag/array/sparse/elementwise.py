"""Sums and products of sparse matrices, element by element."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from lazydag.array.array import Array
from lazydag.array.functions.beyond.lanes import as_array
from lazydag.array.functions.shapes import broadcast_to
from lazydag.array.functions.taking import take
from lazydag.array.sparse.structure import Vector, moved, places_of, positions_at
from lazydag.errors import ShapeError
from lazydag.ir.source import caller_location

if TYPE_CHECKING:
    from lazydag.array.sparse.compressed import csr_array


def added(a: csr_array, b: csr_array, sign: int) -> csr_array:
    """Return ``a + sign * b``; elements are where one of them has some."""
    _check_shapes(a, b)
    if _is_alike(a, b):
        return a.with_data(a.data + b.data if sign > 0 else a.data - b.data)
    return _joined(a, b if sign > 0 else -b, np.union1d, lambda x, y: x + y)


def multiplied(a: csr_array, b: csr_array) -> csr_array:
    """Return ``a * b``; elements are where both have some."""
    _check_shapes(a, b)
    if _is_alike(a, b):
        return a.with_data(a.data * b.data)
    return _joined(a, b, np.intersect1d, lambda x, y: x * y)


def gathered(a: csr_array, dense: Any) -> Array:
    """Return what a dense array, stretched to the shape, has where `a` has elements."""
    x = as_array(dense)
    if x.ndim == 0:
        return x
    rows, columns = a.shape
    if x.shape in ((columns,), (1, columns)):
        return take(x.reshape(-1), a.indices)
    if x.shape == (rows, 1):
        return take(x.reshape(-1), a.rows())
    flat = broadcast_to(x, a.shape).reshape(-1)
    return take(flat, a.rows() * columns + a.indices)


def _joined(
    a: csr_array,
    b: csr_array,
    join: Callable[[Vector, Vector], Vector],
    operation: Callable[[Array, Array], Array],
) -> csr_array:
    """Return an operation on elements of both, in the places that `join` returns."""
    own, other = (
        places_of(np.asarray(m.indices), np.asarray(m.indptr), m.shape) for m in (a, b)
    )
    places = join(own, other)
    data = operation(_at(a.data, own, places), _at(b.data, other, places))
    indices, indptr = positions_at(places, a.shape, a.indices.dtype)
    return a.made(data, indices, indptr, a.shape)


def _at(data: Array, own: Vector, places: Vector) -> Array:
    """Return the elements in some places, 0 where there are none."""
    inside = np.flatnonzero(np.isin(own, places))
    if inside.size < own.size:
        data = take(data, inside)
    return moved(data, np.searchsorted(places, own[inside]), places.size)


def _is_alike(a: csr_array, b: csr_array) -> bool:
    """Tell whether both have elements in the same places, in the same order."""
    pairs = (a.indptr, b.indptr), (a.indices, b.indices)
    if all(x.node is y.node for x, y in pairs):
        return True
    return all(x.shape == y.shape for x, y in pairs) and all(
        np.array_equal(np.asarray(x), np.asarray(y)) for x, y in pairs
    )


def _check_shapes(a: csr_array, b: csr_array) -> None:
    if a.shape != b.shape:
        raise ShapeError(
            f"sparse matrices {list(a.shape)} and {list(b.shape)} do not go together",
            caller_location(),
        )
