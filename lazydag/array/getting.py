"""Reading elements: what ``x[key]`` is when the key has masks or positions."""

from __future__ import annotations

from functools import partial
from math import prod
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from lazydag.array.keys import computed_key, is_element, is_known, read_key, size_of
from lazydag.array.leaves import held_by
from lazydag.array.nodes.gather import gathered
from lazydag.array.nodes.paths import look
from lazydag.array.nodes.pins import far_held_by, has_devices
from lazydag.array.nodes.selection import select
from lazydag.array.placing import far_values
from lazydag.array.tracing import state
from lazydag.ir.node import Node

if TYPE_CHECKING:
    from lazydag.array.array import Array
    from lazydag.array.link import Link

NDArray: TypeAlias = "np.ndarray[Any, Any]"

#: Up to so many elements NumPy is done before a graph would be recorded.
SMALL_SIZE = 1 << 14


def get_positions(array: Array, key: Any) -> tuple[Node, bool]:
    """Return the elements that a key selects, and whether NumPy's are a view.

    Raises
    ------
    IndexError
        If the key is none, or a position that is known is outside of its axis.
    """
    selection = select(array.shape, read_key(array.shape, key))
    return gathered(array.node, selection), selection.is_view


def get_known(array: Array, key: Any) -> NDArray | None:
    """Return a copy of elements that are known, if they are few, else None.

    Also if the key is wrong, which is told elsewhere.
    """
    value = known_value(array)
    plain = None if value is None else known_key(value, key)
    if value is None or plain is None:
        return None
    try:
        return np.array(value[plain])
    except IndexError:
        return None


def known_key(value: NDArray, key: Any) -> Any:
    """Return a key for NumPy, if it is known and selects few elements, else None."""
    if not is_known(key) or size_of(key) > SMALL_SIZE:
        return None
    plain = computed_key(key)
    return plain if _selects_few(value, plain) else None


def _selects_few(value: NDArray, key: Any) -> bool:
    """Tell whether a key selects few elements, or none since it is wrong."""
    if value.size <= SMALL_SIZE:
        return True
    items = key if isinstance(key, tuple) else (key,)
    if any(np.ndim(item) for item in items if not isinstance(item, slice)):
        reached: int = size_of(key) * prod(value.shape[1:])
        return reached <= SMALL_SIZE
    try:
        size: int = np.asarray(value[key]).size
    except IndexError:
        return True
    return size <= SMALL_SIZE


def get_element(array: Array, key: Any) -> NDArray | None:
    """Return a single element that is known, as an array without axes, else None."""
    if state.trace is not None:
        return None
    value = array._value if array._link is None else _shown(array._link)
    if value is None:
        return _far_element(array, key) if has_devices() else None
    if not is_element(key, value.ndim):
        return None
    try:
        return np.asarray(value[key])
    except IndexError:
        return None


def _far_element(array: Array, key: Any) -> NDArray | None:
    """Return a copy of a single element that is known, on a device, else None."""
    link = array._link
    whole = far_held_by(array.owner.node)
    path = () if link is None else link.place()
    if whole is None or path is None or not whole.is_contiguous:
        return None
    view = whole.shown(partial(look, path))
    if not is_element(key, view.ndim):
        return None
    place = key if isinstance(key, tuple) else (key,)
    try:
        return view.shown(lambda alike: alike[(*place, ...)]).on_host()
    except IndexError:
        return None


def _shown(link: Link) -> NDArray | None:
    """Return what a view shows of values that are known, without keeping it."""
    value, path = known_base(link.base), link.place()
    return None if value is None or path is None else look(path, value)


def known_base(base: Array) -> NDArray | None:
    """Return the values of an array that is no view, if they are there."""
    if base._value is not None:
        return base._value
    return None if base._node is None else held_by(base._node)


def known_value(array: Array) -> NDArray | None:
    """Return an array's values if they are here; never while a function is traced."""
    if state.trace is not None or not array.is_computed:
        return None
    value = array._value
    if value is None and array._link is None:
        value = held_by(array.node)
    if value is None and far_values(array) is not None:
        return None
    return array._force() if value is None else value
