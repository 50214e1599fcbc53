"""Arrays taken apart along an axis: views of the parts."""

from __future__ import annotations

from itertools import pairwise
from operator import index
from typing import Any

import numpy as np

from lazydag.array.array import Array
from lazydag.array.functions.beyond.lanes import as_array
from lazydag.array.functions.beyond.register import stands_for
from lazydag.array.nodes.move import normal_axis
from lazydag.errors import UsageError
from lazydag.ir.source import caller_location


@stands_for(np.array_split)
def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Array]:
    """Split into parts whose lengths differ by one at most.

    Parameters
    ----------
    ary : array_like
        What to split.
    indices_or_sections : int or array_like of int
        How many parts, or where each but the first begins.
    axis : int
        Along which.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.array_split([1, 2, 3], 2)
    [Array([1, 2]), Array([3])]
    """
    array = as_array(ary)
    at = normal_axis(array.node, axis)
    count = _count(indices_or_sections)
    if count is None:
        places = [int(place) for place in indices_or_sections]
        return _parts(array, [0, *places, array.shape[at]], at)
    if count <= 0:
        raise UsageError("number sections must be larger than 0.", caller_location())
    each, more = divmod(array.shape[at], count)
    bounds = [i * each + min(i, more) for i in range(count + 1)]
    return _parts(array, bounds, at)


@stands_for(np.split)
def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Array]:
    """Split into parts of one length, or at places.

    Parameters
    ----------
    ary : array_like
        What to split.
    indices_or_sections : int or array_like of int
        How many parts, or where each but the first begins.
    axis : int
        Along which.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.split([1, 2, 3, 4], [1, 3])
    [Array([1]), Array([2, 3]), Array([4])]
    """
    array, count = as_array(ary), _count(indices_or_sections)
    at = normal_axis(array.node, axis)
    if count and array.shape[at] % count:
        raise UsageError(
            "array split does not result in an equal division", caller_location()
        )
    return array_split(array, indices_or_sections, at)


@stands_for(np.hsplit)
def hsplit(ary: Any, indices_or_sections: Any) -> list[Array]:
    """Split along the second axis, or the only one.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.hsplit([1, 2, 3, 4], 2)
    [Array([1, 2]), Array([3, 4])]
    """
    array = _with_axes(ary, 1, "hsplit")
    return split(array, indices_or_sections, min(array.ndim - 1, 1))


@stands_for(np.vsplit)
def vsplit(ary: Any, indices_or_sections: Any) -> list[Array]:
    """Split along the first of at least two axes.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.vsplit([[1, 2], [3, 4]], 2)
    [Array([[1, 2]]), Array([[3, 4]])]
    """
    return split(_with_axes(ary, 2, "vsplit"), indices_or_sections, 0)


@stands_for(np.dsplit)
def dsplit(ary: Any, indices_or_sections: Any) -> list[Array]:
    """Split along the third axis.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> [part.shape for part in np.dsplit(np.zeros((2, 2, 4)), 2)]
    [(2, 2, 2), (2, 2, 2)]
    """
    return split(_with_axes(ary, 3, "dsplit"), indices_or_sections, 2)


def _with_axes(ary: Any, least: int, name: str) -> Array:
    array = as_array(ary)
    if array.ndim < least:
        raise UsageError(
            f"{name} only works on arrays of {least} or more dimensions",
            caller_location(),
        )
    return array


def _count(sections: Any) -> int | None:
    """Return the number of parts; None if their places are given."""
    try:
        len(sections)
    except TypeError:
        return index(sections)
    return None


def _parts(array: Array, bounds: list[int], axis: int) -> list[Array]:
    before = (slice(None),) * axis
    return [array[(*before, slice(start, stop))] for start, stop in pairwise(bounds)]
