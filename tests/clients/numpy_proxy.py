"""A namespace of NumPy's functions over arrays that are not NumPy's: the mark.

What a client's own tests refuse here, they refuse for every namespace but NumPy itself.
"""

from __future__ import annotations

import sys
from functools import wraps
from typing import Any

import array_api_compat.numpy as compat
import numpy as np

_PLAIN = frozenset({"dtype", "shape", "ndim", "size", "itemsize", "nbytes", "device"})
_BINARY = [
    *("add", "and", "floordiv", "lshift", "matmul", "mod", "mul"),
    *("or", "pow", "rshift", "sub", "truediv", "xor"),
]
_OTHERS = (
    "abs neg pos invert eq ge gt le lt ne getitem setitem "
    "bool int float complex index len contains format repr str"
)


def unwrapped(value: Any) -> Any:
    """Return `value` with NumPy's arrays in place of proxies, at any depth."""
    if isinstance(value, Array):
        return value.value
    if type(value) in (list, tuple):
        return type(value)(map(unwrapped, value))
    if type(value) is dict:
        return {name: unwrapped(entry) for name, entry in value.items()}
    return value


def wrapped(value: Any) -> Any:
    """Return `value` with proxies in place of NumPy's arrays and scalars."""
    if isinstance(value, np.ndarray | np.generic):
        return Array(np.asarray(value))
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*map(wrapped, value))
    if type(value) in (list, tuple):
        return type(value)(map(wrapped, value))
    return value


def over_proxies(function: Any) -> Any:
    """Return a function of proxies that does what `function` does to arrays."""

    @wraps(function)
    def over(*args: Any, **kwargs: Any) -> Any:
        return wrapped(function(*map(unwrapped, args), **unwrapped(kwargs)))

    return over


class Array:
    """An array that only NumPy's protocols know to be NumPy's."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, value: Any) -> None:
        self.value = value

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or not hasattr(np.ndarray, name):
            raise AttributeError(name)
        found = getattr(self.value, name)
        if name in _PLAIN:
            return found
        return over_proxies(found) if callable(found) else wrapped(found)

    def __array_namespace__(self, *, api_version: str | None = None) -> Any:
        return sys.modules[__name__]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.array(self.value, dtype=dtype, copy=copy)

    def __array_ufunc__(self, ufunc: Any, method: str, *args: Any, **kw: Any) -> Any:
        return over_proxies(getattr(ufunc, method))(*args, **kw)

    def __array_function__(self, function: Any, _: Any, args: Any, kwargs: Any) -> Any:
        return wrapped(function(*unwrapped(tuple(args)), **unwrapped(kwargs)))

    def __dlpack__(self, **kwargs: Any) -> Any:
        return self.value.__dlpack__(**kwargs)

    def __dlpack_device__(self) -> Any:
        return self.value.__dlpack_device__()

    def __iter__(self) -> Any:
        return map(wrapped, iter(self.value))


def _operator(name: str) -> Any:
    def operator(self: Array, *args: Any) -> Any:
        return wrapped(getattr(self.value, name)(*map(unwrapped, args)))

    return operator


def _in_place(name: str) -> Any:
    anew, within = f"__{name}__", f"__i{name}__"

    def operator(self: Array, other: Any) -> Array:
        if not self.value.ndim:  # a scalar, for NumPy: the name gets another
            return wrapped(getattr(self.value, anew)(unwrapped(other)))
        self.value = getattr(self.value, within)(unwrapped(other))
        return self

    return operator


for _name in (*_BINARY, *(f"r{name}" for name in _BINARY), *_OTHERS.split(" ")):
    setattr(Array, f"__{_name}__", _operator(f"__{_name}__"))
for _name in _BINARY:
    setattr(Array, f"__i{_name}__", _in_place(_name))


class _Extension:
    """`numpy.linalg` or `numpy.fft` over proxies."""

    def __init__(self, module: Any) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        return over_proxies(getattr(self._module, name))


linalg = _Extension(compat.linalg)
fft = _Extension(compat.fft)


def __getattr__(name: str) -> Any:
    found = getattr(compat, name)
    is_function = callable(found) and not isinstance(found, type)
    return over_proxies(found) if is_function and name[0] != "_" else found
