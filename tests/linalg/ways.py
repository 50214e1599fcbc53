"""The ways in which a function of arrays can be called; all must give the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

import lazydag as ld

Array: TypeAlias = "np.ndarray[Any, Any]"
Function: TypeAlias = Callable[..., Any]


def computed(found: Any) -> Any:
    """Return a result as an array of NumPy's, or a tuple of them."""
    if isinstance(found, tuple):
        return tuple(map(np.asarray, ld.compute(*found)))
    return np.asarray(found)


def lazily(function: Function, *arrays: Array) -> Any:
    """Record the call on lazy arrays, and compute it."""
    return computed(function(*map(ld.asarray, arrays)))


def jitted(function: Function, *arrays: Array) -> Any:
    """Call a jitted function, with arithmetic around the call."""

    def program(*arrays: Any) -> Any:
        found = function(*(array * 1 for array in arrays))
        return tuple(found) if isinstance(found, tuple) else found

    return computed(ld.jit(program)(*arrays))


def of_views(function: Function, *arrays: Array) -> Any:
    """Call it on every other row and column of larger lazy arrays, written to after."""
    wholes = []
    for array in arrays:
        whole = np.full(tuple(2 * n + 1 for n in array.shape), np.nan, array.dtype)
        whole[(slice(1, None, 2),) * array.ndim] = array
        wholes.append(ld.asarray(whole))
    found = function(*(w[(slice(1, None, 2),) * w.ndim] for w in wholes))
    for whole in wholes:
        whole[...] = 7
    return computed(found)


def transposed(function: Function, *arrays: Array) -> Any:
    """Call it on transposes of arrays that hold the transposes."""
    return computed(function(*(ld.asarray(a.T.copy()).T for a in arrays)))


def of_numpy(function: Function, *arrays: Array) -> Any:
    """Call it on NumPy's own arrays, in Fortran's order."""
    return computed(function(*map(np.asfortranarray, arrays)))


WAYS = {way.__name__: way for way in (lazily, jitted, of_views, transposed, of_numpy)}
