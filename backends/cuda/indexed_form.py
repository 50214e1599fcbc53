"""Forms of gathers and scatters on GPUs, and the words that they are launched with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from lazydag.backends.cuda.words import ITEMS, WordLayout
from lazydag.backends.scalar.types import TYPES

Method: TypeAlias = Literal["gather", "last", "atomic", "ordered"]

COUNT: Final = "count"
REST: Final = "rest"
PLACES: Final = "places"
RANGE: Final = "range"
ROUNDS: Final = "rounds"
FAILED: Final = "failed"
CONSTANT_WORDS: Final = 2

ATOMIC: Final[dict[str, dict[str, str]]] = {
    "add": {"i": "add", "u": "add"},
    "subtract": {"i": "sub", "u": "sub"},
    "minimum": {"i": "min", "u": "umin"},
    "maximum": {"i": "max", "u": "umax"},
    "bitwise_and": {"i": "and", "u": "and"},
    "bitwise_or": {"i": "or", "u": "or"},
    "bitwise_xor": {"i": "xor", "u": "xor"},
}
"""LLVM's names of ufuncs that give the same bits in any order, by kind of type."""


@dataclass(frozen=True, slots=True)
class IndexedGrid:
    """Key of a compiled gather or scatter.

    Parameters
    ----------
    how
        ``"gather"``, ``"set"``, or the ufunc that a scatter combines with.
    dtype
        Type of the elements; where they are only moved, ``i64`` for all of 8 bytes.
    positions
        Types of the positions.
    loops
        Dimensions of the positions; of a gather, of all that is gathered.
    around
        Dimensions that lie behind each place.
    fixed
        Which of the positions and what is moved are constants among the words.
    is_narrow
        Whether 32 bits are enough for the numbers of elements.
    width
        Neighbours that a thread moves at once: all of them lie behind one place.
    """

    how: str
    dtype: str
    positions: tuple[str, ...]
    loops: int
    around: int
    fixed: tuple[bool, ...]
    is_narrow: bool
    width: int = 1

    @property
    def method(self) -> Method:
        """How threads share the work, so that each place ends as in sequence."""
        return method_of(self.how, self.dtype)

    @property
    def layout(self) -> WordLayout:
        """Places of the words; operands are positions, what is moved, what stays."""
        head = [ITEMS, COUNT, REST, PLACES, RANGE, ROUNDS, FAILED]
        for axis in range(len(self.positions)):
            head += [extent(axis), step(axis)]
        for operand, is_fixed in enumerate(self.fixed):
            if is_fixed:
                head += [constant(operand), f"{constant(operand)}, continued"]
        return WordLayout(
            tuple(head), self.loops + self.around, len(self.positions) + 2
        )


def method_of(how: str, dtype: str) -> Method:
    """Return how threads share the work of a gather or a scatter of a type."""
    if how == "gather":
        return "gather"
    if how == "set":
        return "last"
    row = TYPES[dtype]
    is_atomic = row.kind in ATOMIC.get(how, {}) and row.nbytes >= 4
    return "atomic" if is_atomic else "ordered"


def extent(axis: int) -> str:
    """Name of the extent of an axis with positions."""
    return f"extent {axis}"


def step(axis: int) -> str:
    """Name of the bytes from one place of an axis to the next."""
    return f"step {axis}"


def constant(operand: int) -> str:
    """Name of the first word of a constant."""
    return f"constant {operand}"
