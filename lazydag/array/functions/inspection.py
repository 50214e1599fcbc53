"""What the namespace can do, and what its element types are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from lazydag.array import engine
from lazydag.array.array import Array
from lazydag.array.nodes.dtypes import as_dtype
from lazydag.array.placing import check_device
from lazydag.array.tracing import state
from lazydag.ir.types import BOOL, C128, DTYPES, F64, I64, REAL, DType

_MAX_NDIM = 64
_DEFAULTS = {
    "real floating": F64,
    "complex floating": C128,
    "integral": I64,
    "indexing": I64,
}


@dataclass(frozen=True, slots=True)
class FloatInfo:
    """Limits of a floating-point dtype, as Python floats.

    Parameters
    ----------
    bits : int
        Width of a number, or of each part of a complex one.
    eps : float
        From 1 to the next number.
    max, min : float
        The greatest and the least finite number.
    smallest_normal, smallest_subnormal : float
        The least positive numbers with all digits and with one.
    tiny : float
        Another name of `smallest_normal`.
    resolution : float
        Ten to the power minus `precision`.
    precision : int
        Decimal digits that are exact.
    dtype : numpy.dtype
        The real dtype.
    """

    bits: int
    eps: float
    max: float
    min: float
    smallest_normal: float
    smallest_subnormal: float
    tiny: float
    resolution: float
    precision: int
    dtype: DType


@dataclass(frozen=True, slots=True)
class IntInfo:
    """Limits of an integer dtype.

    Parameters
    ----------
    bits : int
        Width.
    max, min : int
        The greatest and the least number.
    dtype : numpy.dtype
        The dtype itself.
    """

    bits: int
    max: int
    min: int
    dtype: DType


def finfo(type: Any, /) -> FloatInfo:
    """Return the limits of a floating-point dtype, or of an array's.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.finfo(ld.float32).bits, ld.finfo(ld.complex128).eps
    (32, 2.220446049250313e-16)
    """
    dtype = _dtype_of(type)
    info = np.finfo(dtype)
    names = [f.name for f in fields(FloatInfo)][1:-2]
    numbers = {name: float(getattr(info, name)) for name in names}
    return FloatInfo(
        bits=info.bits,
        precision=info.precision,
        dtype=REAL.get(dtype, dtype),
        **numbers,
    )


def iinfo(type: Any, /) -> IntInfo:
    """Return the limits of an integer dtype, or of an array's.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.iinfo(ld.int8).max
    127
    """
    dtype = _dtype_of(type)
    info = np.iinfo(dtype)
    return IntInfo(info.bits, int(info.max), int(info.min), dtype)


def isdtype(dtype: Any, kind: Any) -> bool:
    """Whether a dtype is of a kind, or of one of several.

    Parameters
    ----------
    dtype : dtype
        What is asked about.
    kind : str, dtype or tuple of them
        ``"bool"``, ``"signed integer"``, ``"unsigned integer"``, ``"integral"``,
        ``"real floating"``, ``"complex floating"``, ``"numeric"``, or a dtype.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.isdtype(ld.float32, "real floating"), ld.isdtype(ld.bool, "numeric")
    (True, False)
    """
    return bool(np.isdtype(as_dtype(dtype), kind))


class Devices(tuple[str, ...]):
    """Where arrays can be: a tuple that lists can be added to.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.__array_namespace_info__().devices() + [None]
    ('cpu', None)
    """

    __slots__ = ()

    def __add__(self, other: Iterable[Any]) -> tuple[Any, ...]:
        return (*self, *other)


class NamespaceInfo:
    """What `__array_namespace_info__` returns.

    Examples
    --------
    >>> import lazydag as ld
    >>> info = ld.__array_namespace_info__()
    >>> info.default_dtypes()["real floating"], info.devices()
    (dtype('float64'), ('cpu',))
    """

    __slots__ = ()

    def capabilities(self) -> dict[str, Any]:
        """Return what arrays can do."""
        return {
            "boolean indexing": True,
            "data-dependent shapes": True,
            "max dimensions": _MAX_NDIM,
        }

    def default_device(self) -> str:
        """Return where arrays are made unless asked otherwise."""
        return "cpu" if state.scope is None else state.scope.device

    def devices(self) -> Devices:
        """Return where arrays can be."""
        return Devices(engine.device_names())

    def default_dtypes(self, *, device: Any = None) -> dict[str, DType]:
        """Return the dtypes of Python numbers and of positions."""
        check_device(device)
        return dict(_DEFAULTS)

    def dtypes(self, *, device: Any = None, kind: Any = None) -> dict[str, DType]:
        """Return the dtypes of a kind, as `isdtype` knows them; all by default."""
        check_device(device)
        found = [BOOL, *(d for d in DTYPES.values() if d != BOOL)]
        wanted = () if kind == () else kind
        return {
            dtype.name: dtype
            for dtype in found
            if wanted is None or np.isdtype(dtype, wanted)
        }


def namespace_info() -> NamespaceInfo:
    """Return what the namespace can do, and its dtypes.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.__array_namespace_info__().default_device()
    'cpu'
    """
    return NamespaceInfo()


def _dtype_of(value: Any) -> DType:
    if isinstance(value, Array | np.ndarray | np.generic):
        return as_dtype(value.dtype)
    return as_dtype(value)
