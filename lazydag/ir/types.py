"""The types of values: element types, dimensions, arrays and tuples of arrays."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from typing import Any, TypeAlias

import numpy as np

from lazydag.errors import DTypeError

DType: TypeAlias = "np.dtype[Any]"

#: Short names of the element types that lazydag computes with.
DTYPES: dict[str, DType] = {
    "bool": np.dtype(np.bool_),
    "i8": np.dtype(np.int8),
    "i16": np.dtype(np.int16),
    "i32": np.dtype(np.int32),
    "i64": np.dtype(np.int64),
    "u8": np.dtype(np.uint8),
    "u16": np.dtype(np.uint16),
    "u32": np.dtype(np.uint32),
    "u64": np.dtype(np.uint64),
    "f32": np.dtype(np.float32),
    "f64": np.dtype(np.float64),
    "c64": np.dtype(np.complex64),
    "c128": np.dtype(np.complex128),
}
_NAMES: dict[DType, str] = {dtype: name for name, dtype in DTYPES.items()}

BOOL = DTYPES["bool"]
I64 = DTYPES["i64"]
F32 = DTYPES["f32"]
F64 = DTYPES["f64"]
C64 = DTYPES["c64"]
C128 = DTYPES["c128"]

#: The dtype of the parts of complex numbers, and the other way about.
REAL: dict[DType, DType] = {C64: F32, C128: F64}
COMPLEX: dict[DType, DType] = {F32: C64, F64: C128}


def dtype_name(dtype: DType) -> str:
    """Return the short name of `dtype`, such as ``"f64"``.

    Raises
    ------
    DTypeError
        If lazydag has no such element type.
    """
    name = _NAMES.get(dtype)
    if name is None:
        raise DTypeError(
            f"dtype {dtype} is not supported",
            remedy=f"Cast to one of {', '.join(DTYPES)} first.",
        )
    return name


@dataclass(frozen=True, slots=True)
class Dim:
    """A number of elements known only when the run gets there.

    Parameters
    ----------
    name : str
        Symbol shown in dumps.
    upper : int
        Greatest value it can take.
    """

    name: str
    upper: int

    def __str__(self) -> str:
        return f"{self.name}<={self.upper}"


Extent: TypeAlias = int | Dim
Shape: TypeAlias = tuple[Extent, ...]


@dataclass(frozen=True, slots=True)
class ArrayType:
    """Shape and element type of an array."""

    shape: Shape
    dtype: DType
    #: Number of elements (an upper bound with symbolic extents).
    size: int = field(init=False, repr=False, compare=False)
    is_complex: bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        try:
            size = prod(self.shape)  # type: ignore[arg-type]
        except TypeError:
            size = prod(self.sizes)
        # Passes ask for these again and again, and types are few.
        object.__setattr__(self, "size", size)
        object.__setattr__(self, "is_complex", self.dtype.kind == "c")

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def sizes(self) -> tuple[int, ...]:
        """The shape, with upper bounds where an extent is not known yet."""
        return tuple(d.upper if isinstance(d, Dim) else d for d in self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes of a contiguous array of this type."""
        return self.size * self.dtype.itemsize

    def __str__(self) -> str:
        return f"{dtype_name(self.dtype)}[{','.join(map(str, self.shape))}]"


@dataclass(frozen=True, slots=True)
class TupleType:
    """Types of the outputs of a kernel."""

    items: tuple[ArrayType, ...]

    def __str__(self) -> str:
        return f"({', '.join(map(str, self.items))})"


Type: TypeAlias = ArrayType | TupleType
