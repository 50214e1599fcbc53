"""Whether arrays are equal, or close, as a whole."""

from __future__ import annotations

from typing import Any

from lazydag.array.array import Array, node_of
from lazydag.array.functions.elementwise import isclose, isnan
from lazydag.array.functions.reductions import all
from lazydag.array.nodes.scalars import constant
from lazydag.ir.types import BOOL


def allclose(
    x1: Any, x2: Any, /, rtol: Any = 1e-5, atol: Any = 1e-8, equal_nan: bool = False
) -> Array:
    """Whether all elements are close, as `isclose` says.

    Examples
    --------
    >>> import lazydag as ld
    >>> bool(ld.allclose([1.0, 2.0], [1.0, 2.0 + 1e-9]))
    True
    """
    return all(isclose(x1, x2, rtol, atol, equal_nan))


def array_equal(x1: Any, x2: Any, /, equal_nan: bool = False) -> Array:
    """Whether both have the same shape and elements.

    Examples
    --------
    >>> import lazydag as ld
    >>> bool(ld.array_equal([1, 2], [1, 2])), bool(ld.array_equal([1, 2], [1]))
    (True, False)
    """
    x, y = Array(node_of(x1)), Array(node_of(x2))
    if x.shape != y.shape:
        return Array(constant(False, BOOL))
    same = x == y
    if equal_nan:
        same = same | (isnan(x) & isnan(y))
    return all(same)
