"""Python and NumPy scalars as nodes."""

from __future__ import annotations

from struct import Struct
from typing import Any

import numpy as np

from lazydag.array.nodes.broadcast import Ints, stretch
from lazydag.errors import RangeError
from lazydag.ir.attrs import ConstAttrs
from lazydag.ir.node import Node, make
from lazydag.ir.ops import OPS
from lazydag.ir.source import caller_location
from lazydag.ir.types import F64, DType

_CONST = OPS["const"]
_pack = Struct("=d").pack
_LIMIT = 1024
_known: dict[Any, Node] = {}


def full(value: Any, dtype: DType, shape: Ints) -> Node:
    """Return `shape` filled with a Python scalar converted to `dtype`.

    Notes
    -----
    The latest ones are kept, so that ``x + 1.0`` costs a look-up.
    """
    # 0.0 and -0.0 are equal, but not the same constant
    plain = value and value.__class__ is not complex
    key = (value if plain else repr(value), value.__class__, dtype, shape)
    node = _known.get(key)
    if node is None:
        node = stretch(constant(value, dtype), shape, None)
        if len(_known) >= _LIMIT:
            _known.clear()
        _known[key] = node
    return node


def constant(value: Any, dtype: DType) -> Node:
    """Return the 0-d constant `value` converted to `dtype`.

    Raises
    ------
    RangeError
        If `value` is a Python int that `dtype` cannot hold.
    """
    if isinstance(value, int) and not fits(value, dtype):
        raise RangeError(
            f"Python integer {value} out of bounds for {dtype.name}",
            caller_location(),
            "Convert the array to a wider dtype first, such as x.astype('int64').",
        )
    if dtype is F64 and value.__class__ is float:
        data = _pack(value)
    else:
        with np.errstate(over="ignore", invalid="ignore"):
            data = np.asarray(value).astype(dtype).tobytes()
    return make(_CONST, attrs=ConstAttrs(data, dtype))


def fits(value: int, dtype: DType) -> bool:
    """Tell whether `dtype` can hold `value`: integers exactly, floats roughly."""
    if dtype.kind == "b":
        return True
    if dtype.kind in "fc":
        return abs(value) < 2**1024
    low, high = integer_range(dtype)
    return low <= value <= high


def integer_range(dtype: DType) -> tuple[int, int]:
    """Return the least and the greatest integer that an integer `dtype` holds."""
    bits = 8 * dtype.itemsize
    if dtype.kind == "u":
        return 0, 2**bits - 1
    return -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
