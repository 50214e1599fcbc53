"""What each op means, in NumPy: the oracle that every backend is held against.

Each function takes the attributes and the sources' arrays and returns an array.
"""

from __future__ import annotations

from collections.abc import Callable
from math import erf, prod
from typing import Any, TypeAlias

import numpy as np

from lazydag.ir.functions import FUNCTIONS
from lazydag.ir.positions import basic_slice
from lazydag.ir.types import COMPLEX

NDArray: TypeAlias = "np.ndarray[Any, Any]"
Reduction: TypeAlias = Callable[[NDArray, int], NDArray]

_erf = np.vectorize(erf, otypes=[np.float64])


def erf_elementwise(x: NDArray) -> NDArray:
    """Return the error function of `x`, rounded from f64."""
    result: NDArray = np.asarray(_erf(x)).astype(x.dtype)
    return result


def cast(attrs: Any, x: NDArray) -> NDArray:
    """Convert as ``astype`` does; of complex numbers the real part is kept."""
    if x.dtype.kind == "c" and attrs.dtype.kind not in "cb":
        x = x.real
    return x.astype(attrs.dtype)


def expm1(_attrs: Any, x: NDArray) -> NDArray:
    """As NumPy; where parts are not finite or zero, as the array API standard."""
    found = np.asarray(np.expm1(x))
    if x.dtype.kind != "c":
        return found
    return np.where(~np.isfinite(x) | (x == 0), np.exp(x) - 1, found)


def tanh(_attrs: Any, x: NDArray) -> NDArray:
    """As NumPy; for infinite real parts, the zero has the sign of the other part."""
    found = np.asarray(np.tanh(x))
    if x.dtype.kind == "c":
        far = np.isinf(x.real) & np.isfinite(x.imag)
        zero = np.copysign(x.real.dtype.type(0), x.imag)
        found.imag[...] = np.where(far, zero, found.imag)
    return found


def real(_attrs: Any, x: NDArray) -> NDArray:
    """Real part of a complex number."""
    return np.array(x.real)


def imag(_attrs: Any, x: NDArray) -> NDArray:
    """Imaginary part of a complex number."""
    return np.array(x.imag)


def whole(_attrs: Any, x: NDArray, y: NDArray) -> NDArray:
    """Complex number with these parts."""
    result = np.empty(x.shape, COMPLEX[x.dtype])
    result.real, result.imag = x, y
    return result


def select(_attrs: Any, condition: NDArray, x: NDArray, y: NDArray) -> NDArray:
    """Choose by element."""
    return np.where(condition, x, y)


def call(attrs: Any, *arrays: NDArray) -> NDArray:
    """Call a person's scalar function for each element."""
    out = np.empty(arrays[0].shape, attrs.dtype)
    for i in np.ndindex(out.shape):
        out[i] = attrs.kernel.function(*(a[i] for a in arrays))
    return out


def const(attrs: Any) -> NDArray:
    """Return the scalar as a 0-d array."""
    return np.asarray(attrs.value())


def iota(attrs: Any) -> NDArray:
    """Count from zero."""
    return np.arange(attrs.length, dtype=attrs.dtype)


def broadcast(attrs: Any, x: NDArray) -> NDArray:
    """Stretch without copying."""
    return np.broadcast_to(x, attrs.shape)


def reshape(attrs: Any, x: NDArray) -> NDArray:
    """Reshape in C order."""
    return x.reshape(attrs.shape)


def transpose(attrs: Any, x: NDArray) -> NDArray:
    """Permute the axes."""
    return x.transpose(attrs.axes)


def retile(_attrs: Any, x: NDArray) -> NDArray:
    """Leave the elements where they are."""
    return x


def pin(_attrs: Any, x: NDArray) -> NDArray:
    """Name the device that the elements are to lie on."""
    return x


def slice_(attrs: Any, x: NDArray) -> NDArray:
    """Take a basic slice, as a view."""
    bounds = zip(attrs.starts, attrs.counts, attrs.steps, strict=True)
    index: list[Any] = [basic_slice(*each) for each in bounds]
    # The ellipsis makes it an array, never a scalar.
    return x[(*index, ...)]


def write(attrs: Any, base: NDArray, value: NDArray) -> NDArray:
    """Copy the base, and assign the value to a basic slice of it."""
    result = np.array(base, order="C")
    slice_(attrs, result)[...] = value
    return result


def concat(attrs: Any, *arrays: NDArray) -> NDArray:
    """Join along an axis."""
    return np.concatenate(arrays, axis=attrs.axis)


def matmul(_attrs: Any, x: NDArray, y: NDArray) -> NDArray:
    """Multiply matrices."""
    result: NDArray = np.matmul(x, y)
    return result


def function(attrs: Any, *arrays: NDArray) -> NDArray:
    """Result of a function of whole arrays."""
    results = FUNCTIONS[attrs.name].results(arrays, attrs.options)
    found: NDArray = results[attrs.output]
    return found


def argmin(attrs: Any, x: NDArray) -> NDArray:
    """Position of the least element; the first NaN wins."""
    return np.asarray(np.argmin(x, axis=attrs.axis))


def argmax(attrs: Any, x: NDArray) -> NDArray:
    """Position of the greatest element; the first NaN wins."""
    return np.asarray(np.argmax(x, axis=attrs.axis))


def copy(_attrs: Any, x: NDArray) -> NDArray:
    """Return the values."""
    return x


def _m2(x: NDArray, axis: int) -> NDArray:
    """Sum of squared deviations from the mean."""
    if not x.shape[axis]:
        return np.asarray(np.add.reduce(x, axis))  # NumPy warns of means of nothing
    deviation = x - np.mean(x, axis=axis, keepdims=True)
    result: NDArray = np.sum(deviation * deviation, axis=axis)
    return result


def _residual(x: NDArray, axis: int) -> NDArray:
    """Sum of deviations from the rounded mean: the rounding, times the elements."""
    total = np.add.reduce(x, axis, x.dtype, keepdims=True)
    if not x.shape[axis]:
        return np.asarray(total.squeeze(axis))
    deviation = x - total / x.dtype.type(x.shape[axis])
    return np.asarray(np.add.reduce(deviation, axis, x.dtype))


def _along_one_axis(reduction: Reduction, attrs: Any, x: NDArray) -> NDArray:
    """Apply `reduction` to the reduced axes flattened into one, by blocks if asked."""
    axes = attrs.axes
    kept = [a for a in range(x.ndim) if a not in axes]
    at = sum(a < axes[0] for a in kept) if axes else 0
    order = (*kept[:at], *axes, *kept[at:])
    front = tuple(x.shape[a] for a in kept[:at])
    back = tuple(x.shape[a] for a in kept[at:])
    count = prod(x.shape[a] for a in axes)
    flat = x.transpose(order).reshape((*front, count, *back))
    if not attrs.block:
        return np.asarray(reduction(flat, at))
    parts = [
        reduction(flat[(slice(None),) * at + (slice(lo, lo + attrs.block),)], at)
        for lo in range(0, count, attrs.block)
    ]
    return np.stack(parts, axis=at) if parts else np.empty((*front, 0, *back), x.dtype)


def reducer(reduction: Reduction) -> Callable[..., NDArray]:
    """Return the evaluator of a reduction op from one along a single axis."""

    def evaluate(attrs: Any, x: NDArray) -> NDArray:
        return _along_one_axis(reduction, attrs, x)

    return evaluate


def elementwise(function: Callable[..., Any]) -> Callable[..., NDArray]:
    """Return the evaluator of an elementwise op from a NumPy ufunc."""

    def evaluate(_attrs: Any, *arrays: NDArray) -> NDArray:
        return np.asarray(function(*arrays))

    return evaluate


sum_ = reducer(lambda x, axis: np.add.reduce(x, axis, x.dtype))
prod_ = reducer(lambda x, axis: np.multiply.reduce(x, axis, x.dtype))
amin = reducer(np.minimum.reduce)
amax = reducer(np.maximum.reduce)
any_ = reducer(np.logical_or.reduce)
all_ = reducer(np.logical_and.reduce)
m2 = reducer(_m2)
residual = reducer(_residual)
