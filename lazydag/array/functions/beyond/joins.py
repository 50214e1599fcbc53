"""Joining arrays along an axis."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from lazydag.array.array import Array
from lazydag.array.functions.assembling import joined
from lazydag.array.functions.beyond.lanes import as_array
from lazydag.array.functions.beyond.out import into
from lazydag.array.functions.beyond.register import stands_for
from lazydag.array.nodes import move
from lazydag.array.nodes.dtypes import as_dtype
from lazydag.errors import DTypeError, ShapeError, UsageError
from lazydag.ir.source import caller_location


@stands_for(np.concatenate)
def concatenate(
    arrays: Any,
    /,
    axis: int | None = 0,
    out: Any = None,
    *,
    dtype: Any = None,
    casting: Any = "same_kind",
) -> Any:
    """Join arrays along an axis they have; flattened ones if it is None.

    Parameters
    ----------
    arrays : sequence of array_like
        They differ in length along the axis only.
    axis : int or None
        Along which.
    out : array, optional
        Where to write the result.
    dtype : dtype, optional
        Of the result; by default what the arrays' promote to.
    casting : str
        What conversions are allowed, as `numpy.can_cast` names it.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.concatenate([[1, 2], [3]])
    Array([1, 2, 3])
    """
    nodes = [each.node for each in _listed(arrays)]
    if out is not None and dtype is not None:
        raise DTypeError(
            "concatenate() only takes `out` or `dtype` as an argument, but both were "
            "provided.",
            caller_location(),
        )
    wanted = None
    if dtype is not None:
        wanted = as_dtype(dtype)
        for node in nodes:
            _check_casting(node.type.dtype, wanted, casting)
    found = joined(nodes, axis, wanted)
    if out is not None:
        _check_casting(found.dtype, out.dtype, casting)
    return into(out, "concatenate", found)


def _check_casting(old: Any, new: Any, casting: Any) -> None:
    if not np.can_cast(old, new, casting):
        raise DTypeError(
            f"Cannot cast array data from {old!r} to {new!r} according to the rule "
            f"'{casting}'",
            caller_location(),
        )


def _listed(arrays: Any) -> list[Array]:
    if not isinstance(arrays, Sequence) and not hasattr(arrays, "__getitem__"):
        raise DTypeError(
            f"arrays to join are passed as a sequence, not as {type(arrays).__name__}",
            caller_location(),
        )
    return [as_array(each) for each in arrays]


@stands_for(np.stack)
def stack(
    arrays: Any,
    axis: int = 0,
    out: Any = None,
    *,
    dtype: Any = None,
    casting: Any = "same_kind",
) -> Any:
    """Join arrays of one shape along a new axis.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.stack([[1, 2], [3, 4]], axis=1)
    Array([[1, 3],
           [2, 4]])
    """
    found = _listed(arrays)
    if not found:
        raise ShapeError("need at least one array to stack", caller_location())
    if len({each.shape for each in found}) > 1:
        raise ShapeError("all input arrays must have the same shape", caller_location())
    at = move.normal_axis(found[0].node, axis, extra=1)
    apart = [Array(move.expand_dims(each.node, at)) for each in found]
    return concatenate(apart, at, out, dtype=dtype, casting=casting)


@stands_for(np.vstack)
def vstack(tup: Any, *, dtype: Any = None, casting: Any = "same_kind") -> Any:
    """Join arrays along the first axis; those of one axis are rows.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.vstack([[1, 2], [3, 4]])
    Array([[1, 2],
           [3, 4]])
    """
    found = [_at_least(each, 2) for each in _listed(tup)]
    return concatenate(found, 0, dtype=dtype, casting=casting)


@stands_for(np.hstack)
def hstack(tup: Any, *, dtype: Any = None, casting: Any = "same_kind") -> Any:
    """Join arrays along the second axis, those of one axis along the first.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.hstack([[1, 2], [3]])
    Array([1, 2, 3])
    """
    found = [_at_least(each, 1) for each in _listed(tup)]
    axis = 0 if found and found[0].ndim == 1 else 1
    return concatenate(found, axis, dtype=dtype, casting=casting)


@stands_for(np.dstack)
def dstack(tup: Any) -> Any:
    """Join arrays along the third axis.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.dstack([[1, 2], [3, 4]]).tolist()
    [[[1, 3], [2, 4]]]
    """
    return concatenate([_at_least(each, 3) for each in _listed(tup)], 2)


@stands_for(np.column_stack)
def column_stack(tup: Any) -> Any:
    """Join arrays along the second axis; those of one axis are columns.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.column_stack([[1, 2], [3, 4]])
    Array([[1, 3],
           [2, 4]])
    """
    found = _listed(tup)
    return concatenate([a if a.ndim > 1 else a.reshape(-1, 1) for a in found], 1)


def _at_least(array: Array, ndim: int) -> Array:
    """Return an array with so many axes, as NumPy's ``atleast_3d`` adds them."""
    if array.ndim >= ndim:
        return array
    if ndim == 3 and array.ndim:
        return array.reshape((*((1,) * (2 - array.ndim)), *array.shape, 1))
    return array.reshape((*((1,) * (ndim - array.ndim)), *array.shape))


@stands_for(np.append)
def append(arr: Any, values: Any, axis: int | None = None) -> Any:
    """Join values behind an array; flattened ones if no axis is named.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.append([1, 2], [[3, 4]])
    Array([1, 2, 3, 4])
    """
    return concatenate((arr, values), axis)


@stands_for(np.block)
def block(arrays: Any) -> Any:
    """Join nested lists of arrays: the innermost along the last axis.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.block([[np.eye(2), np.zeros((2, 1))], [np.ones((1, 3))]])
    Array([[1., 0., 0.],
           [0., 1., 0.],
           [1., 1., 1.]])
    """
    depth = _depth(arrays, "arrays")
    ndim = max(depth, *(each.ndim for each in _leaves(arrays)))
    found = _blocks(arrays, depth, ndim)
    return found.copy() if depth == 0 else found


def _depth(arrays: Any, name: str) -> int:
    """Return how deep lists are nested, everywhere alike."""
    if isinstance(arrays, tuple):
        raise DTypeError(
            f"{name} is a tuple. Only lists can be used to arrange blocks, and "
            "np.block does not allow implicit conversion from tuple to ndarray.",
            caller_location(),
        )
    if not isinstance(arrays, list):
        return 0
    if not arrays:
        raise UsageError("List at arrays cannot be empty", caller_location())
    depths = {_depth(each, f"{name}[{i}]") for i, each in enumerate(arrays)}
    if len(depths) > 1:
        raise UsageError("List depths are mismatched", caller_location())
    return depths.pop() + 1


def _leaves(arrays: Any) -> Iterator[Array]:
    if isinstance(arrays, list):
        for each in arrays:
            yield from _leaves(each)
    else:
        yield as_array(arrays)


def _blocks(arrays: Any, depth: int, ndim: int) -> Array:
    if not depth:
        array = as_array(arrays)
        return array.reshape((1,) * (ndim - array.ndim) + array.shape)
    parts = [_blocks(each, depth - 1, ndim) for each in arrays]
    return joined([part.node for part in parts], -depth)
