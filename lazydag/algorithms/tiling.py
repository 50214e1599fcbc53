"""How matrices are cut into tiles, and copied tile by tile."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazydag.algorithms.python import releases_gil
from lazydag.ir.sizes import SMALL
from lazydag.ir.types import ArrayType
from lazydag.runtime.address import address_of
from lazydag.runtime.dynamic import spawn
from lazydag.runtime.regions import In, Out
from lazydag.tiles import lacpy
from lazydag.tiles.layouts import lay_out

Array: TypeAlias = NDArray[Any]


def is_large(matrix: ArrayType) -> bool:
    """Tell whether there is one matrix of real numbers, large enough for tiles."""
    is_real_matrix = matrix.ndim == 2 and matrix.dtype.char in "fd"
    return is_real_matrix and matrix.size > SMALL and _has_routines()


@cache
def _has_routines() -> bool:
    """Tell whether SciPy is there, whose BLAS and LAPACK operations on tiles call."""
    return find_spec("scipy") is not None


def cut(start: int, stop: int, size: int) -> list[slice]:
    """Return slices of `size` from `start` to `stop`; the last may be shorter.

    Examples
    --------
    >>> from lazydag.algorithms.tiling import cut
    >>> cut(0, 5, 2)
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    return [slice(at, min(at + size, stop)) for at in range(start, stop, size)]


def spawn_copy(a: Array, b: Array) -> None:
    """Copy a tile of any strides into one that BLAS can take: ``b = a``.

    Nothing is to be done where results are written over operands.
    """
    if address_of(a) == address_of(b) and a.strides == b.strides:
        return
    if lay_out("a", a).ld and a.dtype == b.dtype:
        spawn(lacpy, In(a), Out(b))
    else:
        spawn(_copied, In(a), Out(b))


@releases_gil
def _copied(a: Array, b: Array) -> None:
    np.copyto(b, a)
