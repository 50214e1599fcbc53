"""DLPack capsules of memory of devices, written and read.

NumPy writes and reads those of the host. The structures are DLPack's of version 1, and
those before; see https://dmlc.github.io/dlpack/latest/c_api.html.
"""

from __future__ import annotations

import ctypes
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from lazydag.errors import DTypeError, UsageError

if TYPE_CHECKING:
    from lazydag.runtime.device_array import DeviceArray

#: DLPack's numbers of CUDA's memory, and of memory that CUDA moves by itself.
CUDA: Final = 2
MANAGED: Final = 13
_VERSION: Final = (1, 0)
_READ_ONLY: Final = 1
#: What CUDA calls the stream that most libraries use unless told otherwise.
_DEFAULT_STREAM: Final = 1
#: In place of a stream, for "do not wait".
_NO_STREAM: Final = -1

_CODES: Final = {"i": 0, "u": 1, "f": 2, "c": 5, "b": 6}
_KINDS: Final = {code: kind for kind, code in _CODES.items()}
_NAMES: Final = (b"dltensor", b"dltensor_versioned")
_USED: Final = (b"used_dltensor", b"used_dltensor_versioned")


class _Device(ctypes.Structure):
    _fields_ = (("type", ctypes.c_int32), ("number", ctypes.c_int32))


class _DType(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint8),
        ("bits", ctypes.c_uint8),
        ("lanes", ctypes.c_uint16),
    )


class _Tensor(ctypes.Structure):
    _fields_ = (
        ("data", ctypes.c_void_p),
        ("device", _Device),
        ("ndim", ctypes.c_int32),
        ("dtype", _DType),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("byte_offset", ctypes.c_uint64),
    )


_DELETER = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


class _Managed(ctypes.Structure):
    """Before version 1."""

    _fields_ = (
        ("tensor", _Tensor),
        ("context", ctypes.c_void_p),
        ("deleter", _DELETER),
    )


class _Versioned(ctypes.Structure):
    """From version 1 on."""

    _fields_ = (
        ("major", ctypes.c_uint32),
        ("minor", ctypes.c_uint32),
        ("context", ctypes.c_void_p),
        ("deleter", _DELETER),
        ("flags", ctypes.c_uint64),
        ("tensor", _Tensor),
    )


_KINDS_OF_TENSOR: Final = (_Managed, _Versioned)


def _function(name: str, result: Any, *arguments: Any) -> Any:
    """Return a function of Python's API, by which capsules are made and read."""
    found = getattr(ctypes.pythonapi, name)
    address = ctypes.cast(found, _POINTER).value or 0
    return ctypes.PYFUNCTYPE(result, *arguments)(address)


_POINTER = ctypes.c_void_p
# A capsule that dies is an address: no new reference may be made to it.
_new = _function("PyCapsule_New", ctypes.py_object, _POINTER, ctypes.c_char_p, _POINTER)
_is_valid = _function("PyCapsule_IsValid", ctypes.c_int, _POINTER, ctypes.c_char_p)
_pointer = _function("PyCapsule_GetPointer", _POINTER, _POINTER, ctypes.c_char_p)
_rename = _function("PyCapsule_SetName", ctypes.c_int, _POINTER, ctypes.c_char_p)

#: What readers have not given back yet: by the address of its structure, the structure,
#: its extents, the array and the reader's stream.
_lent: Final[dict[int, tuple[Any, Any, DeviceArray, int]]] = {}


def _take_back(address: int) -> None:
    """Take memory back, after what the reader still does with it on its stream."""
    _, _, array, stream = _lent.pop(address)
    if stream != _NO_STREAM:
        with suppress(Exception):  # nobody is there to be told
            array.memory.finish(stream)


def _drop(capsule: int) -> None:
    """Take back what nobody has read."""
    for name in _NAMES:
        if _is_valid(capsule, name):
            _take_back(_pointer(capsule, name))


# Native code calls these.
_deleter, _destructor = _DELETER(_take_back), _DELETER(_drop)


def capsule(array: DeviceArray, stream: int | None, *, is_versioned: bool) -> Any:
    """Return a capsule with the memory of an array.

    Parameters
    ----------
    stream
        On which it will be used: the memory is not used again before that is done.
    is_versioned
        Whether the reader knows version 1.
    """
    made = _KINDS_OF_TENSOR[is_versioned]()
    size = array.dtype.itemsize
    extents = (ctypes.c_int64 * (2 * array.ndim))(
        *array.shape, *(stride // size for stride in array.strides)
    )
    made.deleter = _deleter
    if isinstance(made, _Versioned):
        made.major, made.minor = _VERSION
        made.flags = _READ_ONLY
    made.tensor.data = array.address
    made.tensor.device = _Device(*array.__dlpack_device__())
    made.tensor.ndim = array.ndim
    made.tensor.dtype = _DType(_CODES[array.dtype.kind], 8 * size, 1)
    made.tensor.shape = ctypes.cast(extents, ctypes.POINTER(ctypes.c_int64))
    behind = ctypes.byref(extents, array.ndim * ctypes.sizeof(ctypes.c_int64))
    made.tensor.strides = ctypes.cast(behind, ctypes.POINTER(ctypes.c_int64))
    address = ctypes.addressof(made)
    used_on = _DEFAULT_STREAM if stream is None else stream
    _lent[address] = made, extents, array, used_on
    return _new(address, _NAMES[is_versioned], ctypes.cast(_destructor, _POINTER))


@dataclass(slots=True, eq=False)
class Taken:
    """The right to memory that came in a capsule."""

    address: int
    deleter: Any

    def __del__(self) -> None:
        if self.deleter:
            self.deleter(self.address)


@dataclass(frozen=True, slots=True)
class Read:
    """What a capsule holds.

    Parameters
    ----------
    address
        Of the first element.
    device
        DLPack's number of the kind of memory, and which of them.
    owner
        What has to be kept as long as the memory is used.
    """

    address: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    strides: tuple[int, ...]
    device: tuple[int, int]
    owner: Taken


def read(capsule: Any) -> Read:
    """Return what is in a capsule, and take it.

    Raises
    ------
    UsageError
        If it is none, or was read before, or is of a later version.
    DTypeError
        If NumPy has no elements of that kind.
    """
    for name, used, kind in zip(_NAMES, _USED, _KINDS_OF_TENSOR, strict=True):
        if not _is_valid(id(capsule), name):
            continue
        address = _pointer(id(capsule), name)
        held = kind.from_address(address)
        if isinstance(held, _Versioned) and held.major > _VERSION[0]:
            raise UsageError(f"a DLPack capsule of version {held.major}.{held.minor}")
        found = _read(held.tensor, Taken(address, held.deleter))
        _rename(id(capsule), used)
        return found
    raise UsageError(f"{capsule!r} is no DLPack capsule, or was read before")


def _read(tensor: Any, owner: Taken) -> Read:
    dtype = _dtype(tensor.dtype)
    shape = tuple(tensor.shape[: tensor.ndim])
    steps = tuple(tensor.strides[: tensor.ndim]) if tensor.strides else _steps(shape)
    return Read(
        (tensor.data or 0) + tensor.byte_offset,
        shape,
        dtype,
        tuple(step * dtype.itemsize for step in steps),
        (tensor.device.type, tensor.device.number),
        owner,
    )


def _steps(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the strides in elements of an array in C order."""
    steps = [1] * len(shape)
    for axis in range(len(shape) - 1, 0, -1):
        steps[axis - 1] = steps[axis] * shape[axis]
    return tuple(steps)


def _dtype(found: Any) -> np.dtype[Any]:
    kind, size = _KINDS.get(found.code), found.bits // 8
    try:
        if kind is not None and found.lanes == 1:
            return np.dtype(f"{kind}{size}")
    except TypeError:
        pass
    raise DTypeError(
        f"DLPack elements of code {found.code}, {found.bits} bits, {found.lanes} lanes"
    )
