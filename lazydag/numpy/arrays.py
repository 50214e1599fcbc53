"""The class that programs take for NumPy's arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lazydag.array.array import Array
from lazydag.array.functions.creation import empty
from lazydag.errors import UnsupportedError
from lazydag.ir.source import caller_location


class _Kind(type):
    """Lazy arrays and NumPy's are instances alike, and methods are the lazy ones'."""

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, Array | np.ndarray)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, Array | np.ndarray) or type.__subclasscheck__(
            cls, subclass
        )

    def __getattr__(cls, name: str) -> Any:
        return getattr(Array, name)


class ndarray(metaclass=_Kind):  # noqa: N801  # NumPy's name
    """What ``isinstance(x, np.ndarray)`` asks for: lazy arrays and NumPy's.

    Parameters
    ----------
    shape : int or tuple of int
        Number of elements along each axis.
    dtype : dtype
        Type of the elements, which are zeros.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> isinstance(np.zeros(3), np.ndarray)
    True
    >>> np.ndarray((2, 2), int).dtype
    dtype('int64')
    """

    def __new__(
        cls, shape: int | Sequence[int], dtype: Any = float, *memory: Any, **layout: Any
    ) -> Any:
        """Return a lazy array; there is none over memory that is given."""
        if memory or layout:
            raise UnsupportedError(
                "an array over memory is not supported",
                caller_location(),
                "Make it with NumPy, and pass it to np.asarray.",
            )
        return empty(shape, dtype)

    @classmethod
    def __class_getitem__(cls, item: Any) -> Any:
        """Return NumPy's own, for annotations."""
        return np.ndarray[item]
