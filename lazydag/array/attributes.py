"""Attributes of arrays that follow from their node, as NumPy's arrays have them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lazydag.array import layout
from lazydag.array.nodes import move, parts

if TYPE_CHECKING:
    from lazydag.array.array import Array


class Attributes:
    """Views, parts and layout of an array."""

    __slots__ = ()

    @property
    def T(self: Any) -> Array:
        """The array with its axes reversed."""
        view: Array = self.viewed(move.transpose(self.node))
        return view

    @property
    def mT(self: Any) -> Array:
        """The array with its last two axes exchanged."""
        view: Array = self.viewed(move.swapaxes(self.node, -1, -2))
        return view

    @property
    def real(self: Any) -> Array:
        """The real part; of real numbers the array itself."""
        found: Array = self
        if self.dtype.kind == "c":
            found = self.__class__(parts.real(self.node))
        return found

    @real.setter
    def real(self: Any, value: Any) -> None:
        if self.dtype.kind == "c":
            self[...] = self.__class__(_whole(_part(self.real, value), self.imag))
        else:
            self[...] = value

    @property
    def imag(self: Any) -> Array:
        """The imaginary part; of real numbers zeros."""
        found: Array = self.__class__(parts.imag(self.node))
        return found

    @imag.setter
    def imag(self: Any, value: Any) -> None:
        if self.dtype.kind != "c":
            raise TypeError("array does not have imaginary part to set")
        self[...] = self.__class__(_whole(self.real, _part(self.imag, value)))

    @property
    def flat(self: Any) -> layout.Flat:
        """The elements in C order, to iterate over, index and assign to."""
        return layout.Flat(self)

    @flat.setter
    def flat(self: Any, value: Any) -> None:
        layout.Flat(self)[:] = value

    @property
    def base(self: Any) -> Array | None:
        """The array that this one is a view of, if it is one."""
        owner: Array = self.owner
        return None if owner is self else owner

    @property
    def strides(self: Any) -> tuple[int, ...]:
        """Bytes from one element to the next along each axis, of the values."""
        return layout.strides(self)

    @property
    def flags(self: Any) -> layout.Flags:
        """How the elements lie."""
        return layout.Flags(self)

    @property
    def data(self: Any) -> memoryview:
        """The memory of the values, read-only."""
        values: memoryview = self.values_for("array").data
        return values

    @property
    def ctypes(self: Any) -> Any:
        """The address of the values, for C."""
        return self.values_for("array").ctypes

    @property
    def ndim(self: Any) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self: Any) -> int:
        """Number of elements."""
        size: int = self.node.type.size
        return size

    @property
    def itemsize(self: Any) -> int:
        """Bytes of one element."""
        size: int = self.dtype.itemsize
        return size

    @property
    def nbytes(self: Any) -> int:
        """Bytes of all elements."""
        size: int = self.size * self.itemsize
        return size


def _whole(real: Array, imag: Array) -> Any:
    return parts.whole(real.node, imag.node)


def _part(part: Array, value: Any) -> Array:
    """Return `value` in the shape and type of a part."""
    part[...] = value
    return part
