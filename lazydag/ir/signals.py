"""Least squares, interpolation and convolution: NumPy's calls, and their types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from lazydag.errors import ShapeError
from lazydag.ir.types import C128, DTYPES, F64, REAL, ArrayType

NDArray: TypeAlias = "np.ndarray[Any, Any]"
Types: TypeAlias = Sequence[ArrayType]
Results: TypeAlias = tuple[ArrayType, ...]

_RANK = DTYPES["i32"]


def least_squares(a: NDArray, b: NDArray, rcond: Any = None) -> tuple[NDArray, ...]:
    """Return solutions, sums of squared residuals, rank and singular values.

    Where NumPy leaves the sums out, they are NaN.
    """
    x, sums, rank, values = np.linalg.lstsq(a, b, rcond)
    if not sums.size:
        sums = np.full(b.shape[1:], np.nan, values.dtype)
    return x, sums, np.asarray(rank, np.int32), values


def fitted(types: Types, rcond: Any = None) -> Results:
    """Return the types of `least_squares` of an (m, n) matrix and (m, k) columns."""
    del rcond
    a, b = types
    if a.ndim != 2 or b.ndim != 2 or a.shape[0] != b.shape[0] or a.dtype != b.dtype:
        raise ShapeError(f"no least squares of {a} and {b}")
    (_, n), (_, k) = a.sizes, b.sizes
    real = REAL.get(a.dtype, a.dtype)
    return (
        ArrayType((n, k), a.dtype),
        ArrayType((k,), real),
        ArrayType((), _RANK),
        ArrayType((min(a.sizes),), real),
    )


def householder(x: NDArray) -> tuple[NDArray, NDArray]:
    """Return what LAPACK's ``geqrf`` gives: reflectors and their factors."""
    h, tau = np.linalg.qr(x, "raw")
    return h, tau


def reflectors(types: Types) -> Results:
    """Return the types of `householder`."""
    (x,) = types
    *stack, m, n = x.sizes
    shapes: tuple[Any, ...] = ((*stack, n, m), (*stack, min(m, n)))
    return tuple(ArrayType(shape, x.dtype) for shape in shapes)


def interpolated(types: Types) -> Results:
    """Return a number for each place of the first operand."""
    x, places, values = types
    if places.ndim != 1 or places.shape != values.shape:
        raise ShapeError(f"cannot interpolate between {values} at {places}")
    return (ArrayType(x.shape, C128 if values.dtype.kind == "c" else F64),)


def correlate(a: NDArray, v: NDArray, mode: Any) -> NDArray:
    """Return sums of products of `a` and `v`, which is not conjugated."""
    return np.convolve(a, v[::-1], mode)


def cost(types: Types) -> float:
    """Return the cost of all products of two rows."""
    return 2.0 * types[0].size * types[1].size


def correlated(types: Types, mode: str) -> Results:
    """Return the products of two rows at all distances that `mode` asks for."""
    a, v = types
    if a.ndim != 1 or v.ndim != 1 or a.dtype != v.dtype:
        raise ShapeError(f"cannot correlate {a} and {v}")
    longer, shorter = max(a.size, v.size), min(a.size, v.size)
    lengths = {
        "full": longer + shorter - 1,
        "same": longer,
        "valid": longer - shorter + 1,
    }
    return (ArrayType((lengths[mode],), a.dtype),)


def from_zeros(types: Types) -> Results:
    """Return a coefficient more than there are zeros."""
    (zeros,) = types
    return (ArrayType((zeros.size + 1,), zeros.dtype),)
