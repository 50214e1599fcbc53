"""How NumPy and programs for the array API find out what to do with lazy arrays."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from lazydag.array.nodes.pins import has_devices
from lazydag.array.values import NDArray

_VERSIONS = (None, "2021.12", "2022.12", "2023.12", "2024.12", "2025.12")


class Interfaces:
    """NumPy's protocols, and the array API's namespace."""

    __slots__ = ()

    __array_priority__ = 1000

    def __array__(self: Any, dtype: Any = None, copy: bool | None = None) -> NDArray:
        value: NDArray = self._force("array")
        if copy is False and has_devices() and self.device != "cpu":
            raise ValueError(f"the values on {self.device} have to be copied for NumPy")
        if not value.ndim and copy is None:
            copy = True  # NumPy's results without axes are scalars, and stay so
        if dtype is None and not copy:
            return value
        return np.array(value, dtype=dtype, copy=copy)

    def __lazydag_value__(self: Any) -> NDArray:
        """Return the values for a task that has the array as an argument."""
        values: NDArray = self._force("array")
        return values

    def __array_ufunc__(
        self: Any, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any
    ) -> Any:
        from lazydag.array import protocols  # noqa: PLC0415  # made of arrays itself

        return protocols.call_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(
        self: Any, function: Any, types: Any, args: Any, kwargs: Any
    ) -> Any:
        from lazydag.array import protocols  # noqa: PLC0415  # made of arrays itself

        del types
        return protocols.call_function(function, args, kwargs)

    def __array_namespace__(self: Any, *, api_version: str | None = None) -> Any:
        if api_version not in _VERSIONS:
            raise ValueError(f"unknown version {api_version!r} of the array API")
        return sys.modules["lazydag"]
