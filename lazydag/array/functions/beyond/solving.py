"""Systems of equations and chains of products, as `numpy.linalg` has them."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from lazydag.array.array import Array
from lazydag.array.functions.beyond.lanes import as_array
from lazydag.array.functions.beyond.out import into
from lazydag.array.functions.beyond.products import dot
from lazydag.array.functions.beyond.register import stands_for
from lazydag.array.functions.creation import zeros
from lazydag.array.functions.linear import inv, solve
from lazydag.array.functions.shapes import moveaxis
from lazydag.array.nodes.broadcast import cast
from lazydag.array.nodes.dtypes import common, inexact
from lazydag.array.nodes.library import calls
from lazydag.errors import MatrixError, UsageError
from lazydag.ir.source import caller_location


@stands_for(np.linalg.lstsq)
def lstsq(a: Any, b: Any, rcond: Any = None) -> tuple[Array, ...]:
    """Find x such that the sum of squares of ``b - a @ x`` is least.

    Parameters
    ----------
    a : array_like, shape (m, n)
        A row for each equation.
    b : array_like, shape (m,) or (m, k)
        Right-hand sides in columns.
    rcond : float, optional
        Singular values below this part of the greatest count as zero; by default the
        longer side times the precision of the dtype.

    Returns
    -------
    x : Array, shape (n,) or (n, k)
        Of all that are best, that with the least norm.
    residuals : Array, shape (k,) or (0,)
        The sums of squares. There are none if the rank is less than `n`, or m is not
        more than `n`; in between the rank is computed to know it.
    rank : Array
        The rank of `a`.
    s : Array, shape (min(m, n),)
        The singular values of `a`.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.linalg.lstsq([[1.0], [1.0]], [1.0, 3.0])[0].round(12)
    Array([2.])
    """
    matrix, sides = as_array(a), as_array(b)
    columns = sides.reshape(-1, 1) if sides.ndim == 1 else sides
    if matrix.ndim != 2 or columns.ndim != 2:
        raise MatrixError(
            f"{matrix.node.type} and {sides.node.type} must be two-dimensional",
            caller_location(),
        )
    x, sums, rank, values = least_squares(matrix, columns, rcond)
    m, n = matrix.shape
    if m <= n or int(rank.values_for("shape")) != n:
        sums = zeros((0,), sums.dtype)
    if sides.ndim == 1:
        x = x[:, 0]
    return x, sums, rank, values


def least_squares(a: Array, b: Array, rcond: Any) -> tuple[Array, ...]:
    """Return solutions, sums of squares, rank and singular values, uncomputed."""
    if a.shape[0] != b.shape[0]:
        raise MatrixError("Incompatible dimensions", caller_location())
    kind, at = inexact(common((a.dtype, b.dtype))), caller_location()
    nodes = cast(a.node, kind, at), cast(b.node, kind, at)
    part = rcond if rcond is None else float(rcond)
    return tuple(map(Array, calls("least_squares", 4, *nodes, rcond=part)))


@stands_for(np.linalg.tensorsolve)
def tensorsolve(a: Any, b: Any, axes: Sequence[int] | None = None) -> Array:
    """Solve ``tensordot(a, x, x.ndim) == b`` for x.

    Parameters
    ----------
    a : array_like
        Its first axes are those of `b`, the others those of `x`, as many elements.
    b : array_like
        The right-hand side.
    axes : sequence of int, optional
        Axes of `a` to move to the end first.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.linalg.tensorsolve(2 * np.eye(4).reshape(2, 2, 4), np.ones((2, 2)))
    Array([0.5, 0.5, 0.5, 0.5])
    """
    array, side = as_array(a), as_array(b)
    for axis in axes or ():
        array = moveaxis(array, axis, -1)
    shape = array.shape[side.ndim :]
    if prod(shape) ** 2 != array.size:
        raise MatrixError(
            f"{array.node.type} is not square: its first {side.ndim} axes have as many "
            "elements as the others",
            caller_location(),
        )
    matrix = array.reshape(-1, prod(shape))
    return solve(matrix, side.reshape(-1)).reshape(shape)


@stands_for(np.linalg.tensorinv)
def tensorinv(a: Any, ind: int = 2) -> Array:
    """Return the inverse of `a` with regard to ``tensordot(_, _, ind)``.

    Parameters
    ----------
    a : array_like
        Its first axes have as many elements as the others.
    ind : int
        How many are the first.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.linalg.tensorinv(np.eye(6).reshape(2, 3, 6)).shape
    (6, 2, 3)
    """
    array = as_array(a)
    if ind <= 0:
        raise UsageError("Invalid ind argument.", caller_location())
    front, back = array.shape[:ind], array.shape[ind:]
    return inv(array.reshape(prod(back), -1)).reshape(back + front)


@stands_for(np.linalg.multi_dot)
def multi_dot(arrays: Sequence[Any], *, out: Any = None) -> Any:
    """Product of matrices, in the order that costs least.

    Parameters
    ----------
    arrays : sequence of array_like
        Matrices; the first and the last may be vectors.
    out : array, optional
        Where to write the result.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.linalg.multi_dot([np.ones((2, 3)), np.ones((3, 4)), np.ones(4)])
    Array([12., 12.])
    """
    found = [as_array(each) for each in arrays]
    if len(found) < 2:
        raise UsageError("Expecting at least two arrays.", caller_location())
    first, last = found[0].ndim == 1, found[-1].ndim == 1
    matrices = list(found)
    if first:
        matrices[0] = found[0].reshape(1, -1)
    if last:
        matrices[-1] = found[-1].reshape(-1, 1)
    for each in matrices:
        if each.ndim != 2:
            raise MatrixError(
                f"{each.node.type} must be two-dimensional", caller_location()
            )
    product = _multiplied(matrices, _splits(matrices), 0, len(matrices) - 1)
    wanted = (() if first else product.shape[:1]) + (() if last else product.shape[1:])
    return into(out, "multi_dot", product.reshape(wanted))


def _splits(matrices: list[Array]) -> dict[tuple[int, int], int]:
    """Return after which matrix to split each part of the chain.

    References
    ----------
    Cormen et al., *Introduction to Algorithms*, 15.2.
    """
    sizes = [matrices[0].shape[0], *(each.shape[1] for each in matrices)]
    count = len(matrices)
    costs = {(i, i): 0 for i in range(count)}
    best: dict[tuple[int, int], int] = {}
    for length in range(1, count):
        for i in range(count - length):
            j = i + length
            options = [
                (
                    costs[i, k]
                    + costs[k + 1, j]
                    + sizes[i] * sizes[k + 1] * sizes[j + 1],
                    k,
                )
                for k in range(i, j)
            ]
            costs[i, j], best[i, j] = min(options)
    return best


def _multiplied(
    matrices: list[Array], splits: dict[tuple[int, int], int], i: int, j: int
) -> Array:
    if i == j:
        return matrices[i]
    k = splits[i, j]
    left = _multiplied(matrices, splits, i, k)
    found: Array = dot(left, _multiplied(matrices, splits, k + 1, j))
    return found
