"""Axes added until there are enough."""

from __future__ import annotations

from typing import Any

import numpy as np

from lazydag.array.array import Array
from lazydag.array.functions.beyond.lanes import as_array
from lazydag.array.functions.beyond.register import stands_for


@stands_for(np.atleast_1d)
def atleast_1d(*arys: Any) -> Any:
    """Return arrays with at least one axis: views with axes of one element.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.atleast_1d(3.0)
    Array([3.])
    """
    return _each(arys, lambda x: x if x.ndim else x.reshape(1))


@stands_for(np.atleast_2d)
def atleast_2d(*arys: Any) -> Any:
    """Return arrays with at least two axes; a vector becomes a row."""
    return _each(arys, lambda x: x if x.ndim > 1 else x.reshape(1, -1))


@stands_for(np.atleast_3d)
def atleast_3d(*arys: Any) -> Any:
    """Return arrays with at least three axes; a vector becomes the middle one."""
    return _each(arys, _three)


def _three(x: Array) -> Array:
    if x.ndim > 2:
        return x
    return x.reshape(*x.shape, 1) if x.ndim == 2 else x.reshape(1, -1, 1)


def _each(arrays: tuple[Any, ...], deepen: Any) -> Any:
    found = tuple(deepen(as_array(each)) for each in arrays)
    return found[0] if len(found) == 1 else found
