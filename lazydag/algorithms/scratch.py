"""Work memory of tile programs."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

from lazydag.runtime.dynamic.options import scope

Array: TypeAlias = NDArray[Any]


def empty(
    shape: tuple[int, ...], dtype: DTypeLike, order: Literal["C", "F"] = "C"
) -> Array:
    """Return an array for the tasks that a program spawns, and for nobody else.

    In a plan it is a temporary buffer, which exists while the plan runs; in a region
    of tasks it is an array like any other.
    """
    around = scope.get()
    region = None if around is None else around.region
    if region is None:
        return np.empty(shape, dtype, order)
    return region.empty(shape, np.dtype(dtype), order)
