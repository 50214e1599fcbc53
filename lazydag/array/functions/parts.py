"""Parts of complex numbers."""

from __future__ import annotations

from typing import Any

from lazydag.array.array import Array, node_of
from lazydag.array.nodes import parts


def real(x: Any, /) -> Array:
    """Real part; real numbers stay.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.real([1 + 2j, 3.0])
    Array([1., 3.])
    """
    return Array(parts.real(node_of(x)))


def imag(x: Any, /) -> Array:
    """Imaginary part; of real numbers zeros.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.imag([1 + 2j, 3.0])
    Array([2., 0.])
    """
    return Array(parts.imag(node_of(x)))
