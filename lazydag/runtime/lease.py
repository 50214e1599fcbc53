"""The right to one buffer.

It ends when the last reference to it dies, and arrays made over it, and all their
views, hold such references. Nothing has to be given back by hand: not after an error,
nor by a user who drops an array.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from lazydag.runtime.pages import Pages


class Lease(ctypes.Array[ctypes.c_char]):
    """The right to one buffer of a pool, until the last reference to it dies.

    Parameters
    ----------
    pages
        The buffer.
    end
        Takes the buffer back.
    """

    # A pool makes a subclass per size: the length belongs to the type. NumPy takes
    # an object of the buffer protocol as the base of an array, and of all its views.
    __slots__ = ("pages",)
    _length_ = 1
    _type_ = ctypes.c_char

    pages: Pages
    end: Callable[[Pages], object]

    def __del__(self) -> None:
        self.end(self.pages)

    @property
    def address(self) -> int:
        """Where the buffer begins, a multiple of 64."""
        return self.pages.address

    def array(
        self,
        shape: tuple[int, ...],
        dtype: np.dtype[Any],
        strides: tuple[int, ...] | None = None,
        offset: int = 0,
    ) -> NDArray[Any]:
        """Return an array over the buffer, which keeps the lease.

        Parameters
        ----------
        strides
            Bytes per axis; `None` for a C-contiguous array.
        offset
            Bytes from the start of the buffer to the first element.
        """
        buffer = cast("memoryview", self)
        return np.ndarray(shape, dtype, buffer, offset, strides)


def lease_type(nbytes: int, end: Callable[[Pages], object]) -> type[Lease]:
    """Return the type of leases on buffers of `nbytes`, which `end` takes back."""
    body = {"__slots__": (), "_length_": nbytes, "end": staticmethod(end)}
    return type("Lease", (Lease,), body)
