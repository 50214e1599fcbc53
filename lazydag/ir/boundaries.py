"""What lies beyond the ends of an axis: rules for the neighbours that are not there.

Axes get their margins from the last to the first, so that what lies beyond a corner
follows from what lies beyond an edge.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from numbers import Real
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
    each = zip(widths, array.shape, strict=True)
    return window(array, [(-width, n + width) for width, n in each], boundary)


def window(
    array: NDArray[Any], ranges: Sequence[tuple[int, int]], boundary: Sequence[str]
) -> NDArray[Any]:
    """Return the elements in a range of indices for each axis, beyond its ends too."""
    for axis in reversed(range(array.ndim)):
        lane = np.moveaxis(array, axis, 0)
        array = np.moveaxis(_range(lane, *ranges[axis], boundary[axis]), 0, axis)
    return array


def _range(array: NDArray[Any], first: int, last: int, boundary: str) -> NDArray[Any]:
    """Return a range of indices of the first axis."""
    length = len(array)
    inside = slice(max(first, 0), min(last, length))
    if first >= 0 and last <= length:
        return array[inside]
    wide = np.empty((last - first, *array.shape[1:]), array.dtype)
    if inside.start < inside.stop:
        wide[inside.start - first : inside.stop - first] = array[inside]
    for index in (*range(first, min(0, last)), *range(max(length, first), last)):
        wide[index - first] = _beyond(array, boundary, index)
    return wide


def _beyond(array: NDArray[Any], boundary: str, index: int) -> Any:
    found = [array[i] for i in sources(boundary, index, len(array))]
    if not found:
        return np.array(fill_of(boundary)).astype(array.dtype)
    if len(found) == 1:
        return found[0]
    end, before = found
    return end + array.dtype.type(distance(index, len(array))) * (end - before)


def words(boundary: Any, ndim: int) -> tuple[str, ...]:
    """Return the rule of each axis, as words.

    Parameters
    ----------
    boundary : str, tuple, or sequence of them for each axis
        A name, or ``("constant", value)``.

    Raises
    ------
    ValueError
        If there is none of that name, or not one for each axis.
    """
    each = [boundary] * ndim if is_rule(boundary) else list(boundary)
    if len(each) != ndim:
        raise ValueError(f"there are {len(each)} boundaries for {ndim} axes")
    return tuple(map(_word, each))


def is_rule(boundary: Any) -> bool:
    """Tell whether this is one rule, for all axes."""
    return isinstance(boundary, str) or _is_constant(boundary)


def _is_constant(boundary: Any) -> bool:
    is_pair = isinstance(boundary, tuple) and len(boundary) == 2
    return is_pair and boundary[0] == CONSTANT and isinstance(boundary[1], Real)


def _word(boundary: Any) -> str:
    if _is_constant(boundary):
        return f"{CONSTANT} {float(boundary[1])!r}"
    if boundary not in (*INSIDE, EXTRAPOLATE):
        raise ValueError(f"there is no boundary {boundary!r}")
    return str(boundary)
