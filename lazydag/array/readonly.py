"""Arrays that programs made read-only: ``x.flags.writeable = False``."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from lazydag.errors import UsageError
from lazydag.ir.source import caller_location

if TYPE_CHECKING:
    from lazydag.array.array import Array

# By their ids: arrays are equal element by element, so they have no hashes.
_arrays: WeakValueDictionary[int, Array] = WeakValueDictionary()


def set_writable(array: Array, *, writable: bool) -> None:
    """Make an array read-only, or no longer so."""
    if writable:
        _arrays.pop(id(array), None)
    else:
        _arrays[id(array)] = array


def is_read_only(array: Array) -> bool:
    """Tell whether an array, or the one that it is a view of, was made read-only."""
    return bool(_arrays) and (id(array) in _arrays or id(array.owner) in _arrays)


def check_writable(array: Array) -> None:
    """Refuse to write into an array that was made read-only.

    Raises
    ------
    UsageError
        If it was.
    """
    if is_read_only(array):
        raise UsageError(
            "assignment destination is read-only",
            caller_location(),
            "Take a copy, or allow it again: x.flags.writeable = True.",
        )
