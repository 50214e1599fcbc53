"""What lies beyond the ends of an axis: rules for the neighbours that are not there.

Axes get their margins from the last to the first, so that what lies beyond a corner
follows from what lies beyond an edge.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

CONSTANT: Final = "constant"
EXTRAPOLATE: Final = "extrapolate"


def _reflected(index: int, length: int) -> int:
    period = max(1, 2 * (length - 1))
    index %= period
    return period - index if index >= length else index


def _mirrored(index: int, length: int) -> int:
    index %= 2 * length
    return 2 * length - 1 - index if index >= length else index


#: Which element stands at an index beyond the ends, for an axis of some length.
INSIDE: Final[dict[str, Callable[[int, int], int]]] = {
    "wrap": lambda index, length: index % length,
    "clamp": lambda index, length: min(max(index, 0), length - 1),
    "reflect": _reflected,
    "symmetric": _mirrored,
}
BOUNDARIES: Final = (*INSIDE, EXTRAPOLATE, CONSTANT)
"""All rules; a constant stands with its value, ``"constant 0.0"``."""


def fill_of(boundary: str) -> float | None:
    """Return the value of a constant boundary; None for others."""
    name, _, value = boundary.partition(" ")
    return float(value) if name == CONSTANT else None


def sources(boundary: str, index: int, length: int) -> tuple[int, ...]:
    """Return which elements one beyond the ends is made of, the nearest end's first.

    None for a constant, two for extrapolation.

    >>> sources("reflect", -2, 8), sources("extrapolate", 8, 8)
    ((2,), (7, 6))
    """
    if boundary in INSIDE:
        return (INSIDE[boundary](index, length),)
    if boundary != EXTRAPOLATE:
        return ()
    end = 0 if index < 0 else length - 1
    return (end,) if length == 1 else (end, 1 if index < 0 else length - 2)


def distance(index: int, length: int) -> int:
    """Return how far beyond the ends an index is."""
    return -index if index < 0 else index - length + 1


def padded(
    array: NDArray[Any], widths: Sequence[int], boundary: Sequence[str]
) -> NDArray[Any]:
    """Return an array with margins.

    Parameters
    ----------
    widths : sequence of int
        Of the margins at both ends of each axis.
    boundary : sequence of str
        The rule of each axis.
    """
    for axis in reversed(range(array.ndim)):
        array = _widened(np.moveaxis(array, axis, 0), widths[axis], boundary[axis])
        array = np.moveaxis(array, 0, axis)
    return array


def _widened(array: NDArray[Any], width: int, boundary: str) -> NDArray[Any]:
    """Return an array with margins along the first axis."""
    length = len(array)
    wide = np.empty((length + 2 * width, *array.shape[1:]), array.dtype)
    wide[width : width + length] = array
    for index in (*range(-width, 0), *range(length, length + width)):
        wide[width + index] = _beyond(array, boundary, index)
    return wide


def _beyond(array: NDArray[Any], boundary: str, index: int) -> Any:
    found = [array[i] for i in sources(boundary, index, len(array))]
    if not found:
        return np.array(fill_of(boundary)).astype(array.dtype)
    if len(found) == 1:
        return found[0]
    end, before = found
    return end + array.dtype.type(distance(index, len(array))) * (end - before)
