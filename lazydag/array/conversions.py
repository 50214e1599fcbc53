"""What arrays become for Python: numbers, truth values and text."""

from __future__ import annotations

from operator import index
from typing import TYPE_CHECKING, Any

import numpy as np

from lazydag.array.probing import is_probe

if TYPE_CHECKING:
    from lazydag.array.array import Array

_PLAIN = (np.float64, np.int64, np.bool_, np.complex128)


class Conversions:
    """Conversions that need the values, which are computed for them."""

    __slots__ = ()

    def __bool__(self: Any) -> bool:
        if is_probe():
            return False
        return bool(self._force("bool"))

    def __int__(self: Any) -> int:
        return int(_real_only(self, "int")._force("int"))

    def __float__(self: Any) -> float:
        return float(_real_only(self, "float")._force("float"))

    def __complex__(self: Any) -> complex:
        return complex(self._force("complex"))

    def __index__(self: Any) -> int:
        return index(self._force("index"))

    def __repr__(self: Any) -> str:
        if self._is_traced():
            return f"<traced {self.node.type}>"
        text = np.array2string(self._force(), separator=", ", prefix="Array(")
        plain = self.dtype in _PLAIN and self.size
        return f"Array({text})" if plain else f"Array({text}, dtype={self.dtype})"

    def __str__(self: Any) -> str:
        return repr(self) if self._is_traced() else str(self._force())

    def __format__(self: Any, spec: str) -> str:
        if self._is_traced():
            return format(repr(self), spec)
        value = self._force()
        return format(value if value.ndim else value[()], spec)


def _real_only(array: Array, name: str) -> Array:
    """Return `array`, which is to become a Python number without imaginary part.

    Raises
    ------
    TypeError
        If it is complex.
    """
    if array.dtype.kind == "c":
        raise TypeError(f"can't convert complex to {name}")
    return array
