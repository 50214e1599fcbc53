"""NumPy's functions on lazy arrays: they stay lazy, or say that they cannot."""

from __future__ import annotations

from typing import Any

import numpy as np

from lazydag.array.array import Array
from lazydag.array.assign import update
from lazydag.array.functions import reductions
from lazydag.array.functions.beyond import NUMPYS
from lazydag.array.functions.public import BY_NUMPY
from lazydag.errors import UnsupportedError
from lazydag.ir.source import caller_location

_EAGER = "Compute it with NumPy: use np.asarray(x) in place of the lazy array x."

#: What NumPy's functions and ufuncs become when they are given a lazy array.
FOR_NUMPY = BY_NUMPY | NUMPYS

# ``np.add.reduce`` and its like
_REDUCTIONS: dict[np.ufunc, Any] = {
    np.add: reductions.sum,
    np.multiply: reductions.prod,
    np.minimum: reductions.min,
    np.maximum: reductions.max,
    np.logical_and: reductions.all,
    np.logical_or: reductions.any,
}


def call_ufunc(
    ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """Return what a NumPy ufunc gives for lazy arrays.

    Raises
    ------
    UnsupportedError
        If there is no lazy function for it.
    """
    out = kwargs.pop("out", None)
    function = FOR_NUMPY.get(ufunc) if method == "__call__" else None
    if method == "reduce" and ufunc in _REDUCTIONS:
        function = _REDUCTIONS[ufunc]
        kwargs.setdefault("axis", 0)
    if function is None:
        name = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
        raise _unsupported(f"np.{name}")
    dtype = kwargs.pop("dtype", None) if method == "__call__" else None
    if kwargs and method == "__call__" and not set(kwargs) <= {"axis"}:
        raise _unsupported(f"np.{ufunc.__name__} with {', '.join(kwargs)}=")
    if dtype is not None:
        raise _unsupported(f"np.{ufunc.__name__} with dtype=")
    result = function(*inputs, **kwargs)
    return result if out is None else _written(ufunc.__name__, out, result)


def call_function(function: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """Return what a NumPy function gives for lazy arrays.

    Raises
    ------
    UnsupportedError
        If there is no lazy function for it.
    """
    found = FOR_NUMPY.get(function)
    if found is None:
        name = f"{function.__module__}.{function.__name__}".replace("numpy", "np", 1)
        raise _unsupported(name)
    try:
        return found(*args, **kwargs)
    except TypeError as error:
        if "argument" not in str(error) or error.__traceback__.tb_next is not None:  # type: ignore[union-attr]
            raise
        what = str(error).replace(f"{found.__name__}() ", "")
        raise _unsupported(f"np.{function.__name__} called so ({what})") from None


def _written(name: str, out: tuple[Any, ...], result: Any) -> Any:
    """Write into arrays, as ``np.add(x, y, out=z)`` and ``z += x`` do."""
    results = result if isinstance(result, tuple) else (result,)
    for target, value in zip(out, results, strict=True):
        if isinstance(target, Array):
            update(target, name, value.node)
        elif target is not None:
            np.copyto(target, np.asarray(value), casting="same_kind")
    return out[0] if len(out) == 1 else out


def _unsupported(what: str) -> UnsupportedError:
    return UnsupportedError(
        f"{what} is not supported on lazy arrays", caller_location(), _EAGER
    )
