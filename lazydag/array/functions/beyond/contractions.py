"""The ufuncs that contract axes: products of vectors and matrices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import index
from typing import Any

import numpy as np

from lazydag.array.array import Array, node_of
from lazydag.array.functions.products import vecdot
from lazydag.array.functions.shapes import expand_dims, moveaxis
from lazydag.array.nodes import product
from lazydag.array.nodes.broadcast import cast
from lazydag.errors import UsageError
from lazydag.ir.node import Node
from lazydag.ir.source import caller_location
from lazydag.ir.types import DType


def _matmul(a: Array, b: Array) -> Array:
    return Array(product.matmul(a.node, b.node))


def _matvec(a: Array, b: Array) -> Array:
    return _matmul(a, b[..., None])[..., 0]


def _vecmat(a: Array, b: Array) -> Array:
    return _matmul(a.conj()[..., None, :], b)[..., 0, :]


#: What each computes, over the last axes of two arrays.
CONTRACTIONS: dict[str, Callable[[Array, Array], Array]] = {
    "matmul": _matmul,
    "matvec": _matvec,
    "vecmat": _vecmat,
    "vecdot": vecdot,
}


def along(
    ufunc: np.ufunc,
    contraction: Callable[[Array, Array], Array],
    inputs: Sequence[Any],
    signature: tuple[DType | None, ...] | None,
    *,
    axes: Any = None,
    axis: int | None = None,
    keepdims: bool = False,
) -> Node:
    """Return a contraction, of other axes than the last ones if asked.

    Parameters
    ----------
    ufunc : numpy.ufunc
        Whose signature says how many axes are contracted.
    contraction : callable
        Does it for the last axes.
    inputs : sequence of array_like
        The operands.
    signature : tuple of dtype or None
        What to compute in.
    axes : list of tuple of int, optional
        The axes of each operand and of the result.
    axis : int, optional
        The one axis of each operand.
    keepdims : bool
        Whether one element stays along it.
    """
    arrays = [Array(_in(node_of(x), signature)) for x in inputs]
    _check_axes(ufunc, arrays)
    if axis is not None:
        axes = [(axis,), (axis,), ()]
    if axes is not None:
        arrays = [
            moveaxis(x, _ints(a), tuple(range(-len(_ints(a)), 0)))
            for x, a in zip(arrays, axes, strict=False)
        ]
    found = contraction(*arrays)
    if keepdims:
        given = axis if axis is not None else -1
        named = axis is None and axes is not None and len(axes) == 3
        found = expand_dims(found, _ints(axes[2] if named else given))
    elif axes is not None and len(axes) == 3 and _ints(axes[2]):
        last = _ints(axes[2])
        found = moveaxis(found, tuple(range(-len(last), 0)), last)
    return found.node


def _ints(axes: Any) -> tuple[int, ...]:
    try:
        return (index(axes),)
    except TypeError:
        return tuple(index(axis) for axis in axes)


def _in(node: Node, signature: tuple[DType | None, ...] | None) -> Node:
    dtype = None if signature is None else signature[-1]
    return node if dtype is None else cast(node, dtype, caller_location())


def _check_axes(ufunc: np.ufunc, arrays: Sequence[Array]) -> None:
    for i, array in enumerate(arrays):
        if not array.ndim:
            raise UsageError(
                f"{ufunc.__name__}: Input operand {i} does not have enough dimensions",
                caller_location(),
            )
