"""What the methods of ufuncs do: reduce, accumulate, reduceat, outer, at."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from lazydag.array.array import Array, node_of
from lazydag.array.assign import assign
from lazydag.array.keys import computed_key
from lazydag.array.leaves import leaf
from lazydag.array.nodes import folds
from lazydag.array.nodes.broadcast import cast
from lazydag.array.nodes.dtypes import as_dtype, common, supported
from lazydag.array.nodes.library import call
from lazydag.array.nodes.move import normal_axis, reshape
from lazydag.array.nodes.record import Operand, as_node, record
from lazydag.array.nodes.reduce import reduced_axes
from lazydag.array.nodes.rows import ROWS
from lazydag.array.operands import foreign_operand
from lazydag.array.outputs import into_exactly
from lazydag.array.setting import apply_at
from lazydag.array.values import frozen
from lazydag.errors import DTypeError, ShapeError, UsageError
from lazydag.ir.node import Node
from lazydag.ir.source import caller_location
from lazydag.ir.types import DType

# rows of the functions that run along an axis, by ufunc
_RUNNING = {"add": "cumsum", "multiply": "cumprod"}


def reduce(
    ufunc: np.ufunc,
    array: Any,
    axis: Any,
    dtype: Any,
    out: Any,
    keepdims: bool,
    initial: Any,
    mask: Node | None,
) -> Any:
    """Return ``ufunc.reduce`` of an array."""
    node = node_of(array)
    if not node.type.shape and axis in (0, -1):
        axis = ()
    start = _operand(initial)
    name = folds.BY_UFUNC.get(ufunc.__name__)
    if name is None:
        found = _reduced_by(ufunc, node, axis, dtype, keepdims, start, mask)
    else:
        kept = node if name in ("any", "all") else _in(ufunc, node, dtype, out)
        found = folds.fold(name, kept, axis, keepdims, start, mask)
    return into_exactly(out, found, ufunc.__name__)


def _reduced_by(
    ufunc: np.ufunc,
    node: Node,
    axis: Any,
    dtype: Any,
    keepdims: bool,
    start: Operand | None,
    mask: Node | None,
) -> Node:
    """Return a reduction by a ufunc without an op; NumPy checks a small array."""
    if mask is not None:
        raise UsageError(
            f"{ufunc.__name__}.reduce with where= is not possible",
            caller_location(),
            "Put what leaves the result as it is in place of the elements.",
        )
    kept = _in(ufunc, node, dtype, None)
    axes = reduced_axes(kept, axis)
    name = ufunc.__name__
    if start is folds.NO_VALUE or start is None:
        ufunc.reduce(_small(kept), axis)
        identity = start is not None
        return folds.fold_by(name, kept, axes, keepdims, identity=identity)
    sample = ufunc.reduce(_small(kept), axis, initial=1)
    if not prod(kept.type.shape[i] for i in axes):
        return folds.of_nothing(kept, axes, keepdims, start, sample.dtype)
    found = folds.fold_by(name, kept, axes, keepdims, identity=True)
    first = cast(as_node(start), found.type.dtype, caller_location())
    return record(ROWS[name], first, found)


def accumulate(ufunc: np.ufunc, array: Any, axis: Any, dtype: Any, out: Any) -> Any:
    """Return ``ufunc.accumulate`` of an array."""
    node = _in(ufunc, node_of(array), dtype, out)
    if not node.type.shape:
        raise TypeError("cannot accumulate on a scalar")
    at = normal_axis(node, axis)
    row = _RUNNING.get(ufunc.__name__)
    if row is not None:
        found = call(row, node, axis=at)
    else:
        ufunc.accumulate(_small(node), at)
        found = call("ufunc_accumulate", node, ufunc=ufunc.__name__, axis=at)
    return into_exactly(out, found, ufunc.__name__)


def reduceat(
    ufunc: np.ufunc, array: Any, indices: Any, axis: Any, dtype: Any, out: Any
) -> Any:
    """Return ``ufunc.reduceat`` of an array."""
    node = _in(ufunc, node_of(array), dtype, out)
    at = normal_axis(node, axis)
    where = node_of(indices)
    if not isinstance(indices, Array):
        _check_indices(np.asarray(indices), node.type.shape[at])
    whole = cast(where, as_dtype(np.intp), caller_location())
    if len(where.type.shape) != 1:
        raise ShapeError(
            f"indices of reduceat are in one axis, not {where.type}", caller_location()
        )
    found = call("ufunc_reduceat", node, whole, ufunc=ufunc.__name__, axis=at)
    return into_exactly(out, found, ufunc.__name__)


def paired(ufunc: np.ufunc, a: Any, b: Any) -> tuple[Any, Any]:
    """Return the operands with axes that let all of `a` meet all of `b`."""
    if ufunc.signature is not None:
        raise TypeError(
            "method outer is not allowed in ufunc with non-trivial signature"
        )
    if ufunc.nin != 2:
        raise ValueError("outer product only supported for binary functions")
    x, y = node_of(a), node_of(b)
    ones = (1,) * len(y.type.shape)
    return Array(reshape(x, (*x.type.shape, *ones))), Array(y)


def at(ufunc: np.ufunc, array: Any, indices: Any, b: Any) -> None:
    """Apply a ufunc in place, as often as a position comes.

    One of a single operand by NumPy, on a copy.
    """
    if isinstance(array, Array) and b is not None:
        apply_at(array, ufunc, indices, b)
        return
    key = computed_key(indices)
    operands = () if b is None else (np.asarray(b),)
    if not isinstance(array, Array):
        ufunc.at(array, key, *operands)
        return
    values = np.array(array.values_for("array"))
    ufunc.at(values, key, *operands)
    assign(array, leaf(frozen(values)))


def _operand(value: Any) -> Any:
    if value is None or value is folds.NO_VALUE:
        return value
    return value.operand() if isinstance(value, Array) else foreign_operand(value)


def _in(ufunc: np.ufunc, node: Node, dtype: Any, out: Any) -> Node:
    """Return the operand in the dtype of a reduction: what is asked, or NumPy's."""
    if isinstance(out, tuple):
        (out,) = out
    wanted = _reduction_dtype(ufunc, node.type.dtype, dtype)
    if dtype is None and out is not None:
        wanted = common((wanted, out.dtype))
    return cast(node, wanted, caller_location())


def _reduction_dtype(ufunc: np.ufunc, dtype: DType, asked: Any) -> DType:
    if asked is not None:
        return as_dtype(asked)
    if ufunc.__name__ in ("add", "multiply") and dtype.kind in "biu":
        sample = ufunc.reduce(np.ones(1, dtype))
        return supported(sample.dtype)
    try:
        found = ufunc.resolve_dtypes((dtype, dtype, None))
    except (TypeError, ValueError):
        raise DTypeError(
            f"NumPy's {ufunc.__name__} does not reduce {dtype.name}", caller_location()
        ) from None
    return supported(found[0])


def _small(node: Node) -> np.ndarray[Any, Any]:
    """Return an array of as many axes, and elements only where there are some."""
    return np.ones([min(n, 1) for n in node.type.shape], node.type.dtype)


def _check_indices(indices: np.ndarray[Any, Any], count: int) -> None:
    if indices.size and not (indices.min() >= 0 and indices.max() < count):
        wrong = indices[(indices < 0) | (indices >= count)][0]
        raise IndexError(f"index {wrong} out-of-bounds in reduceat [0, {count})")
