"""NumPy's functions on lazy arrays: they stay lazy, or say that they cannot."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from lazydag.array.functions.beyond.ufuncs import UFUNCS
from lazydag.array.functions.numpys import FOR_NUMPY
from lazydag.errors import UnsupportedError
from lazydag.ir.source import caller_location

# Python's messages about arguments that a function does not take
_OF_CALL = re.compile(
    r"\(\) (got an unexpected keyword|missing \d+ required|takes \d+ positional)"
)
_EAGER = "Compute it with NumPy: use np.asarray(x) in place of the lazy array x."


def call_ufunc(
    ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """Return what a NumPy ufunc gives for lazy arrays.

    Raises
    ------
    UnsupportedError
        If there is no lazy function for it.
    """
    ours = UFUNCS.get(ufunc)
    if ours is None:  # of another library, such as scipy.special
        name = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
        raise _unsupported(f"np.{name}")
    return getattr(ours, method)(*inputs, **kwargs)


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
        if _OF_CALL.search(str(error)) is None:
            raise
        what = str(error).replace(f"{found.__name__}() ", "")
        raise _unsupported(f"np.{function.__name__} called so ({what})") from None


def _unsupported(what: str) -> UnsupportedError:
    return UnsupportedError(
        f"{what} is not supported on lazy arrays", caller_location(), _EAGER
    )
