"""Grids, and the triangles of matrices."""

from __future__ import annotations

from operator import index
from typing import Any

from lazydag.array.array import Array, node_of
from lazydag.array.functions.creation import arange
from lazydag.array.functions.elementwise import where
from lazydag.array.functions.made import refused
from lazydag.array.nodes.broadcast import broadcast_to
from lazydag.errors import ShapeError
from lazydag.ir.source import caller_location


def meshgrid(*arrays: Any, indexing: str = "xy") -> tuple[Array, ...]:
    """Coordinates of all points of a grid, an array for each axis.

    Parameters
    ----------
    *arrays : array_like
        The coordinates along each axis.
    indexing : {"xy", "ij"}
        Whether the first two axes of the results are exchanged.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.meshgrid([1, 2], [3, 4])[0]
    Array([[1, 2],
           [1, 2]])
    """
    if indexing not in ("xy", "ij"):
        raise refused(f"indexing={indexing!r}", "It is 'xy' or 'ij'.")
    found = [Array(node_of(a)).reshape(-1) for a in arrays]
    order = list(range(len(found)))
    if indexing == "xy":
        order[:2] = reversed(order[:2])
    shape = tuple(found[i].size for i in order)
    grids = []
    for i, array in enumerate(found):
        along = tuple(array.size if j == i else 1 for j in order)
        grids.append(Array(broadcast_to(array.reshape(along).node, shape)))
    return tuple(grids)


def tril(x: Any, /, k: int = 0) -> Array:
    """Return matrices with zeros above the `k`-th diagonal.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.tril(ld.ones((2, 2)))
    Array([[1., 0.],
           [1., 1.]])
    """
    array, distance = _matrices(x)
    return where(distance <= _near(array, k), array, _zero(array))


def triu(x: Any, /, k: int = 0) -> Array:
    """Return matrices with zeros below the `k`-th diagonal.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.triu(ld.ones((2, 2)))
    Array([[1., 1.],
           [0., 1.]])
    """
    array, distance = _matrices(x)
    return where(distance >= _near(array, k), array, _zero(array))


def _near(array: Array, k: Any) -> int:
    """Return `k`, or the last diagonal on its side, so that an int64 holds it."""
    rows, columns = array.shape[-2:]
    return min(max(index(k), -rows), columns)


def _zero(array: Array) -> Any:
    return array.dtype.type(0)


def _matrices(x: Any) -> tuple[Array, Any]:
    """Return the matrices, and how far each element is right of the diagonal."""
    array = Array(node_of(x))
    if array.ndim < 2:
        raise ShapeError(f"{array.node.type} is no matrix", caller_location())
    rows, columns = arange(array.shape[-2]), arange(array.shape[-1])
    return array, columns - rows[:, None]
