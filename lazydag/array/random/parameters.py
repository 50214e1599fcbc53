"""What the methods of generators take: parameters, sizes, dtypes and `out`."""

from __future__ import annotations

from operator import index
from typing import Any

import numpy as np

from lazydag.array.array import Array
from lazydag.array.assign import update
from lazydag.array.nodes.broadcast import Ints
from lazydag.errors import DTypeError, RangeError, ShapeError, UsageError
from lazydag.ir.source import caller_location
from lazydag.ir.types import F32, F64, DType

_MOST_CHECKED = 64
_numpys = np.random.Generator(np.random.PCG64(0))


def parameters(method: str, *values: Any) -> list[Any]:
    """Return the parameters of a distribution, as numbers and arrays of f64.

    Of a lazy array nothing is asked: its values are not known yet.

    Raises
    ------
    UsageError, RangeError, DTypeError
        If NumPy's `method` does not take values that are known.
    """
    known = [known_values(value) for value in values]
    check(method, *(None if each is None else _extremes(each) for each in known))
    return [_as_floats(value) for value in values]


def check(method: str, *values: Any) -> None:
    """Let NumPy's `method` refuse parameters, unless one is None: not known yet.

    Raises
    ------
    UsageError, RangeError, DTypeError
        If it does.
    """
    if any(value is None for value in values):
        return
    try:
        with np.errstate(all="ignore"):
            getattr(_numpys, method)(*values)
    except ValueError as error:
        raise UsageError(str(error), caller_location()) from None
    except OverflowError as error:
        raise RangeError(str(error), caller_location()) from None
    except TypeError as error:
        raise DTypeError(str(error), caller_location()) from None


def known_values(value: Any) -> Any:
    """Return the values of a parameter; None if they are not known yet."""
    if not isinstance(value, Array):
        return np.asarray(value)
    return value.values_for("array") if value.is_computed else None


def _extremes(values: Any) -> Any:
    """Return the least and the greatest of many values: parameters have ranges."""
    if values.size <= _MOST_CHECKED:
        return values
    return np.array([values.min(), values.max()])


def _as_floats(value: Any) -> Any:
    if isinstance(value, Array):
        return value.astype(F64, copy=False)
    known = np.asarray(value, np.float64)
    return known[()] if known.ndim == 0 else Array(value=known)


def as_size(size: Any) -> Ints:
    """Return `size`, None for no axes, as a shape."""
    if size is None:
        return ()
    try:
        shape: Ints = (index(size),)
    except TypeError:
        shape = tuple(index(extent) for extent in size)
    if any(extent < 0 for extent in shape):
        raise ShapeError("negative dimensions are not allowed", caller_location())
    return shape


def shape_for(size: Any, *parameters: Any) -> Ints:
    """Return the shape of a draw: `size`, or that of the parameters stretched.

    Raises
    ------
    ShapeError
        If the parameters do not stretch to `size`.
    """
    try:
        needed = np.broadcast_shapes(*(np.shape(p) for p in map(_shaped, parameters)))
    except ValueError as error:
        raise ShapeError(str(error), caller_location()) from None
    if size is None:
        return needed
    shape = as_size(size)
    try:
        fits = np.broadcast_shapes(shape, needed) == shape
    except ValueError:
        fits = False
    if not fits:
        raise ShapeError(
            f"Output size {shape} is not compatible with broadcast dimensions of "
            f"inputs {needed}.",
            caller_location(),
        )
    return shape


def _shaped(value: Any) -> Any:
    """Return something that NumPy knows the shape of without computing it."""
    return np.broadcast_to(0, value.shape) if isinstance(value, Array) else value


def float_dtype(name: str, dtype: Any) -> DType:
    """Return f32 or f64.

    Raises
    ------
    DTypeError
        If it is another.
    """
    found = np.dtype(dtype)
    for known in (F64, F32):
        if found == known:
            return known
    raise DTypeError(f"Unsupported dtype {found!r} for {name}", caller_location())


def drawn_shape(size: Any, dtype: DType, out: Any, *parameters: Any) -> Ints:
    """Return the shape of a draw that may have an array to go to.

    Raises
    ------
    DTypeError, ShapeError
        If `out` is not of the dtype and the size.
    """
    if out is None:
        return shape_for(size, *parameters)
    if not isinstance(out, Array | np.ndarray):
        raise DTypeError("out must be an array", caller_location())
    if out.dtype != dtype:
        raise DTypeError(
            f"Supplied output array has the wrong type. Expected {dtype}, got "
            f"{out.dtype}",
            caller_location(),
        )
    if size is not None and as_size(size) != out.shape:
        raise ShapeError(
            "size must match out.shape when used together", caller_location()
        )
    return shape_for(out.shape, *parameters)


def into(out: Any, found: Array) -> Any:
    """Return what was drawn, in `out` if there is one."""
    if out is None:
        return found
    if isinstance(out, Array):
        update(out, "random", found.node)
    else:
        np.copyto(out, np.asarray(found))
    return out
