"""Matrices by their diagonals and triangles."""

from __future__ import annotations

from operator import index
from typing import Any

import numpy as np

from lazydag.array.array import Array
from lazydag.array.functions.assembling import joined
from lazydag.array.functions.beyond.lanes import as_array
from lazydag.array.functions.beyond.register import stands_for
from lazydag.array.functions.beyond.repeats import resize
from lazydag.array.functions.beyond.views import diagonal
from lazydag.array.functions.creation import arange, ones, zeros
from lazydag.array.functions.cumulative import cumulative_prod
from lazydag.array.functions.elementwise import where
from lazydag.array.functions.made import on_device
from lazydag.array.nodes.broadcast import broadcast_to
from lazydag.errors import DTypeError, UsageError
from lazydag.ir.source import caller_location


@stands_for(np.tri)
def tri(
    N: int, M: int | None = None, k: int = 0, dtype: Any = float, *, like: Any = None
) -> Array:
    """Make a matrix with ones up to the `k`-th diagonal and zeros above.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.tri(2, 3, dtype=int)
    Array([[1, 0, 0],
           [1, 1, 0]])
    """
    del like
    rows = index(N)
    below = _distance(rows, rows if M is None else index(M), k) <= 0
    return as_array(below).astype(dtype)


@stands_for(np.eye)
def eye(
    N: int,
    M: int | None = None,
    k: int = 0,
    dtype: Any = float,
    order: str = "C",
    *,
    device: Any = None,
    like: Any = None,
) -> Array:
    """Make a matrix with ones on the `k`-th diagonal and zeros elsewhere.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.eye(2, 3, k=1)
    Array([[0., 1., 0.],
           [0., 0., 1.]])
    """
    del order, like
    rows = index(N)
    on = _distance(rows, rows if M is None else index(M), index(k)) == 0
    return on_device(as_array(on).astype(dtype), device)


@stands_for(np.identity)
def identity(n: int, dtype: Any = None, *, like: Any = None) -> Array:
    """Make the identity matrix of size `n`.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.identity(2)
    Array([[1., 0.],
           [0., 1.]])
    """
    del like
    return eye(n, dtype=float if dtype is None else dtype)


@stands_for(np.tril)
def tril(m: Any, k: int = 0) -> Array:
    """Return matrices with zeros above the `k`-th diagonal.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.tril(np.ones((2, 2)))
    Array([[1., 0.],
           [1., 1.]])
    """
    array = as_array(m)
    return where(_up_to(array, k), array, _zero(array))


@stands_for(np.triu)
def triu(m: Any, k: int = 0) -> Array:
    """Return matrices with zeros below the `k`-th diagonal.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.triu(np.ones((2, 2)))
    Array([[1., 1.],
           [0., 1.]])
    """
    array = as_array(m)
    return where(_up_to(array, k - 1), _zero(array), array)


@stands_for(np.diag)
def diag(v: Any, k: int = 0) -> Array:
    """Make a matrix with `v` on its `k`-th diagonal, or take that of a matrix.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.diag([1, 2])
    Array([[1, 0],
           [0, 2]])
    >>> np.diag([[1, 2], [3, 4]], k=1)
    Array([2])
    """
    array = as_array(v)
    if array.ndim == 2:
        return diagonal(array, k)
    if array.ndim != 1:
        raise UsageError("Input must be 1- or 2-d.", caller_location())
    size = array.size + abs(k)
    rest = zeros(abs(k), array.dtype)
    spread = joined([array.node, rest.node], 0)
    along = spread[:, None] if k >= 0 else spread
    return where(_distance(size, size, k) == 0, along, _zero(array))


@stands_for(np.diagflat)
def diagflat(v: Any, k: int = 0) -> Array:
    """Make a matrix with all elements of `v` on its `k`-th diagonal.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.diagflat([[1, 2]], k=1)
    Array([[0, 1, 0],
           [0, 0, 2],
           [0, 0, 0]])
    """
    return diag(as_array(v).reshape(-1), k)


@stands_for(np.vander)
def vander(x: Any, N: int | None = None, increasing: bool = False) -> Array:
    """Make a matrix whose columns are the powers of `x`.

    Parameters
    ----------
    x : array_like, shape (n,)
        The bases.
    N : int, optional
        How many powers; by default as many as there are bases.
    increasing : bool
        Begin with the power 0 instead of ending with it.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.vander([1, 2, 3], 3)
    Array([[1, 1, 1],
           [4, 2, 1],
           [9, 3, 1]])
    """
    array = as_array(x)
    if array.ndim != 1:
        raise UsageError(
            "x must be a one-dimensional array or sequence.", caller_location()
        )
    count = array.size if N is None else index(N)
    wide = array.astype(np.promote_types(array.dtype, int), copy=False)
    bases = broadcast_to(wide[:, None].node, (array.size, max(count - 1, 0)))
    powers = cumulative_prod(Array(bases), axis=1)
    first = ones((array.size, min(count, 1)), wide.dtype)
    found = joined([first.node, powers.node], 1)
    return found if increasing else found[:, ::-1]


@stands_for(np.fill_diagonal)
def fill_diagonal(a: Any, val: Any, wrap: bool = False) -> None:
    """Write into the main diagonal of an array, in place.

    Parameters
    ----------
    a : array
        At least two axes; of one length, if there are more.
    val : array_like
        Its elements are written one after the other, and again from the first.
    wrap : bool
        Begin again at the first column below a square, in a tall matrix.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> x = np.zeros((2, 2))
    >>> np.fill_diagonal(x, [1, 2])
    >>> x
    Array([[1., 0.],
           [0., 2.]])
    """
    if not isinstance(a, Array):
        np.fill_diagonal(a, np.asarray(val), wrap)
        return
    if a.ndim < 2:
        raise UsageError("array must be at least 2-d", caller_location())
    shape = a.shape
    if a.ndim > 2 and len(set(shape)) > 1:
        raise UsageError(
            "All dimensions of input must be of equal length", caller_location()
        )
    step = sum(int(np.prod(shape[i + 1 :])) for i in range(a.ndim))
    stop = shape[1] * shape[1] if a.ndim == 2 and not wrap else a.size
    flat = a.flatten()
    count = len(range(0, min(stop, a.size), step)) if step else 0
    if count:
        flat[:stop:step] = resize(val, count)
        a[...] = flat.reshape(shape)


def _up_to(array: Array, k: int) -> Array:
    """Return a mask of the elements up to a diagonal; of a square for one axis."""
    if not array.ndim:
        raise DTypeError(f"{array.node.type} has no triangle", caller_location())
    rows, columns = (array.shape * 2)[-2:]
    return tri(rows, columns, k, bool)


def _zero(array: Array) -> Any:
    return array.dtype.type(0)


def _distance(rows: int, columns: int, k: Any) -> Any:
    """Return how far each element of a matrix is right of the `k`-th diagonal."""
    if min(rows, columns) < 0:
        raise UsageError("negative dimensions are not allowed", caller_location())
    near = min(max(index(k), -rows), columns)  # beyond that no int64 may hold it
    return arange(columns) - (arange(rows)[:, None] + near)
