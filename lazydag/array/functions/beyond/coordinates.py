"""Positions: of flattened arrays, of diagonals and triangles, of windows."""

from __future__ import annotations

from typing import Any

import numpy as np

from lazydag.array.array import Array, node_of
from lazydag.array.functions.beyond.register import stands_for
from lazydag.array.nodes.broadcast import cast
from lazydag.array.nodes.gather import counted, taken
from lazydag.array.nodes.library import call, calls
from lazydag.array.nodes.move import as_shape, moveaxis, normal_axis
from lazydag.array.nodes.record import record
from lazydag.array.nodes.rows import ROWS
from lazydag.errors import DTypeError, ShapeError, UsageError
from lazydag.ir.node import Node
from lazydag.ir.source import caller_location
from lazydag.ir.types import I64


@stands_for(np.ravel_multi_index)
def ravel_multi_index(
    multi_index: Any, dims: Any, mode: Any = "raise", order: str = "C"
) -> Array:
    """Return positions in an array flattened, of those along its axes.

    Parameters
    ----------
    multi_index : sequence of array_like of int
        Positions along each axis.
    dims : tuple of int
        The array's shape.
    mode : str or tuple of str
        What becomes of positions outside: ``"raise"``, ``"wrap"`` or ``"clip"``.
    order : str
        ``"C"`` or ``"F"``: which axis is the fastest.

    Raises
    ------
    ValueError
        When it is computed: if a position is outside.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.ravel_multi_index(([0, 1], [2, 0]), (2, 3))
    Array([2, 3])
    """
    shape = as_shape(dims)
    nodes = [_integers(each) for each in multi_index]
    if len(nodes) != len(shape):
        raise ShapeError(
            f"parameter multi_index must be a sequence of length {len(shape)}",
            caller_location(),
        )
    modes = tuple(mode) if isinstance(mode, tuple | list) else mode
    name = "ravel_multi_index"
    return Array(call(name, *nodes, dims=shape, mode=modes, order=order))


@stands_for(np.unravel_index)
def unravel_index(indices: Any, shape: Any, order: str = "C") -> tuple[Array, ...]:
    """Return positions along each axis, of those in an array flattened.

    Parameters
    ----------
    indices : array_like of int
        Positions.
    shape : tuple of int
        The array's shape.
    order : str
        ``"C"`` or ``"F"``: which axis is the fastest.

    Raises
    ------
    ValueError
        When it is computed: if a position is outside.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.unravel_index([2, 3], (2, 3))
    (Array([0, 1]), Array([2, 0]))
    """
    extents = as_shape(shape)
    found = calls(
        "unravel_index", len(extents), _integers(indices), shape=extents, order=order
    )
    return tuple(map(Array, found))


def _integers(value: Any) -> Node:
    node = node_of(value)
    if node.type.dtype.kind not in "iu":
        raise DTypeError("only int indices permitted", caller_location())
    return cast(node, I64, caller_location())


@stands_for(np.diag_indices)
def diag_indices(n: int, ndim: int = 2) -> tuple[Array, ...]:
    """Return the positions of the main diagonal, along each of `ndim` axes.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.diag_indices(2)
    (Array([0, 1]), Array([0, 1]))
    """
    return _arrays(np.diag_indices(n, ndim))


@stands_for(np.diag_indices_from)
def diag_indices_from(arr: Any) -> tuple[Array, ...]:
    """Return the positions of an array's main diagonal; see `diag_indices`."""
    return _arrays(np.diag_indices_from(_like(arr)))


@stands_for(np.tril_indices)
def tril_indices(n: int, k: int = 0, m: int | None = None) -> tuple[Array, ...]:
    """Return the positions of the lower triangle of an `n` by `m` matrix.

    Parameters
    ----------
    n, m : int
        Rows and columns; `n` of both by default.
    k : int
        The diagonal that is the highest.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.tril_indices(2)
    (Array([0, 1, 1]), Array([0, 0, 1]))
    """
    return _arrays(np.tril_indices(n, k, m))


@stands_for(np.tril_indices_from)
def tril_indices_from(arr: Any, k: int = 0) -> tuple[Array, ...]:
    """Return the positions of a matrix's lower triangle; see `tril_indices`."""
    return _arrays(np.tril_indices_from(_like(arr), k))


@stands_for(np.triu_indices)
def triu_indices(n: int, k: int = 0, m: int | None = None) -> tuple[Array, ...]:
    """Return the positions of the upper triangle of an `n` by `m` matrix.

    Parameters
    ----------
    n, m : int
        Rows and columns; `n` of both by default.
    k : int
        The diagonal that is the lowest.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.triu_indices(2)
    (Array([0, 0, 1]), Array([0, 1, 1]))
    """
    return _arrays(np.triu_indices(n, k, m))


@stands_for(np.triu_indices_from)
def triu_indices_from(arr: Any, k: int = 0) -> tuple[Array, ...]:
    """Return the positions of a matrix's upper triangle; see `triu_indices`."""
    return _arrays(np.triu_indices_from(_like(arr), k))


def _arrays(found: tuple[Any, ...]) -> tuple[Array, ...]:
    return tuple(Array(value=each) for each in found)


def _like(value: Any) -> Any:
    """Return an array of that shape, without elements of its own."""
    return np.broadcast_to(0, node_of(value).type.shape)


@stands_for(np.lib.stride_tricks.sliding_window_view)
def sliding_window_view(
    x: Any,
    window_shape: Any,
    axis: Any = None,
    *,
    subok: bool = False,
    writeable: bool = False,
) -> Array:
    """Return all windows of an array, in new last axes; copies, and no views.

    Parameters
    ----------
    x : array_like
        Any shape.
    window_shape : int or tuple of int
        Elements of a window along each of the axes.
    axis : int or tuple of int, optional
        The axes that windows slide along; all by default.
    subok : bool
        Has no meaning here.
    writeable : bool
        Must be false.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.lib.stride_tricks.sliding_window_view(np.arange(4), 2)
    Array([[0, 1],
           [1, 2],
           [2, 3]])
    """
    del subok
    if writeable:
        raise UsageError(
            "windows that can be written into are not supported", caller_location()
        )
    node, sizes = node_of(x), as_shape(window_shape)
    every = range(node.type.ndim) if axis is None else as_shape(axis)
    axes = [normal_axis(node, each) for each in every]
    if len(axes) != len(sizes):
        raise ShapeError(
            f"window_shape {sizes} has not one size for each axis of {axes}",
            caller_location(),
        )
    for at, size in zip(axes, sizes, strict=True):
        node = _windows(node, at, size)
    return Array(node)


def _windows(node: Node, axis: int, size: int) -> Node:
    """Return `node` with windows of one axis in a new last one."""
    count = node.type.shape[axis] - size + 1
    if size < 0 or count < 1:
        raise ShapeError(
            f"window shape {size} does not fit into axis {axis} of {node.type}",
            caller_location(),
        )
    pairs = (count, size)
    places = record(ROWS["add"], counted(pairs, 0), counted(pairs, 1))
    return moveaxis(taken(node, places, axis), axis + 1, -1)
