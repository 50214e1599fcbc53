"""Coordinates of the points of grids, and functions of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from lazydag.array.array import Array
from lazydag.array.functions.assembling import joined
from lazydag.array.functions.beyond.lanes import as_array
from lazydag.array.functions.beyond.register import NUMPYS, stands_for
from lazydag.array.functions.creation import arange, zeros
from lazydag.array.functions.made import refused
from lazydag.array.functions.shapes import broadcast_to
from lazydag.array.leaves import leaf
from lazydag.array.nodes.move import as_shape
from lazydag.errors import DTypeError, UsageError
from lazydag.ir.source import caller_location


@stands_for(np.meshgrid)
def meshgrid(
    *xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy"
) -> tuple[Array, ...]:
    """Coordinates of all points of a grid, an array for each axis.

    Parameters
    ----------
    *xi : array_like
        The coordinates along each axis.
    copy : bool
        Whether the results are arrays of their own; else they are views.
    sparse : bool
        Leave axes that do not matter at one element.
    indexing : {"xy", "ij"}
        Whether the first two axes of the results are exchanged.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.meshgrid([1, 2], [3, 4])[0]
    Array([[1, 2],
           [1, 2]])
    """
    if indexing not in ("xy", "ij"):
        raise refused(f"indexing={indexing!r}", "It is 'xy' or 'ij'.")
    found = [as_array(each).reshape(-1) for each in xi]
    order = list(range(len(found)))
    if indexing == "xy":
        order[:2] = reversed(order[:2])
    shape = tuple(found[i].size for i in order)
    grids = []
    for i, each in enumerate(found):
        grid = each.reshape([each.size if j == i else 1 for j in order])
        grids.append(grid if sparse else broadcast_to(grid, shape))
    return tuple(grid.copy() for grid in grids) if copy else tuple(grids)


@stands_for(np.indices)
def indices(dimensions: Any, dtype: Any = int, sparse: bool = False) -> Any:
    """Positions along each axis of all elements of an array of this shape.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.indices((2, 2))[1]
    Array([[0, 1],
           [0, 1]])
    """
    shape = as_shape(dimensions)
    found = [each.astype(dtype, copy=False) for each in _positions(shape)]
    if sparse:
        return tuple(found)
    if not found:
        return zeros((0,), dtype)
    parts = [broadcast_to(each, shape).reshape(1, *shape) for each in found]
    return joined([part.node for part in parts], 0)


def _positions(shape: tuple[int, ...]) -> list[Array]:
    """Return the positions along each axis, the other axes of one element."""
    ndim = len(shape)
    return [
        arange(n).reshape([n if j == i else 1 for j in range(ndim)])
        for i, n in enumerate(shape)
    ]


@stands_for(np.fromfunction)
def fromfunction(
    function: Callable[..., Any],
    shape: Sequence[int],
    *,
    dtype: Any = float,
    like: Any = None,
    **kwargs: Any,
) -> Any:
    """Call a function once with the positions of all elements, along each axis.

    Parameters
    ----------
    function : callable
        Takes an array of this shape for each axis.
    shape : sequence of int
        Of the arrays.
    dtype : dtype
        Of the arrays.
    like : array, optional
        Makes no difference.
    **kwargs
        Passed to the function.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.fromfunction(lambda i, j: 10 * i + j, (2, 2), dtype=int)
    Array([[ 0,  1],
           [10, 11]])
    """
    del like
    wanted = as_shape(shape)
    found = (each.astype(dtype, copy=False) for each in _positions(wanted))
    return function(*(broadcast_to(each, wanted) for each in found), **kwargs)


@stands_for(np.ix_)
def ix_(*args: Any) -> tuple[Array, ...]:
    """Positions along several axes, shaped so that all combinations are indexed.

    Parameters
    ----------
    *args : array_like of int or bool
        One axis each; bools are counted, and so computed.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> x = np.arange(9).reshape(3, 3)
    >>> x[np.ix_([0, 2], [True, False, True])]
    Array([[0, 2],
           [6, 8]])
    """
    found = []
    for i, each in enumerate(args):
        array = as_array(each)
        if array.ndim != 1:
            raise UsageError("Cross index must be 1 dimensional", caller_location())
        if not array.size and array.dtype.kind not in "biu":
            array = array.astype(int)
        if array.dtype.kind == "b":
            array = Array(leaf(array.values_for("shape").nonzero()[0]))
        shape = [array.size if j == i else 1 for j in range(len(args))]
        found.append(array.reshape(shape))
    return tuple(found)


class Grid:
    """Coordinates by slices: ``mgrid[0:3, 0:1:5j]``, and ``ogrid`` for sparse ones."""

    def __init__(self, *, sparse: bool) -> None:
        self.sparse = sparse

    def __getitem__(self, key: Any) -> Any:
        """Return the coordinates of a grid.

        Examples
        --------
        >>> import lazydag.numpy as np
        >>> np.mgrid[0:2, 0:2][0]
        Array([[0, 0],
               [1, 1]])
        >>> np.ogrid[0:1:3j]
        Array([0. , 0.5, 1. ])
        """
        if not isinstance(key, tuple):
            return Array(leaf(np.asarray(np.ogrid[_known(key)])))
        open_ = [Array(leaf(each)) for each in np.ogrid[tuple(map(_known, key))]]
        if self.sparse:
            return tuple(open_)
        shape = tuple(each.size for each in open_)
        parts = [broadcast_to(each, shape).reshape(1, *shape) for each in open_]
        return joined([part.node for part in parts], 0)


class Joiner:
    """Arrays by slices, numbers and arrays in brackets: ``r_`` and ``c_``."""

    def __init__(self, axis: int, ndim: int, place: int) -> None:
        self.axis = axis
        self.ndim = ndim
        self.place = place

    def __getitem__(self, key: Any) -> Any:
        """Return slices, numbers and arrays joined.

        Examples
        --------
        >>> import lazydag.numpy as np
        >>> np.r_[0:3, 7, [8, 9]]
        Array([0, 1, 2, 7, 8, 9])
        """
        items = key if isinstance(key, tuple) else (key,)
        axis, ndim, place = self.axis, self.ndim, self.place
        if items and isinstance(items[0], str):
            axis, ndim, place = self._directed(items[0])
            items = items[1:]
        if any(isinstance(item, str) for item in items):
            raise UsageError(
                "special directives must be the first entry.", caller_location()
            )
        weak = [item for item in items if type(item) in (bool, int, float, complex)]
        arrays = [_as_part(item, ndim, place) for item in items]
        strong = [
            array.dtype
            for array, item in zip(arrays, items, strict=True)
            if not any(item is number for number in weak)
        ]
        dtype = np.result_type(*strong, *weak)
        return joined([array.astype(dtype, copy=False).node for array in arrays], axis)

    def _directed(self, text: str) -> tuple[int, int, int]:
        """Return what a string such as ``"0,2,1"`` says."""
        if text in ("r", "c"):
            raise DTypeError(
                "there are no lazy matrices", caller_location(), "Use np.block."
            )
        try:
            numbers = [int(word) for word in text.split(",")]
        except ValueError:
            raise UsageError(
                f"unknown special directive {text!r}", caller_location()
            ) from None
        axis, ndim, place = (*numbers, *(self.ndim, self.place)[len(numbers) - 1 :])
        return axis, ndim, place


def _as_part(item: Any, ndim: int, place: int) -> Array:
    """Return what is to be joined, with at least `ndim` axes.

    Axes are added such that the first one comes to be at `place`.
    """
    if isinstance(item, slice):
        array = Array(leaf(np.r_[_known(item)]))
    else:
        array = as_array(item)
        if not array.ndim:
            return array.reshape((1,) * ndim)
    extra = ndim - array.ndim
    if extra <= 0:
        return array
    at = place if place >= 0 else place + extra + 1
    before = min(at, extra)
    return array.reshape((*(1,) * before, *array.shape, *(1,) * (extra - before)))


def _known(item: slice) -> slice:
    """Return a slice of numbers: they decide the shape."""
    bounds = (item.start, item.stop, item.step)
    return slice(
        *(b.values_for("shape").item() if isinstance(b, Array) else b for b in bounds)
    )


NUMPYS[np.mgrid] = Grid(sparse=False)
NUMPYS[np.ogrid] = Grid(sparse=True)
NUMPYS[np.r_] = Joiner(0, 1, -1)
NUMPYS[np.c_] = Joiner(-1, 2, 0)
