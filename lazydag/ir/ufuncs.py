"""NumPy's ufuncs that no kernel computes, and their methods: calls and result types.

Calls of rows in `lazydag.ir.functions`. Operands have the dtypes of NumPy's loop, so
that those of the results follow from NumPy's own rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, TypeAlias

import numpy as np

from lazydag.errors import ShapeError
from lazydag.ir.types import DTYPES, ArrayType, DType

NDArray: TypeAlias = "np.ndarray[Any, Any]"
Types: TypeAlias = Sequence[ArrayType]
Results: TypeAlias = tuple[ArrayType, ...]

_DTYPES = {dtype: dtype for dtype in DTYPES.values()}


def apply(*arrays: NDArray, ufunc: str) -> Any:
    """Return what the ufunc gives for operands of one shape."""
    return _ufunc(ufunc)(*arrays)


def applied(types: Types, ufunc: str) -> Results:
    """Return a result of the operands' shape for each output."""
    if len({each.shape for each in types}) > 1:
        raise ShapeError(f"{ufunc} of {' and '.join(map(str, types))}")
    function = _ufunc(ufunc)
    wanted = (*(each.dtype for each in types), *[None] * function.nout)
    found = function.resolve_dtypes(wanted)[function.nin :]
    return tuple(ArrayType(types[0].shape, _DTYPES[dtype]) for dtype in found)


def reduce(x: NDArray, ufunc: str, axes: tuple[int, ...], identity: bool) -> Any:
    """Reduce axes; without an identity the first elements start it."""
    start = np._NoValue if identity else None
    return _ufunc(ufunc).reduce(x, axis=axes, initial=start)


def reduced(types: Types, ufunc: str, axes: tuple[int, ...], identity: bool) -> Results:
    """Drop the axes."""
    del identity
    (x,) = types
    shape = tuple(n for i, n in enumerate(x.shape) if i not in axes)
    return (ArrayType(shape, _result(ufunc, x.dtype)),)


def accumulate(x: NDArray, ufunc: str, axis: int) -> Any:
    """Reduce every beginning of an axis."""
    return _ufunc(ufunc).accumulate(x, axis, _result(ufunc, x.dtype))


def accumulated(types: Types, ufunc: str, axis: int) -> Results:
    """Return as many elements as there are."""
    del axis
    return (ArrayType(types[0].shape, _result(ufunc, types[0].dtype)),)


def reduceat(x: NDArray, indices: NDArray, ufunc: str, axis: int) -> Any:
    """Reduce from each index to the next."""
    return _ufunc(ufunc).reduceat(x, indices, axis, _result(ufunc, x.dtype))


def reduced_at(types: Types, ufunc: str, axis: int) -> Results:
    """Return an element for each index."""
    x, indices = types
    shape = (*x.shape[:axis], indices.size, *x.shape[axis + 1 :])
    return (ArrayType(shape, _result(ufunc, x.dtype)),)


def reinterpret(x: NDArray, dtype: str) -> NDArray:
    """Return the bytes as elements of another type."""
    return np.ascontiguousarray(x).view(dtype)


def reinterpreted(types: Types, dtype: str) -> Results:
    """Return as many bytes along the last axis."""
    (x,) = types
    wanted = _DTYPES[np.dtype(dtype)]
    if x.dtype.itemsize == wanted.itemsize:
        return (ArrayType(x.shape, wanted),)
    nbytes = x.sizes[-1] * x.dtype.itemsize
    return (ArrayType((*x.shape[:-1], nbytes // wanted.itemsize), wanted),)


def cost(types: Types) -> float:
    """Return the cost of some operations for each element, in additions."""
    return 20.0 * max(prod(each.sizes) for each in types)


def _ufunc(name: str) -> np.ufunc:
    found: np.ufunc = getattr(np, name)
    return found


def _result(ufunc: str, dtype: DType) -> DType:
    return _DTYPES[_ufunc(ufunc).resolve_dtypes((dtype, dtype, None))[-1]]
