"""Fourier transforms along any axes, as passes over pencils.

Each pass transforms all lanes along one axis, or along the last axes where planes fit a
core's cache. The first reads the operand and the others go in place, so the array goes
through memory once a pass. Pencils of one pass do not depend on each other.

References
----------
M. Frigo and S. G. Johnson, *The Design and Implementation of FFTW3*, Proceedings of the
IEEE 93 (2005), 216-231: what order of loops over many lanes costs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from math import prod
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazydag.algorithms.long_fourier import factors, long_transform
from lazydag.algorithms.long_real_fourier import long_real_inverse, long_real_transform
from lazydag.algorithms.pencils import Shape, pencils, tiles
from lazydag.algorithms.pocketfft import function, seconds
from lazydag.algorithms.program import Program
from lazydag.algorithms.python import releases_gil
from lazydag.algorithms.scratch import empty
from lazydag.ir.sizes import SMALL
from lazydag.ir.types import C64, C128, F32, F64, ArrayType
from lazydag.runtime.dynamic import Options, spawn
from lazydag.runtime.regions import In, InOut, Out

Array: TypeAlias = NDArray[Any]
Axes: TypeAlias = tuple[int, ...]

"""Elements; NumPy computes smaller ones at once."""
PLANE: Final = 1 << 20
"""Bytes of the planes that are transformed along all their axes at once."""

_HALVING: Final = ("rfft", "ihfft")
_DOUBLING: Final = {"irfft": "ifft", "hfft": "fft"}
_TYPES: Final = (F32, F64, C64, C128)


@dataclass(frozen=True, slots=True)
class Pass:
    """A transform of all lanes along one axis, or of all planes along some.

    Parameters
    ----------
    name : str
        Of the transform along one axis.
    lengths, axes : tuple of int
        Of what is transformed; for real results the results'.
    norm : str
        Which direction is scaled.
    """

    name: str
    lengths: Shape
    axes: Axes
    norm: str

    def result(self, shape: Shape) -> Shape:
        """Return the shape of the result of an array of a shape."""
        found = list(shape)
        for n, axis in zip(self.lengths, self.axes, strict=True):
            found[axis] = n // 2 + 1 if self.name in _HALVING else n
        return tuple(found)

    def seconds(self, size: int) -> float:
        """Return the estimated duration for so many elements, on one worker."""
        return seconds(size, prod(self.lengths))

    def __call__(self, x: Array) -> Array:
        """Return the transform."""
        if len(self.axes) > 1:
            return function(f"{self.name}n")(x, self.lengths, self.axes, self.norm)
        return function(self.name)(x, self.lengths[0], self.axes[0], self.norm)


@releases_gil
def transform(x: Array, out: Array, each: Pass) -> None:
    """Transform a pencil into another, tile by tile."""
    for tile in tiles(out.shape, each.axes, out.itemsize):
        out[tile] = each(x[tile])


@releases_gil
def transform_in_place(out: Array, filled: Shape, each: Pass) -> None:
    """Transform a pencil of which the first `filled` elements hold values."""
    transform(out[tuple(map(slice, filled))], out, each)


def planes(shape: Shape, axes: Axes, itemsize: int) -> list[Axes]:
    """Return the axes of each pass, the last ones first.

    Examples
    --------
    >>> planes((4096, 4096), (0, 1), 16), planes((256, 256, 256), (0, 1, 2), 16)
    ([(1,), (0,)], [(1, 2), (0,)])
    """
    ordered, plane = sorted(axes), list[int]()
    while ordered and ordered[-1] == len(shape) - 1 - len(plane):
        if plane and prod(shape[ordered[-1] :]) * itemsize > PLANE:
            break
        plane.insert(0, ordered.pop())
    rows = [tuple(plane)] if plane else []
    return [*rows, *((axis,) for axis in reversed(ordered))]


def passes(
    name: str, shape: Shape, lengths: Shape, axes: Axes, norm: str
) -> list[Pass]:
    """Return the passes of a transform, in order.

    Parameters
    ----------
    name : str
        Of the transform along the last of `axes`; along the others it is complex.
    shape : tuple of int
        The operand's.
    lengths, axes : tuple of int
        What is transformed.
    norm : str
        Which direction is scaled.
    """
    is_complex = name in ("fft", "ifft")
    others = dict(zip(axes, lengths, strict=True))
    last = [] if is_complex else [Pass(name, (others.pop(axes[-1]),), axes[-1:], norm)]
    whole = tuple(others.get(axis, n) for axis, n in enumerate(shape))
    grouped = planes(whole, tuple(others), 16) if is_complex else [(a,) for a in others]
    between = {**_DOUBLING, "rfft": "fft"}.get(name, name)
    rest = [Pass(between, tuple(others[a] for a in g), g, norm) for g in grouped]
    return [*rest, *last] if name in _DOUBLING else [*last, *rest]


def _cut(x: Array, name: str, lengths: Shape, axes: Axes) -> Array:
    """Return the elements that count."""
    stops = list(x.shape)
    for n, axis in zip(lengths, axes, strict=True):
        half = name in _DOUBLING and axis == axes[-1]
        stops[axis] = min(stops[axis], n // 2 + 1 if half else n)
    return x[tuple(map(slice, stops))]


def over_axes(
    name: str,
    inputs: Sequence[Array],
    outputs: Sequence[Array | None],
    s: Shape,
    axes: Axes,
    norm: str,
) -> None:
    """Spawn the passes of a transform over several axes.

    Complex numbers that give real ones are transformed in work memory up to the last
    pass, anything else where the result is.
    """
    (x,), (out,) = inputs, outputs
    assert out is not None
    *first, last = passes(name, x.shape, s, axes, norm)
    source, place = _cut(x, name, s, axes), x
    work = _work_memory(first, source.shape, out) if last.name in _DOUBLING else out
    for each in (*first, last):
        before, place = place, out if each is last else work
        target = place[tuple(map(slice, each.result(source.shape)))]
        if place is before:
            _again(each, source.shape, target)
        else:
            _into(each, source, target)
        source = target


def _work_memory(first: Sequence[Pass], shape: Shape, out: Array) -> Array:
    if not first:
        return out
    for each in first:
        shape = each.result(shape)
    return empty(shape, np.result_type(out.dtype, np.complex64))


def _into(each: Pass, source: Array, target: Array) -> None:
    for pencil in pencils(target.shape, each.axes, target.itemsize):
        part = target[pencil]
        options = Options(cost=each.seconds(part.size))
        spawn(transform, In(source[pencil]), Out(part), each, options=options)


def _again(each: Pass, given: Shape, target: Array) -> None:
    for pencil in pencils(target.shape, each.axes, target.itemsize):
        part = target[pencil]
        options = Options(cost=each.seconds(part.size))
        filled = tuple(
            given[i] if i in each.axes else n for i, n in enumerate(part.shape)
        )
        spawn(transform_in_place, InOut(part), filled, each, options=options)


def along_axis(
    name: str,
    inputs: Sequence[Array],
    outputs: Sequence[Array | None],
    n: int | None = None,
    axis: int = -1,
    norm: str = "backward",
) -> None:
    """Spawn the tasks of a transform along one axis."""
    (x,), (out,) = inputs, outputs
    assert out is not None
    length = _length(name, x.shape[axis], n)
    if is_long(x.shape, axis) and name == "rfft":
        long_real_transform(x.reshape(-1)[:length], out.reshape(-1), norm)
    elif is_long(x.shape, axis) and name == "irfft":
        long_real_inverse(x.reshape(-1), out.reshape(-1), norm)
    elif is_long(x.shape, axis):
        long_transform(x.reshape(-1)[:length], out.reshape(-1), name, norm)
    else:
        over_axes(name, inputs, outputs, (length,), (axis % x.ndim,), norm)


def _length(name: str, given: int, n: int | None) -> int:
    if n is not None:
        return n
    return 2 * (given - 1) if name in _DOUBLING else given


def is_long(shape: Shape, axis: int) -> bool:
    """Tell whether there is one lane only."""
    return prod(shape) == shape[axis]


def fits_over_axes(
    types: Sequence[ArrayType], s: Shape, axes: Axes, **_options: Any
) -> bool:
    """Tell whether passes over pencils are what computes a transform."""
    (x,) = types
    sizes = [n for axis, n in enumerate(x.sizes) if axis not in axes]
    size = min(x.size, prod(s) * prod(sizes))
    return size > SMALL and x.dtype in _TYPES and len(set(axes)) == len(axes) > 1


def fits_along_axis(
    name: str,
    types: Sequence[ArrayType],
    n: int | None = None,
    axis: int = -1,
    **_options: Any,
) -> bool:
    """Tell whether tasks are what computes a transform along one axis."""
    (x,) = types
    if x.size <= SMALL or x.dtype not in _TYPES:
        return False
    length = _length(name, x.sizes[axis], n)
    if is_long(x.sizes, axis):
        return _fits_alone(name, x, length)
    return length * (x.size // x.sizes[axis]) > SMALL


def _fits_alone(name: str, x: ArrayType, n: int) -> bool:
    """Tell whether one lane can be cut, and is long enough for that."""
    halved = name in ("rfft", "irfft")
    if (halved and n % 2) or factors(n // 2 if halved else n) is None:
        return False
    if name == "irfft":
        return x.is_complex and x.size > n // 2
    return name in ("fft", "ifft", "rfft") and x.size >= n


#: What computes large transforms, by function.
PROGRAMS: Final[dict[str, Program]] = {
    **{
        f"{name}n": Program(partial(over_axes, name), fits_over_axes)
        for name in ("fft", "ifft", "rfft", "irfft")
    },
    **{
        name: Program(partial(along_axis, name), partial(fits_along_axis, name))
        for name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")
    },
}
