"""Functions that move elements without changing them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lazydag.array.array import Array, node_of, view_of
from lazydag.array.functions.assembling import joined
from lazydag.array.functions.made import on_device, refuse_out
from lazydag.array.nodes import broadcast, move
from lazydag.array.nodes.broadcast import broadcast_shape
from lazydag.array.nodes.dtypes import as_dtype


def astype(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Array:
    """Convert the elements to a dtype, as ``ndarray.astype`` does.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.astype([1.5, -2.5], ld.int64)
    Array([ 1, -2])
    """
    array = x if isinstance(x, Array) else Array(node_of(x))
    return on_device(array.astype(dtype, copy=copy), device)


def reshape(
    x: Any, /, shape: int | Sequence[int], order: str = "C", *, copy: bool | None = None
) -> Array:
    """Give the elements, in C order, another shape; one extent may be -1.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.reshape(ld.arange(6), (2, -1)).shape
    (2, 3)
    """
    del copy
    move.check_order(order)
    return view_of(x, move.reshape, shape)


def ravel(x: Any, /, order: str = "C") -> Array:
    """Put the elements, in C order, into one axis."""
    array = x if isinstance(x, Array) else Array(node_of(x))
    return array.ravel(order)


def transpose(x: Any, /, axes: Sequence[int] | None = None) -> Array:
    """Permute the axes; reverse them by default.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.transpose(ld.zeros((2, 3, 4))).shape
    (4, 3, 2)
    """
    return view_of(x, move.transpose, axes)


def permute_dims(x: Any, /, axes: Sequence[int]) -> Array:
    """Permute the axes: axis ``axes[i]`` becomes axis i."""
    return transpose(x, axes)


def matrix_transpose(x: Any, /) -> Array:
    """Exchange the last two axes."""
    return swapaxes(x, -1, -2)


def swapaxes(x: Any, /, axis1: int, axis2: int) -> Array:
    """Exchange two axes.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.swapaxes(ld.zeros((2, 3, 4)), 0, 2).shape
    (4, 3, 2)
    """
    return view_of(x, move.swapaxes, axis1, axis2)


def moveaxis(
    x: Any, source: int | Sequence[int], destination: int | Sequence[int], /
) -> Array:
    """Move axes to other places; the rest keeps its order.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.moveaxis(ld.zeros((2, 3, 4)), 0, -1).shape
    (3, 4, 2)
    """
    return view_of(x, move.moveaxis, source, destination)


def expand_dims(x: Any, /, axis: int | Sequence[int] = 0) -> Array:
    """Insert axes of one element at these places of the result.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.expand_dims(ld.zeros(3), (0, 2)).shape
    (1, 3, 1)
    """
    return view_of(x, move.expand_dims, axis)


def squeeze(x: Any, /, axis: int | Sequence[int] | None = None) -> Array:
    """Remove axes of one element; all of them by default.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.squeeze(ld.zeros((1, 3, 1)), 0).shape
    (3, 1)
    """
    return view_of(x, move.squeeze, axis)


def flip(x: Any, /, axis: int | Sequence[int] | None = None) -> Array:
    """Reverse the order along axes; along all of them by default.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.flip([1, 2, 3])
    Array([3, 2, 1])
    """
    return view_of(x, move.flip, axis)


def broadcast_to(x: Any, /, shape: int | Sequence[int]) -> Array:
    """Stretch axes of one element, and prepend axes, to get this shape.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.broadcast_to([1, 2], (2, 2))
    Array([[1, 2],
           [1, 2]])
    """
    return view_of(x, broadcast.broadcast_to, move.as_shape(shape))


def broadcast_arrays(*arrays: Any) -> tuple[Array, ...]:
    """Stretch arrays to their common shape.

    Examples
    --------
    >>> import lazydag as ld
    >>> [a.shape for a in ld.broadcast_arrays([1, 2], [[3], [4]])]
    [(2, 2), (2, 2)]
    """
    nodes = [node_of(a) for a in arrays]
    shape = broadcast_shape(
        "be broadcast together: {}", nodes, [n.type.shape for n in nodes]
    )
    return tuple(view_of(a, broadcast.broadcast_to, shape) for a in arrays)


def concatenate(
    arrays: Sequence[Any],
    /,
    axis: int | None = 0,
    out: None = None,
    *,
    dtype: Any = None,
) -> Array:
    """Join arrays along an axis they have; flattened ones if it is None.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.concatenate([[1, 2], [3]])
    Array([1, 2, 3])
    """
    refuse_out(out)
    wanted = None if dtype is None else as_dtype(dtype)
    return joined([node_of(a) for a in arrays], axis, wanted)


concat = concatenate


def stack(arrays: Sequence[Any], /, axis: int = 0) -> Array:
    """Join arrays of one shape along a new axis.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.stack([[1, 2], [3, 4]], axis=1)
    Array([[1, 3],
           [2, 4]])
    """
    at, parts = move.stacked([node_of(a) for a in arrays], axis)
    return joined(parts, at)


def vstack(arrays: Sequence[Any], /) -> Array:
    """Join arrays along the first axis; those of one axis are rows."""
    return concatenate([_at_least_2d(a) for a in arrays], 0)


def hstack(arrays: Sequence[Any], /) -> Array:
    """Join arrays along the second axis, those of one axis along the first."""
    found = [Array(node_of(a)) for a in arrays]
    found = [a if a.ndim else a.reshape(1) for a in found]
    return concatenate(found, 0 if found and found[0].ndim == 1 else 1)


def _at_least_2d(x: Any) -> Array:
    array = Array(node_of(x))
    return array if array.ndim >= 2 else array.reshape(1, -1)
