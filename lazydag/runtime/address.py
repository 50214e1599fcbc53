"""Where an array's data lie, fast."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
from numpy.typing import NDArray

# An array object begins with the object header and then the data pointer: part of
# NumPy's binary interface. ``array.ctypes.data`` takes ten times as long.
_POINTER = object.__basicsize__
_word = ctypes.c_size_t.from_address


def _fast(array: NDArray[Any]) -> int:
    return _word(id(array) + _POINTER).value


def _safe(array: NDArray[Any]) -> int:
    return array.ctypes.data


def _agree() -> bool:
    arrays = [np.zeros(n)[n // 2 :] for n in (1, 5, 100)]
    return all(_fast(array) == _safe(array) for array in arrays)


#: Return the address of the first element of an array.
address_of = _fast if _agree() else _safe
