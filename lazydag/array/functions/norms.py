"""Norms, diagonals, powers and products: linear algebra made of smaller parts."""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np

from lazydag.array.array import Array, node_of
from lazydag.array.functions import elementwise as e
from lazydag.array.functions.creation import eye
from lazydag.array.functions.linear import inv, matrices, svdvals
from lazydag.array.functions.made import refused
from lazydag.array.functions.shapes import broadcast_arrays, broadcast_to, stack
from lazydag.array.nodes.dtypes import inexact
from lazydag.array.nodes.move import diagonal as diagonal_node
from lazydag.array.nodes.move import normal_axis
from lazydag.errors import ShapeError
from lazydag.ir.source import caller_location

Axis = int | tuple[int, ...] | None


def vector_norm(
    x: Any, /, *, axis: Axis = None, keepdims: bool = False, ord: float = 2
) -> Array:
    """Norms of vectors, along axes.

    Parameters
    ----------
    x : array_like
        Any shape.
    axis : int, tuple of int or None
        Where the elements of a vector lie; everywhere if None.
    keepdims : bool
        Keep the axes, with one element each.
    ord : float
        ``sum(abs(x)**ord)**(1/ord)``; inf is the greatest, -inf the least, 0 counts
        what is not zero.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.linalg.vector_norm([3.0, 4.0])
    Array(5.)
    """
    sizes = e.absolute(_floating(x))
    if ord == inf:
        return sizes.max(axis, keepdims=keepdims)
    if ord == -inf:
        return sizes.min(axis, keepdims=keepdims)
    if ord == 0:
        return _counted(sizes, axis, keepdims)
    if ord == 1:
        return sizes.sum(axis, keepdims=keepdims)
    if ord == 2:
        return e.sqrt((sizes * sizes).sum(axis, keepdims=keepdims))
    return e.pow(e.pow(sizes, ord).sum(axis, keepdims=keepdims), 1 / ord)


def matrix_norm(
    x: Any, /, *, keepdims: bool = False, ord: float | str | None = "fro"
) -> Array:
    """Norms of matrices.

    Parameters
    ----------
    x : array_like, shape (..., m, n)
        Any matrices.
    keepdims : bool
        Keep the axes, with one element each.
    ord : {"fro", "nuc", 1, -1, 2, -2, inf, -inf} or None
        Root of the sum of squares, sum of singular values, greatest or least sum over
        columns, singular value, and sum over rows. None is ``"fro"``.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.linalg.matrix_norm([[3.0, 0.0], [0.0, 4.0]])
    Array(5.)
    """
    array = Array(matrices(x))
    if ord in ("fro", None):
        return vector_norm(array, axis=(-2, -1), keepdims=keepdims)
    if ord in ("nuc", 2, -2):
        found = _by_values(svdvals(array), ord)
    elif ord in (1, -1, inf, -inf):
        number = float(ord)
        sums = e.absolute(array).sum(-2 if abs(number) == 1 else -1)
        found = sums.max(-1) if number > 0 else sums.min(-1)
    else:
        raise refused(f"ord={ord!r}", "It is 'fro', 'nuc', 1, -1, 2, -2, inf or -inf.")
    return found[..., None, None] if keepdims else found


def _counted(sizes: Any, axis: Axis, keepdims: bool) -> Array:
    found: Array = (sizes != 0).astype(sizes.dtype).sum(axis, keepdims=keepdims)
    return found


def _by_values(values: Array, ord: Any) -> Array:
    if ord == "nuc":
        return values.sum(-1)
    return values.max(-1) if ord > 0 else values.min(-1)


def matrix_rank(x: Any, /, *, rtol: Any = None) -> Array:
    """Ranks of matrices: how many singular values are not zero.

    Parameters
    ----------
    x : array_like, shape (..., m, n)
        Any matrices.
    rtol : array_like, optional
        Singular values up to this part of the greatest count as zero; by default the
        longer side times the precision of the dtype.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.linalg.matrix_rank([[1.0, 2.0], [2.0, 4.0]])
    Array(1)
    """
    node = matrices(x)
    values: Any = svdvals(Array(node))
    if 0 in values.shape[-1:]:
        return e.greater(values, 0).sum(-1)
    if rtol is None:
        part: Any = max(node.type.shape[-2:]) * float(np.finfo(values.dtype).eps)
    else:
        part = Array(node_of(rtol))[..., None]
    return e.greater(values, values.max(-1, keepdims=True) * part).sum(-1)


def matrix_power(x: Any, n: int, /) -> Array:
    """Raise square matrices to an integer power; a negative one of the inverse.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.linalg.matrix_power([[1.0, 1.0], [0.0, 1.0]], 3)
    Array([[1., 3.],
           [0., 1.]])
    """
    base = Array(matrices(x, square=True))
    if n < 0:
        base, n = inv(base), -n
    found = None
    while n:
        n, odd = divmod(n, 2)
        if odd:
            found = base if found is None else found @ base
        base = base @ base if n else base
    if found is None:
        return broadcast_to(eye(base.shape[-1], dtype=base.dtype), base.shape)
    return found


def diagonal(x: Any, /, *, offset: int = 0) -> Array:
    """Diagonals of matrices; above the main one for a positive offset.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.linalg.diagonal([[1, 2], [3, 4]])
    Array([1, 4])
    """
    node = node_of(x)
    if len(node.type.shape) < 2:
        raise ShapeError(f"{node.type} is no matrix", caller_location())
    return Array(diagonal_node(node, offset))


def trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Array:
    """Sums of the diagonals of matrices.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.linalg.trace([[1, 2], [3, 4]])
    Array(5)
    """
    return diagonal(x, offset=offset).sum(-1, dtype)


def cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Array:
    """Cross products of vectors of three elements along an axis.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.linalg.cross([1, 0, 0], [0, 1, 0])
    Array([0, 0, 1])
    """
    x, y = broadcast_arrays(x1, x2)
    at = normal_axis(x.node, axis)
    if x.shape[at] != 3:
        raise ShapeError(
            f"a cross product along axis {at} of {x.node.type}: it has "
            f"{x.shape[at]} elements, not 3",
            caller_location(),
        )
    before = (slice(None),) * at
    a, b = ([v[(*before, i)] for i in range(3)] for v in (x, y))
    parts = [a[i - 2] * b[i - 1] - a[i - 1] * b[i - 2] for i in range(3)]
    return stack(parts, axis=at)


def _floating(x: Any) -> Array:
    array = Array(node_of(x))
    return array.astype(inexact(array.dtype), copy=False)
