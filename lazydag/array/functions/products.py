"""Products of vectors and matrices."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from lazydag.array.array import Array, node_of
from lazydag.array.nodes import product
from lazydag.array.nodes.move import as_shape, normal_axes, reshape
from lazydag.errors import ShapeError
from lazydag.ir.source import caller_location


def matmul(x1: Any, x2: Any, /) -> Array:
    """Matrix product of the last two axes, stacked over the others.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.matmul([[1.0, 2.0], [3.0, 4.0]], [1.0, 1.0])
    Array([3., 7.])
    """
    return Array(product.matmul(node_of(x1), node_of(x2)))


def dot(x1: Any, x2: Any, /) -> Array:
    """NumPy's dot: the last axis of `x1` with the last but one of `x2`.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.dot([1.0, 2.0], [3.0, 4.0])
    Array(11.)
    """
    return Array(product.dot(node_of(x1), node_of(x2)))


def vdot(x1: Any, x2: Any, /) -> Array:
    """Sum of the products of all elements, in C order.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.vdot([[1, 2], [3, 4]], [[1, 1], [1, 1]])
    Array(10)
    """
    return Array(node_of(x1)).ravel().dot(Array(node_of(x2)).ravel())


def inner(x1: Any, x2: Any, /) -> Array:
    """Sums of products over the last axes.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.inner([1, 2], [[3, 4], [5, 6]])
    Array([11, 17])
    """
    return Array(product.inner(node_of(x1), node_of(x2)))


def outer(x1: Any, x2: Any, /) -> Array:
    """All products of an element of `x1` with one of `x2`.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.outer([1, 2], [3, 4])
    Array([[3, 4],
           [6, 8]])
    """
    return Array(product.outer(node_of(x1), node_of(x2)))


def vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Array:
    """Sums of products along an axis, after broadcasting.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.vecdot([[1, 2], [3, 4]], [1, 10])
    Array([21, 43])
    """
    return Array(product.vecdot(node_of(x1), node_of(x2), axis))


def tensordot(
    x1: Any, x2: Any, /, axes: int | tuple[Sequence[int], Sequence[int]] = 2
) -> Array:
    """Sums of products over pairs of axes.

    Parameters
    ----------
    x1, x2 : array_like
        Any shapes.
    axes : int or pair of sequences of int
        So many last axes of `x1` with the first of `x2`, or which with which.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.tensordot(ld.ones((2, 3)), ld.ones((3, 4)), axes=1).shape
    (2, 4)
    """
    x, y = Array(node_of(x1)), Array(node_of(x2))
    if isinstance(axes, int):
        left = tuple(range(x.ndim - axes, x.ndim))
        right = tuple(range(axes))
    else:
        left = normal_axes(x.node, as_shape(axes[0]))
        right = normal_axes(y.node, as_shape(axes[1]))
    summed = [x.shape[i] for i in left]
    if summed != [y.shape[i] for i in right]:
        raise ShapeError(
            f"cannot sum over axes {left} of {x.node.type} and {right} of "
            f"{y.node.type}: they differ in length",
            caller_location(),
        )
    rows = [i for i in range(x.ndim) if i not in left]
    columns = [i for i in range(y.ndim) if i not in right]
    a = x.transpose(*rows, *left) if x.ndim else x
    b = y.transpose(*right, *columns) if y.ndim else y
    heights, widths = [x.shape[i] for i in rows], [y.shape[i] for i in columns]
    found = product.matmul(
        a.reshape(prod(heights), prod(summed)).node,
        b.reshape(prod(summed), prod(widths)).node,
    )
    return Array(reshape(found, (*heights, *widths)))
