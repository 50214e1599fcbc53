"""Functions that NumPy computes, since there is nothing lazy in their place.

Their arguments are computed, and what they return becomes lazy arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import numpy as np

from lazydag.array.array import Array
from lazydag.array.nodes.dtypes import is_supported
from lazydag.array.operands import holds_lazy
from lazydag.errors import DTypeError
from lazydag.ir.source import caller_location
from lazydag.remarks import Kind, remark

Function = Callable[..., Any]


def eager(function: Function, name: str) -> Function:
    """Return a function of NumPy that takes and returns lazy arrays."""

    @wraps(function)
    def compute(*args: Any, **kwargs: Any) -> Any:
        found = [computed(arg) for arg in args]
        named = {key: computed(value) for key, value in kwargs.items()}
        if holds_lazy(args) or holds_lazy(kwargs.values()):
            remark(Kind.NUMPY, caller_location(), f"np.{name}")
        return lazy(function(*found, **named))

    return compute


def by_numpy(
    numpys: Function, refusal: Exception, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """Return what NumPy computes of elements that lazydag has not, if it can."""
    try:
        found = numpys(
            *map(computed, args), **{k: computed(v) for k, v in kwargs.items()}
        )
    except TypeError:
        raise refusal from None
    return lazy(found)


def is_for_numpy(error: Exception, values: Sequence[Any]) -> bool:
    """Tell whether a call is refused for elements that lazydag has not."""
    if any(isinstance(v, np.ndarray) and _is_foreign(v) for v in values):
        return True
    return isinstance(error, DTypeError) and not holds_lazy(values)


def _is_foreign(array: np.ndarray[Any, Any]) -> bool:
    return isinstance(array, np.ma.MaskedArray) or not is_supported(array.dtype)


def computed(value: Any) -> Any:
    """Return `value` with NumPy arrays in place of lazy ones."""
    if isinstance(value, Array):
        return value.values_for("array")
    if type(value) in (list, tuple):
        return type(value)(computed(each) for each in value)
    if type(value) is dict:
        return {key: computed(each) for key, each in value.items()}
    return value


def lazy(value: Any) -> Any:
    """Return `value` with lazy arrays in place of NumPy's, if they have the dtype."""
    if type(value) is np.ndarray and is_supported(value.dtype):
        return Array(value=value)
    if isinstance(value, list | tuple):
        return _rebuilt(value, [lazy(each) for each in value])
    return value


def _rebuilt(value: Any, items: list[Any]) -> Any:
    if hasattr(value, "_fields"):  # a named tuple
        return type(value)(*items)
    return type(value)(items)
