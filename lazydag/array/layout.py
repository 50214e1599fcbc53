"""How elements lie, as programs for NumPy ask: strides, flags, and ``x.flat``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import numpy as np

from lazydag.errors import UnsupportedError
from lazydag.ir.source import caller_location

if TYPE_CHECKING:
    from lazydag.array.array import Array

_SHORT = {"C": "c_contiguous", "F": "f_contiguous", "O": "owndata", "W": "writeable"}


@dataclass(frozen=True, slots=True)
class Flags:
    """What NumPy's ``x.flags`` says, of the array that ``np.asarray(x)`` would be.

    Parameters
    ----------
    c_contiguous, f_contiguous : bool
        Whether the elements follow each other, with the last or first axis fastest.
    owndata : bool
        Whether the array is no view.
    writeable : bool
        Whether elements can be assigned to.
    aligned : bool
        Always true.

    Examples
    --------
    >>> import lazydag as ld
    >>> x = ld.zeros((2, 3))
    >>> x.flags.c_contiguous, x.T.flags["OWNDATA"]
    (True, False)
    """

    c_contiguous: bool
    f_contiguous: bool
    owndata: bool
    writeable: bool
    aligned: bool = True

    def __getitem__(self, name: str) -> bool:
        try:
            found: bool = getattr(self, _SHORT.get(name, name.lower()))
        except AttributeError:
            raise KeyError("Unknown flag") from None
        return found

    def __setitem__(self, name: str, value: bool) -> None:
        raise UnsupportedError(
            f"the flag {name} of a lazy array cannot be changed",
            caller_location(),
            "np.asarray(x) gives the values in a NumPy array that is read-only.",
        )

    @property
    def contiguous(self) -> bool:
        """Another name of `c_contiguous`."""
        return self.c_contiguous


def flags(array: Array) -> Flags:
    """Return the flags of an array."""
    follows = array._link is None or array._link.is_contiguous()
    thin = sum(n > 1 for n in array.shape) < 2
    return Flags(follows, follows and thin, array._link is None, is_writable(array))


def is_writable(array: Array) -> bool:
    """Tell whether elements can be assigned to: no two of them share a place."""
    try:
        if array._link is not None:
            array._link.check_writable()
    except ValueError:
        return False
    return True


def strides(array: Array) -> tuple[int, ...]:
    """Return the bytes from one element to the next along each axis, in C order."""
    shape = array.shape
    if not array.size:
        return np.empty(shape, array.dtype).strides
    after = accumulate(shape[:0:-1], lambda x, y: x * y, initial=array.itemsize)
    return tuple(after)[::-1] if shape else ()


class Flat:
    """The elements in C order, to iterate over, index and assign to.

    Parameters
    ----------
    array : Array
        Whose elements.

    Examples
    --------
    >>> import lazydag as ld
    >>> x = ld.zeros((2, 2))
    >>> x.flat[1:3] = 7
    >>> x.tolist(), len(x.flat)
    ([[0.0, 7.0], [7.0, 0.0]], 4)
    """

    def __init__(self, array: Array) -> None:
        self.base = array

    def __len__(self) -> int:
        return self.base.size

    def __iter__(self) -> Iterator[Any]:
        return iter(self.base.ravel())

    def __getitem__(self, key: Any) -> Any:
        return self.base.flatten()[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        # values are repeated if there are fewer
        row = self.base.flatten()
        count = row[key].size
        values = np.ravel(value)
        if 1 < values.size != count:
            values = np.resize(values, count)
        row[key] = values.reshape(row[key].shape) if values.size == count else values
        self.base[...] = row.reshape(self.base.shape)

    def copy(self) -> Array:
        """Return the elements in one axis."""
        return self.base.flatten()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return self.base.flatten().__array__(dtype, copy)
