"""Element types: what is taken, and what a result's is. The rules are NumPy's."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np

from lazydag.errors import DTypeError
from lazydag.ir.source import caller_location
from lazydag.ir.types import BOOL, C128, DTYPES, F64, I64, DType

#: What promotion looks at: a dtype, or the type of a Python scalar, whose
#: value has a kind but no width (NEP 50).
PromotionType: TypeAlias = "type[int | float | complex] | DType"

_CANONICAL: dict[DType, DType] = {dtype: dtype for dtype in DTYPES.values()}
_U64 = DTYPES["u64"]
_KNOWN = ", ".join(sorted(dtype.name for dtype in DTYPES.values()))


def is_supported(dtype: DType) -> bool:
    """Tell whether `dtype` is an element type of lazydag."""
    return dtype in _CANONICAL


def supported(dtype: DType) -> DType:
    """Return the one object for `dtype`, an element type of lazydag.

    Raises
    ------
    DTypeError
        If there is no such element type.
    """
    known = _CANONICAL.get(dtype)
    if known is None:
        remedy = f"Convert it with astype first, to one of {_KNOWN}."
        if dtype.newbyteorder("=") in _CANONICAL:
            remedy = "Convert it with x.astype(x.dtype.newbyteorder('=')) first."
        name = dtype.str if not dtype.isnative else dtype.name
        raise DTypeError(f"dtype {name} is not supported", caller_location(), remedy)
    return known


def as_dtype(value: Any) -> DType:
    """Return the element type that `value`, such as ``"f4"`` or ``float``, names."""
    if isinstance(value, np.dtype):
        return supported(value)
    try:
        dtype = np.dtype(value)
    except TypeError:
        raise DTypeError(
            f"{value!r} is not a dtype",
            caller_location(),
            f"It is one of {_KNOWN}, or the name of one.",
        ) from None
    return supported(dtype)


_SAMPLES: dict[Any, Any] = {int: 0, float: 0.0, complex: 0j}


@lru_cache(maxsize=4096)
def common(types: tuple[PromotionType, ...]) -> DType:
    """Return the dtype that operands of these types are brought to."""
    samples = [_SAMPLES.get(t, t) for t in types]
    return _CANONICAL[np.result_type(*samples)]


def widened_sum(dtype: DType) -> DType:
    """Return the dtype in which NumPy adds and multiplies up elements of `dtype`."""
    if dtype.kind in "bi":
        return I64
    return _U64 if dtype.kind == "u" else dtype


def inexact(dtype: DType) -> DType:
    """Return the dtype in which NumPy takes means of elements of `dtype`."""
    return dtype if dtype.kind in "fc" else F64


_DEFAULTS: dict[Any, DType] = {int: I64, float: F64, complex: C128}


def default_dtype(kind: PromotionType) -> DType:
    """Return the dtype of a Python scalar on its own."""
    if isinstance(kind, np.dtype):
        return kind
    return _DEFAULTS[kind]


def result_type(*arrays_and_dtypes: Any) -> DType:
    """Return the dtype that NumPy's promotion gives for these arrays and dtypes.

    Parameters
    ----------
    *arrays_and_dtypes
        Arrays, dtypes and Python scalars; the latter have a kind but no width.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.result_type(ld.float32, 1.0)
    dtype('float32')
    >>> ld.result_type(ld.int32, ld.float32)
    dtype('float64')
    """
    return supported(np.result_type(*map(_sample, arrays_and_dtypes)))


def can_cast(from_: Any, to: Any, casting: Any = "safe") -> bool:
    """Tell whether NumPy's rules allow the cast.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.can_cast(ld.int32, ld.float64), ld.can_cast(ld.float64, ld.int32)
    (True, False)
    """
    return np.can_cast(_sample(from_), to, casting)


def _sample(value: Any) -> Any:
    if isinstance(value, type | bool | int | float | complex):
        return value
    return getattr(value, "dtype", value)


def name_of(types: Sequence[PromotionType]) -> str:
    """Return the types' names for a message."""
    names = [
        t.name if isinstance(t, np.dtype) else f"Python {t.__name__}" for t in types
    ]
    return " and ".join(names)


__all__ = [
    "BOOL",
    "PromotionType",
    "as_dtype",
    "can_cast",
    "common",
    "default_dtype",
    "inexact",
    "is_supported",
    "name_of",
    "result_type",
    "supported",
    "widened_sum",
]
