"""Elements at positions: what ``gather`` reads, and ``scatter`` writes.

Positions along some axes come as arrays of one shape, which takes the place of these
axes among the others: ``x.shape`` is ``(4, 5, 6)``, `axes` are ``(0, 2)`` and `at` is
1, then positions of shape ``(9,)`` give ``(5, 9)``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from lazydag.errors import BoundsError, DTypeError, ShapeError
from lazydag.ir.types import ArrayType, Shape

NDArray: TypeAlias = "np.ndarray[Any, Any]"
Types: TypeAlias = Sequence[Any]
Ints = tuple[int, ...]


def infer_gather(types: Types, attrs: Any) -> ArrayType:
    """Put the shape of the positions in place of the axes."""
    x, *positions = types
    return ArrayType(reached(x, positions, attrs), x.dtype)


def infer_scatter(types: Types, attrs: Any) -> ArrayType:
    """Type of the base; the value has the shape that `gather` would give."""
    base, value, *positions = types
    region = ArrayType(attrs.region.counts, base.dtype)
    if value.shape != reached(region, positions, attrs):
        raise ShapeError(f"scatter of {value} to {_listed(positions)} of {region}")
    if value.dtype != base.dtype and attrs.how == "set":
        raise DTypeError(f"scatter of {value} into {base}")
    return ArrayType(base.shape, base.dtype)


def reached(x: ArrayType, positions: Types, attrs: Any) -> Shape:
    """Return the shape of the elements at some positions.

    Raises
    ------
    ShapeError, DTypeError
        If the positions are not of one shape, no integers, or along no such axes.
    """
    axes, at = attrs.axes, attrs.at
    rest = tuple(n for axis, n in enumerate(x.sizes) if axis not in axes)
    is_ascending = list(axes) == sorted(set(axes))
    if not is_ascending or not all(0 <= a < x.ndim for a in axes):
        raise ShapeError(f"positions along axes {axes} of {x}")
    if len(positions) != len(axes) or not axes or not 0 <= at <= len(rest):
        raise ShapeError(
            f"{len(positions)} positions along axes {axes} of {x}, at {at}"
        )
    if any(p.shape != positions[0].shape for p in positions):
        raise ShapeError(f"positions of several shapes: {_listed(positions)}")
    if any(p.dtype.kind not in "iu" for p in positions):
        raise DTypeError(f"positions are integers, not {_listed(positions)}")
    around: Shape = positions[0].sizes
    return (*rest[:at], *around, *rest[at:])


def _listed(types: Types) -> str:
    return ", ".join(map(str, types))


def gather(attrs: Any, x: NDArray, *positions: NDArray) -> NDArray:
    """Take the elements, in an array of their own."""
    check(attrs.axes, x.shape, positions)
    found = _fronted(attrs.axes, x)[tuple(positions)]
    ndim = positions[0].ndim
    places = range(attrs.at, attrs.at + ndim)
    return np.asarray(np.moveaxis(found, range(ndim), places), order="C")


def scatter(attrs: Any, base: NDArray, value: NDArray, *positions: NDArray) -> NDArray:
    """Copy the base, and write the value's elements one after the other."""
    check(attrs.axes, attrs.region.counts, positions)
    result = np.array(base, order="C")
    region = attrs.region
    bounds = zip(region.starts, region.counts, region.steps, strict=True)
    ndim = positions[0].ndim
    target = _fronted(attrs.axes, result[tuple(basic_slice(*each) for each in bounds)])
    source = np.moveaxis(value, range(attrs.at, attrs.at + ndim), range(ndim))
    if attrs.how == "set":
        target[tuple(positions)] = source
    else:
        getattr(np, attrs.how).at(target, tuple(positions), source)
    return result


def _fronted(axes: Ints, x: NDArray) -> NDArray:
    return np.moveaxis(x, axes, range(len(axes)))


def basic_slice(start: int, count: int, step: int) -> slice:
    """Return a slice of so many elements."""
    if count == 0:
        return slice(0, 0)
    stop = start + count * step
    return slice(start, stop if stop >= 0 else None, step)


def check(axes: Ints, shape: Ints, positions: Sequence[NDArray]) -> None:
    """Refuse positions outside of their axes.

    Raises
    ------
    BoundsError
        With the first one along the first such axis.
    """
    for axis, where in zip(axes, positions, strict=True):
        n = shape[axis]
        if where.size and not (-n <= where.min() and where.max() < n):
            outside = (where < -n) | (where >= n)
            raise BoundsError(out_of_bounds(where[outside].flat[0], axis, n))


def out_of_bounds(position: Any, axis: int, extent: int) -> str:
    """Return NumPy's message for a position outside of an axis."""
    return f"index {position} is out of bounds for axis {axis} with size {extent}"
