"""Elements put between others, or left out."""

from __future__ import annotations

from typing import Any

import numpy as np

from lazydag.array.array import Array
from lazydag.array.functions.assembling import joined
from lazydag.array.functions.beyond.lanes import as_array
from lazydag.array.functions.beyond.register import stands_for
from lazydag.array.functions.shapes import broadcast_to, moveaxis
from lazydag.array.functions.taking import take
from lazydag.array.nodes.move import normal_axis
from lazydag.errors import AxisError, UsageError
from lazydag.ir.source import caller_location


@stands_for(np.insert)
def insert(arr: Any, obj: Any, values: Any, axis: int | None = None) -> Array:
    """Put values in front of elements.

    Parameters
    ----------
    arr : array_like
        Any shape.
    obj : int, slice or array_like of int or bool
        In front of which elements; lazy ones are computed.
    values : array_like
        What to put there, of the type of `arr`.
    axis : int, optional
        Along which; in the flattened array by default.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.insert([1, 2, 3], 1, 7)
    Array([1, 7, 2, 3])
    """
    array, at = _along(arr, axis)
    length = array.shape[at]
    places = _places(obj, length)
    if places.ndim > 1:
        raise UsageError(
            "index array argument obj to insert must be one dimensional or scalar",
            caller_location(),
        )
    new = as_array(values).astype(array.dtype)
    if places.size == 1:
        return _inserted(array, at, places, new)
    places = np.where(places < 0, places + length, places)
    _check_inside(places, length + 1, at)
    order = np.argsort(places, kind="stable")
    places[order] += np.arange(len(places))
    shape = tuple(len(places) if i == at else n for i, n in enumerate(array.shape))
    both = joined([array.node, broadcast_to(new, shape).node], at)
    source = np.empty(length + len(places), np.int64)
    is_old = np.ones(len(source), bool)
    is_old[places] = False
    source[is_old], source[places] = np.arange(length), length + np.arange(len(places))
    return take(both, source, axis=at)


def _inserted(array: Array, at: int, places: Any, new: Array) -> Array:
    """Return the array with all values in front of one element."""
    length, place = array.shape[at], int(places.item())
    if not -length <= place <= length:
        raise AxisError(
            f"index {place} is out of bounds for axis {at} with size {length}",
            caller_location(),
        )
    place += length if place < 0 else 0
    new = new.reshape((1,) * (array.ndim - new.ndim) + new.shape)
    if not places.ndim:
        new = moveaxis(new, 0, at)
    shape = tuple(new.shape[at] if i == at else n for i, n in enumerate(array.shape))
    before = (slice(None),) * at
    parts = (
        array[(*before, slice(None, place))],
        broadcast_to(new, shape),
        array[(*before, slice(place, None))],
    )
    return joined([part.node for part in parts], at)


@stands_for(np.delete)
def delete(arr: Any, obj: Any, axis: int | None = None) -> Array:
    """Leave out elements along an axis.

    Parameters
    ----------
    arr : array_like
        Any shape.
    obj : int, slice or array_like of int or bool
        Which elements; lazy ones are computed.
    axis : int, optional
        Along which; in the flattened array by default.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.delete([1, 2, 3, 4], [0, 2])
    Array([2, 4])
    """
    array, at = _along(arr, axis)
    length = array.shape[at]
    if not isinstance(obj, slice):
        obj = _known(obj)
    if getattr(obj, "dtype", None) == np.bool_ and obj.shape != (length,):
        raise UsageError(
            "boolean array argument obj to delete must be one dimensional and match "
            f"the axis length of {length}",
            caller_location(),
        )
    places = _places(obj, length).reshape(-1)
    _check_inside(places, length, at)
    kept = np.ones(length, bool)
    kept[places] = False
    edges = np.flatnonzero(np.diff(kept, prepend=False, append=False)).tolist()
    runs = list(zip(edges[::2], edges[1::2], strict=True))
    before = (slice(None),) * at
    if len(runs) > _MOST_RUNS:
        return take(array, np.flatnonzero(kept), axis=at)
    parts = [array[(*before, slice(*run))].node for run in runs]
    return joined(parts or [array[(*before, slice(0, 0))].node], at)


#: So many pieces are joined; more of them are taken element by element.
_MOST_RUNS = 8


def _along(arr: Any, axis: int | None) -> tuple[Array, int]:
    array = as_array(arr)
    if axis is None:
        return array.reshape(-1), 0
    return array, normal_axis(array.node, axis)


def _known(obj: Any) -> Any:
    """Return positions or a mask as a NumPy array."""
    if isinstance(obj, Array):
        return obj.values_for("index")
    found = np.asarray(obj)
    is_nothing = not found.size and not isinstance(obj, np.ndarray)
    return found.astype(np.int64) if is_nothing else found


def _places(obj: Any, length: int) -> Any:
    """Return positions as an array that nobody else has."""
    if isinstance(obj, slice):
        return np.arange(*obj.indices(length))
    places = np.array(_known(obj))
    if places.dtype.kind == "b":
        if places.ndim != 1:
            raise UsageError(
                "a mask of elements must be one dimensional", caller_location()
            )
        return np.flatnonzero(places)
    if places.dtype.kind not in "iu":
        raise AxisError(
            f"positions are integers or bools, not {places.dtype}", caller_location()
        )
    return places


def _check_inside(places: Any, length: int, axis: int) -> None:
    for place in places[(places < -length) | (places >= length)]:
        raise AxisError(
            f"index {place} is out of bounds for axis {axis} with size {length}",
            caller_location(),
        )
