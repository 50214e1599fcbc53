"""Numbers that are made ahead: single ones are taken from many, computed at once.

A program that draws number by number, outside of jitted functions, would record and
compute an expression for each. Since a number depends on its position alone, many are
computed when one is wanted, and kept for those that follow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from lazydag.array.array import Array
from lazydag.array.nodes.broadcast import Ints
from lazydag.array.random.words import Span
from lazydag.array.tracing import state
from lazydag.array.values import frozen

if TYPE_CHECKING:
    from lazydag.array.random.bits import Philox

NDArray: TypeAlias = "np.ndarray[Any, Any]"
#: Makes numbers of as many words.
Make: TypeAlias = Callable[[Span, Ints], Array]

#: So many numbers are few.
FEW = 16
#: So many are computed at once.
AHEAD = 512


@dataclass(frozen=True, slots=True)
class Kept:
    """Numbers of a stream.

    Parameters
    ----------
    stream : tuple of int
        Key and stream.
    first : int
        Position of the first of them.
    values : ndarray
        The numbers.
    """

    stream: tuple[int, int]
    first: int
    values: NDArray

    def part(self, stream: tuple[int, int], at: int, count: int) -> NDArray | None:
        """Return the numbers from a position on, if all of them are there."""
        begin = at - self.first
        if stream != self.stream or begin < 0 or begin + count > self.values.size:
            return None
        return self.values[begin : begin + count]


def drawn(bits: Philox, make: Make, shape: Ints) -> Array:
    """Return the next numbers: computed if they are few, and lazy if not."""
    count = prod(shape)
    if state.trace is None and 0 < count <= FEW:
        return Array(value=frozen(bits.take_ahead(make, count).reshape(shape)))
    return make(bits.take(count), shape)


def few_values(numbers: Array) -> NDArray | None:
    """Return values that are known and few, for which NumPy is quicker than a graph.

    It gives the same bits for arithmetic.
    """
    if state.trace is None and numbers._value is not None and numbers.size <= FEW:
        return numbers._value
    return None
