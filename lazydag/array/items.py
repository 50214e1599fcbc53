"""Parts of arrays: what is behind ``x[key]``, ``for row in x`` and ``item in x``."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from lazydag.array.getting import get_element, get_known, get_positions
from lazydag.array.keys import has_dots, is_basic
from lazydag.array.nodes.subscript import subscript
from lazydag.array.setting import set_item
from lazydag.errors import TraceError
from lazydag.ir.node import Node
from lazydag.ir.source import caller_location

if TYPE_CHECKING:
    from lazydag.array.array import Array

#: Iterating over a traced array writes its body out so many times at most.
MOST_UNROLLED = 10_000


class Items:
    """An array as a sequence of its rows, and of parts that keys name."""

    __slots__ = ()

    def __len__(self: Any) -> int:
        if not self.shape:
            raise TypeError("len() of unsized object")
        length: int = self.shape[0]
        return length

    def __iter__(self: Any) -> Iterator[Any]:
        if not self.shape:
            raise TypeError("iteration over a 0-d array")
        if not self._is_traced():
            values = self._force("iter")
            if self.ndim == 1:
                return map(partial(_computed, self), values)
            return map(self.__getitem__, range(len(self)))  # rows are views
        if len(self) > MOST_UNROLLED:
            raise TraceError(
                f"iterating over {self.node.type} would trace {len(self)} times over",
                caller_location(),
                "Write it with whole arrays.",
            )
        return (self[i] for i in range(len(self)))

    def __contains__(self: Any, item: Any) -> bool:
        return bool((self == item).any())

    def __getitem__(self: Any, key: Any) -> Array:
        known = get_element(self, key)
        found: Array
        if known is not None:
            found = self.__class__(value=known)
        elif is_basic(key):
            node = self._item(key)
            is_scalar = not node.type.shape and not has_dots(key)
            found = self.__class__(node) if is_scalar else self.viewed(node)
        else:
            found = self._at(key)
        return found

    def _at(self: Any, key: Any) -> Array:
        """Return elements that masks and positions select."""
        known = get_known(self, key)
        if known is not None:
            return _computed(self, known)
        node, is_view = get_positions(self, key)
        is_view = is_view and bool(node.type.shape)
        found: Array = self.viewed(node) if is_view else self.__class__(node)
        return found

    def _item(self: Any, key: Any) -> Node:
        return subscript(self.node, key)

    def __setitem__(self: Any, key: Any, value: Any) -> None:
        set_item(self, key, value)


def _computed(array: Array, value: Any) -> Array:
    """Return an array of the same class, for a value of NumPy."""
    return array.__class__(value=np.asarray(value))
