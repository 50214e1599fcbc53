"""How elements lie, as programs for NumPy ask: strides, flags, and ``x.flat``."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import numpy as np

from lazydag.array.link import link_to
from lazydag.array.nodes.move import reshape
from lazydag.array.readonly import is_read_only, set_writable
from lazydag.ir.ops import OPS

if TYPE_CHECKING:
    from lazydag.array.array import Array

_PARAM = OPS["param"]
_NAMES = {
    "C": "c_contiguous",
    "F": "f_contiguous",
    "O": "owndata",
    "W": "writeable",
    "A": "aligned",
    "CONTIGUOUS": "c_contiguous",
    "FORTRAN": "f_contiguous",
}


class Flags:
    """What NumPy's ``x.flags`` says.

    Parameters
    ----------
    array : Array
        Whose elements.

    Examples
    --------
    >>> import lazydag as ld
    >>> x = ld.zeros((2, 3))
    >>> x.flags.c_contiguous, x.T.flags["F_CONTIGUOUS"], x.T.flags.owndata
    (True, True, False)
    >>> x.flags.writeable = False
    """

    __slots__ = ("_array",)

    aligned = True

    def __init__(self, array: Array) -> None:
        self._array = array

    @property
    def c_contiguous(self) -> bool:
        """Whether elements follow each other, with the last axis fastest."""
        link = self._array._link
        return link is None or link.is_contiguous()

    contiguous = c_contiguous

    @property
    def f_contiguous(self) -> bool:
        """Whether elements follow each other, with the first axis fastest."""
        return Flags(self._array.T).c_contiguous

    fortran = f_contiguous

    @property
    def owndata(self) -> bool:
        """Whether the array is no view."""
        return self._array._link is None

    @property
    def writeable(self) -> bool:
        """Whether elements can be assigned to."""
        return _shares_no_places(self._array) and not is_read_only(self._array)

    @writeable.setter
    def writeable(self, value: bool) -> None:
        if value and not _shares_no_places(self._array):
            raise ValueError("cannot set WRITEABLE flag to True of this array")
        set_writable(self._array, writable=bool(value))

    def __getitem__(self, name: str) -> bool:
        try:
            found: bool = getattr(self, _NAMES.get(name, name.lower()))
        except AttributeError:
            raise KeyError("Unknown flag") from None
        return found

    def __setitem__(self, name: str, value: bool) -> None:
        if _NAMES.get(name, name.lower()) != "writeable":
            raise KeyError("Unknown flag")
        self.writeable = value

    def __repr__(self) -> str:
        names = ("C_CONTIGUOUS", "F_CONTIGUOUS", "OWNDATA", "WRITEABLE", "ALIGNED")
        return "\n".join(f"  {name} : {self[name]}" for name in names)


def _shares_no_places(array: Array) -> bool:
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


def reshape_in_place(array: Array, shape: Any) -> None:
    """Give an array another shape; its views stay what they are.

    Raises
    ------
    AttributeError
        If its elements would have to be copied, or it is another function's argument.
    """
    node = reshape(array.node, shape)
    parent = array._link
    owner = array if parent is None else parent.base
    link = link_to(owner, parent, array.node, node)
    if link is None or array.node.op is _PARAM:
        raise AttributeError(
            "Incompatible shape for in-place modification. Use `.reshape()` to make a "
            "copy with the desired shape."
        )
    if parent is None:  # the elements get another owner, of the shape they had
        link.owner = array.__class__(array._node, array._value, weak=array._weak)
        link.owner._home = array._home
    array._link, array._node, array._value = link, None, None
