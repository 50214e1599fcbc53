"""Keys: what stands between the brackets of ``x[...]``."""

from __future__ import annotations

from collections.abc import Iterator
from operator import index
from typing import Any

import numpy as np

from lazydag.array.force import values_of
from lazydag.array.leaves import leaf
from lazydag.array.nodes.selection import Flag, Item
from lazydag.array.tracing import state
from lazydag.errors import BoundsError
from lazydag.ir.source import caller_location

Ints = tuple[int, ...]

_NOT_AN_INDEX = (
    "only integers, slices (`:`), ellipsis (`...`), numpy.newaxis (`None`) and "
    "integer or boolean arrays are valid indices"
)
_NOT_POSITIONS = "arrays used as indices must be of integer (or boolean) type"


def is_array(value: Any) -> bool:
    """Tell whether a value is a lazy array."""
    return hasattr(value, "_link")


def is_basic(key: Any) -> bool:
    """Tell whether a key has no masks, no arrays of positions, and no traced number."""
    if key.__class__ is int or key.__class__ is slice:
        return True
    items = key if isinstance(key, tuple) else (key,)
    return not any(map(_is_advanced, items))


def _is_advanced(item: Any) -> bool:
    if item is None or item is Ellipsis or isinstance(item, slice):
        return False
    if isinstance(item, bool | list | np.bool_):
        return True
    kind = getattr(getattr(item, "dtype", None), "kind", "i")
    return getattr(item, "ndim", 0) > 0 or kind == "b" or _is_traced_number(item)


def _is_traced_number(item: Any) -> bool:
    return state.trace is not None and is_array(item) and not item.is_computed


def is_element(key: Any, ndim: int) -> bool:
    """Tell whether a key is a plain number for each axis."""
    if key.__class__ is int:
        return ndim == 1
    if key.__class__ is not tuple or len(key) != ndim:
        return False
    return all(item.__class__ is int for item in key)


def has_dots(key: Any) -> bool:
    """Tell whether a key says ``...``, so that it selects an array and no element."""
    items = key if isinstance(key, tuple) else (key,)
    return any(item is Ellipsis for item in items)


def computed_key(key: Any) -> Any:
    """Return a key with NumPy arrays in place of lazy ones."""
    if isinstance(key, tuple):
        return tuple(computed_key(item) for item in key)
    return np.asarray(key) if is_array(key) else key


def is_known(key: Any) -> bool:
    """Tell whether NumPy could use the key without anything being computed."""
    items = key if isinstance(key, tuple) else (key,)
    return all(not is_array(item) or item.is_computed for item in items)


def size_of(key: Any) -> int:
    """Return how many positions, or elements of masks, a key has at most."""
    items = key if isinstance(key, tuple) else (key,)
    return sum(len(i) if isinstance(i, list) else getattr(i, "size", 1) for i in items)


def read_key(shape: Ints, key: Any, *, copies: bool = False) -> list[Item]:
    """Return a key with nodes in place of arrays, and of positions in place of masks.

    Parameters
    ----------
    shape : tuple of int
        Of the array that the key is for.
    copies : bool
        Whether NumPy arrays are copied, since the program may change them before the
        positions are needed.

    Raises
    ------
    IndexError
        If something is no index, or a mask has another shape.
    """
    items = [_plain(item) for item in (key if isinstance(key, tuple) else (key,))]
    axis = 0
    found: list[Item] = []
    missing = len(shape) - sum(map(_axes_of, items))
    for item in items:
        if isinstance(item, np.ndarray) and item.dtype.kind == "b":
            found += _positions_of(item, shape, axis)
        elif isinstance(item, np.ndarray):
            found.append(leaf(item.copy() if copies and item.base is None else item))
        else:
            found.append(item.node if is_array(item) else item)
        axis += missing if item is Ellipsis else _axes_of(item)
    return found


def _axes_of(item: Any) -> int:
    if item is None or item is Ellipsis or isinstance(item, Flag):
        return 0
    is_mask = isinstance(item, np.ndarray) and item.dtype.kind == "b"
    return item.ndim if is_mask else 1


def _plain(item: Any) -> Any:
    """Return an item as None, dots, a slice, a number, a flag or an array.

    Lazy masks become NumPy arrays: the shape of what they select is in their values.
    """
    if item is None or item is Ellipsis or isinstance(item, slice):
        return item
    if isinstance(item, bool | np.bool_):
        return _flag(bool(item))
    if is_array(item):
        return _plain_lazy(item)
    if isinstance(item, list | tuple) or hasattr(item, "__array__"):
        return _plain_array(np.asarray(item), is_list=isinstance(item, list | tuple))
    try:
        return index(item)
    except TypeError:
        raise BoundsError(_NOT_AN_INDEX, caller_location()) from None


def _plain_lazy(item: Any) -> Any:
    kind = item.dtype.kind
    if kind == "b":
        values = item.values_for("shape")
        return values if item.ndim else _flag(bool(values))
    if kind not in "iu":
        raise BoundsError(_NOT_POSITIONS, caller_location())
    return item if item.ndim or _is_traced_number(item) else index(item)


def _plain_array(array: Any, *, is_list: bool) -> Any:
    if is_list and not array.size:
        array = array.astype(np.intp)
    if array.dtype.kind not in "biu":
        raise BoundsError(_NOT_POSITIONS, caller_location())
    if array.ndim:
        is_looked_at = array.dtype.kind == "b" and not is_list
        if is_looked_at and state.trace is not None:
            return values_of([leaf(array)], "shape")[0]
        return array
    return _flag(bool(array)) if array.dtype.kind == "b" else int(array)


def _flag(value: bool) -> Flag:
    return Flag(leaf(np.zeros(int(value), np.intp)))


def _positions_of(mask: Any, shape: Ints, axis: int) -> Iterator[Item]:
    """Yield the positions of a mask's elements, along each of its axes."""
    for at, m in enumerate(mask.shape, axis):
        if m and at < len(shape) and shape[at] != m:  # NumPy lets empty masks pass
            raise BoundsError(
                f"boolean index did not match indexed array along axis {at}; size of "
                f"axis is {shape[at]} but size of corresponding boolean axis is {m}",
                caller_location(),
            )
    for positions in np.nonzero(mask):
        yield leaf(np.ascontiguousarray(positions))
