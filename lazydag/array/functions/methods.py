"""Methods of arrays that are no functions of NumPy's, or take other arguments.

The first argument is the array.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lazydag.array import layout
from lazydag.array.array import Array, holding
from lazydag.array.nodes import broadcast, compose, dtypes, move
from lazydag.array.nodes.library import call
from lazydag.array.nodes.pins import far_held_by, has_devices
from lazydag.array.nodes.record import record_unary
from lazydag.array.nodes.rows import ROWS
from lazydag.errors import DTypeError, ShapeError, UnsupportedError, UsageError
from lazydag.ir.node import Node
from lazydag.ir.source import caller_location
from lazydag.ir.types import DType
from lazydag.remarks import Kind, remark


def astype(
    array: Array,
    dtype: Any,
    order: str = "K",
    casting: Any = "unsafe",
    subok: bool = True,
    copy: bool = True,
) -> Any:
    """Return the array with its elements converted, as ``ndarray.astype``.

    Elements of types that lazydag has not are in an array of NumPy's.

    Parameters
    ----------
    array : Array
        Any.
    dtype : dtype
        To convert to.
    order, subok
        Without meaning: results lie in C order.
    casting : str
        What conversions are allowed, as `numpy.can_cast` names them.
    copy : bool
        Whether to make a new array where nothing is converted.
    """
    del order, subok
    if _only_numpy_has(dtype):
        remark(Kind.NUMPY, caller_location(), "np.ndarray.astype")
        values: Any = array.values_for("array").astype(dtype, casting=casting)
        return values
    node, wanted = array.node, dtypes.as_dtype(dtype)
    if casting != "unsafe" and not np.can_cast(node.type.dtype, wanted, casting):
        raise DTypeError(
            f"Cannot cast array data from {node.type.dtype!r} to {wanted!r} "
            f"according to the rule '{casting}'",
            caller_location(),
            "Leave out casting=, or convert to a wider type.",
        )
    found = broadcast.cast(node, wanted, caller_location())
    if found is node and not copy and not array._weak:
        return array
    return Array(compose.fresh(found, caller_location()))


def _only_numpy_has(dtype: Any) -> bool:
    try:
        return not dtypes.is_supported(np.dtype(dtype))
    except TypeError:
        return False


def view(array: Array, dtype: Any = None, type: Any = None) -> Any:
    """Return a view; as another dtype a new array, as a class one of NumPy's."""
    if _is_class(dtype):
        dtype, type = None, dtype
    if type not in (None, Array, np.ndarray):
        values: Any = array.values_for("array")
        return values.view(type)
    wanted = array.dtype if dtype is None else dtypes.as_dtype(dtype)
    if wanted is array.dtype:
        return array.viewed(array.node)
    return Array(_reinterpreted(array.node, wanted))


def _is_class(dtype: Any) -> bool:
    return isinstance(dtype, type) and issubclass(dtype, np.ndarray | Array)


def _reinterpreted(node: Node, dtype: DType) -> Node:
    have = node.type
    if have.dtype.itemsize != dtype.itemsize:
        if not have.shape:
            raise ShapeError(
                "Changing the dtype of a 0d array is only supported if the itemsize "
                "is unchanged",
                caller_location(),
            )
        if have.shape[-1] * have.dtype.itemsize % dtype.itemsize:
            raise ShapeError(
                "When changing to a larger dtype, its size must be a divisor of the "
                f"total size in bytes of the last axis of the array, {have}",
                caller_location(),
            )
    return call("reinterpret", node, dtype=dtype.name)


def byteswap(array: Array, inplace: bool = False) -> Array:
    """Return the elements with their bytes in reverse order."""
    size = array.dtype.itemsize
    found = array
    if size > 1:
        parts = np.dtype(f"u{size // 2 if array.dtype.kind == 'c' else size}")
        count = size // parts.itemsize
        pieces = array.reshape(-1).view("u1").reshape(-1, count, parts.itemsize)
        swapped = pieces[:, :, ::-1].reshape(-1)
        found = swapped.view(array.dtype).reshape(array.shape)
    if not inplace:
        return found if found is not array else array.copy()
    array[...] = found
    return array


def copy(array: Array, order: str = "C") -> Array:
    """Return a copy; of the values as they are now, where they are known."""
    del order
    if not array.is_computed:
        return Array(array.node)
    if has_devices():
        far = far_held_by(array.node)
        if far is not None:
            return holding(far.owned())
    return Array(value=np.array(array.values_for("array"), order="C"))


def reshape(
    array: Array, *shape: Any, order: str = "C", copy: bool | None = None
) -> Array:
    """Return the elements in another shape, which may be given as several numbers."""
    (wanted,) = shape if len(shape) == 1 else (shape,)
    if order in ("C", "A") and not copy:
        return array.viewed(move.reshape(array.node, wanted))
    return _reshape(array, wanted, order, copy=copy)


def _reshape(array: Array, shape: Any, order: str, *, copy: bool | None) -> Array:
    if order == "F":
        backwards = array.viewed(move.transpose(array.node))
        sizes = move.as_shape(shape)[::-1]
        found = backwards.viewed(move.reshape(backwards.node, sizes))
        found = found.viewed(move.transpose(found.node))
    elif order in ("C", "A"):
        found = array.viewed(move.reshape(array.node, shape))
    else:
        raise UsageError(
            f"order must be one of 'C', 'F', 'A', not {order!r}", caller_location()
        )
    return Array(compose.fresh(found.node, caller_location())) if copy else found


def ravel(array: Array, order: str = "C") -> Array:
    """Return the elements in one axis: a view, if they follow each other."""
    flat = reshape(array, -1, order="C" if order == "K" else order)
    link = flat._link
    return flat if link is None or link.is_contiguous() else Array(flat.node)


def flatten(array: Array, order: str = "C") -> Array:
    """Return the elements in one axis, in an array of its own."""
    return Array(compose.fresh(ravel(array, order).node, caller_location()))


def transpose(array: Array, *axes: Any) -> Array:
    """Return the array with its axes in this order; reversed by default."""
    order = None if not axes else axes[0] if len(axes) == 1 else axes
    return array.viewed(move.transpose(array.node, order))


def swapaxes(array: Array, axis1: int, axis2: int) -> Array:
    """Return the array with two axes exchanged."""
    return array.viewed(move.swapaxes(array.node, axis1, axis2))


def squeeze(array: Array, axis: Any = None) -> Array:
    """Return the array without axes of one element."""
    return array.viewed(move.squeeze(array.node, axis))


def conj(array: Array) -> Array:
    """Return the complex conjugate; of real numbers the array itself."""
    if array.dtype.kind != "c":
        return array
    return Array(record_unary(ROWS["conjugate"], array.node))


conjugate = conj


def compress(
    array: Array, condition: Any, axis: int | None = None, out: Any = None
) -> Array:
    """Return the parts along an axis for which `condition` is true."""
    from lazydag.array.functions.numpys import FOR_NUMPY  # noqa: PLC0415  # uses methods

    found: Array = FOR_NUMPY[np.compress](condition, array, axis, out)
    return found


def fill(array: Array, value: Any) -> None:
    """Give all elements one value."""
    if np.ndim(value):
        raise ShapeError(
            f"setting an array element with a sequence, {value!r}", caller_location()
        )
    array[...] = value


def sort(
    array: Array,
    axis: int = -1,
    kind: Any = None,
    order: Any = None,
    *,
    stable: bool | None = None,
) -> None:
    """Sort the elements along an axis, in place."""
    array[...] = np.sort(array, axis, kind, order, stable=stable)


def partition(
    array: Array, kth: Any, axis: int = -1, kind: Any = "introselect", order: Any = None
) -> None:
    """Put the elements of ranks `kth` into their places, in place."""
    array[...] = np.partition(array, kth, axis, kind, order)


def resize(array: Array, *_shape: Any, refcheck: bool = True) -> None:
    """Refuse to change the shape of an array that others may have views of."""
    del refcheck
    raise UnsupportedError(
        f"a lazy array of shape {array.shape} cannot change its shape",
        caller_location(),
        "Make another: x = np.resize(x, shape), or x = x.reshape(shape).",
    )


def setflags(
    array: Array, write: Any = None, align: Any = None, uic: Any = None
) -> None:
    """Make an array read-only, or no longer so; it is always aligned."""
    del align, uic
    if write is not None:
        layout.Flags(array).writeable = write
