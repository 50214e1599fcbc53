"""Products of vectors, matrices and arrays with more axes, with NumPy's arguments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from lazydag.array.array import Array
from lazydag.array.functions import products
from lazydag.array.functions.beyond.joins import stack
from lazydag.array.functions.beyond.lanes import as_array
from lazydag.array.functions.beyond.out import into
from lazydag.array.functions.beyond.register import stands_for
from lazydag.array.functions.beyond.views import diagonal
from lazydag.array.functions.shapes import moveaxis
from lazydag.array.nodes import product
from lazydag.array.nodes.move import as_shape
from lazydag.errors import ShapeError
from lazydag.ir.source import caller_location


@stands_for(np.dot)
def dot(a: Any, b: Any, out: Any = None) -> Any:
    """Sums of products over the last axis of `a` and the last but one of `b`.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.dot([1.0, 2.0], [3.0, 4.0])
    Array(11.)
    """
    found = Array(product.dot(as_array(a).node, as_array(b).node))
    return into(out, "dot", found)


@stands_for(np.vdot)
def vdot(a: Any, b: Any, /) -> Array:
    """Sum of the products of all elements, those of `a` conjugated.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.vdot([1j, 2], [1j, 1])
    Array(3.+0.j)
    """
    return as_array(a).conj().reshape(-1).dot(as_array(b).reshape(-1))


@stands_for(np.outer)
def outer(a: Any, b: Any, out: Any = None) -> Any:
    """All products of an element of `a` with one of `b`.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.outer([1, 2], [3, 4])
    Array([[3, 4],
           [6, 8]])
    """
    return into(out, "outer", products.outer(a, b))


@stands_for(np.kron)
def kron(a: Any, b: Any) -> Array:
    """Products of each element of `a` with all of `b`, in blocks.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.kron([1, 10], [1, 2, 3])
    Array([ 1,  2,  3, 10, 20, 30])
    """
    x, y = as_array(a), as_array(b)
    ndim = max(x.ndim, y.ndim)
    x, y = (v.reshape((1,) * (ndim - v.ndim) + v.shape) for v in (x, y))
    apart = x.reshape([n for m in x.shape for n in (m, 1)])
    inside: Any = y.reshape([n for m in y.shape for n in (1, m)])
    found: Array = apart * inside
    return found.reshape([m * n for m, n in zip(x.shape, y.shape, strict=True)])


@stands_for(np.tensordot)
def tensordot(a: Any, b: Any, axes: Any = 2) -> Array:
    """Sums of products over pairs of axes.

    Parameters
    ----------
    a, b : array_like
        Any shapes.
    axes : int or pair of int or of sequences of int
        So many last axes of `a` with the first of `b`, or which with which.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.tensordot(np.ones((2, 3)), np.ones((3, 4)), axes=1).shape
    (2, 4)
    """
    x, y = as_array(a), as_array(b)
    if not hasattr(axes, "__iter__"):
        if min(x.ndim, y.ndim) < axes:
            raise ShapeError("shape-mismatch for sum", caller_location())
        return products.tensordot(x, y, axes=int(axes))
    left, right = (as_shape(each) for each in axes)
    if len(left) != len(right):
        raise ShapeError("shape-mismatch for sum", caller_location())
    return products.tensordot(x, y, axes=(left, right))


@stands_for(np.trace)
def trace(
    a: Any,
    offset: int = 0,
    axis1: int = 0,
    axis2: int = 1,
    dtype: Any = None,
    out: Any = None,
) -> Any:
    """Sums of the diagonals of the matrices that lie in two axes.

    Parameters
    ----------
    a : array_like
        At least two axes.
    offset : int
        How far above the main diagonal.
    axis1, axis2 : int
        Where rows and columns lie.
    dtype : dtype, optional
        To add in.
    out : array, optional
        Where to write the result.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.trace([[1, 2], [3, 4]])
    Array(5)
    """
    return into(out, "trace", diagonal(a, offset, axis1, axis2).sum(-1, dtype))


@stands_for(np.cross)
def cross(
    a: Any,
    b: Any,
    axisa: int = -1,
    axisb: int = -1,
    axisc: int = -1,
    axis: int | None = None,
) -> Array:
    """Cross products of vectors of two or three elements.

    Parameters
    ----------
    a, b : array_like
        The vectors, which stretch to each other's number. The third element of those of
        two is zero; if all are of two, only the third one of the product is returned.
    axisa, axisb, axisc : int
        Where the vectors lie in `a`, in `b` and in the result.
    axis : int, optional
        For all three of them.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.cross([1, 0, 0], [0, 1, 0])
    Array([0, 0, 1])
    """
    if axis is not None:
        axisa = axisb = axisc = axis
    x, y = as_array(a), as_array(b)
    if not x.ndim or not y.ndim:
        raise ShapeError("At least one array has zero dimension", caller_location())
    x, y = moveaxis(x, axisa, -1), moveaxis(y, axisb, -1)
    if not {x.shape[-1], y.shape[-1]} <= {2, 3}:
        raise ShapeError(
            f"a cross product of {x.node.type} and {y.node.type}: vectors have 2 or 3 "
            "elements",
            caller_location(),
        )
    found = list(_crossed(x, y))
    if len(found) == 1:
        return found[0]
    return Array(moveaxis(stack(found, -1), -1, axisc).node)


def _crossed(x: Array, y: Array) -> Iterator[Array]:
    """Return the elements of the product; one, if the vectors lie in a plane."""
    u, v = ([each[..., i] for i in range(each.shape[-1])] for each in (x, y))
    if len(u) == len(v) == 2:
        yield u[0] * v[1] - u[1] * v[0]
        return
    for i in range(3):
        j, k = (i + 1) % 3, (i + 2) % 3
        yield _minor(u, v, j, k)


def _minor(u: Sequence[Any], v: Sequence[Any], j: int, k: int) -> Any:
    """Return ``u[j] * v[k] - u[k] * v[j]``, missing elements zero."""
    if k < len(v) and j < len(u):
        first = u[j] * v[k]
        return first - u[k] * v[j] if k < len(u) and j < len(v) else first
    return -(u[k] * v[j])
