"""Room in memories: what lies there while somebody still reads it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from lazydag.ir.node import Node
from lazydag.passes.place.copies import space_of
from lazydag.passes.place.costs import Costs
from lazydag.passes.place.flow import Flow, maker


@dataclass(slots=True)
class Room:
    """The bytes in each space, as kernels are decided one after the other.

    What does not fit is taken home and fetched again: the time of both counts. Home has
    room for all.

    Parameters
    ----------
    held : dict
        Bytes by space.
    copies : dict
        The spaces that have copies of a value.
    at : dict
        The space of what each kernel made.
    """

    flow: Flow
    costs: Costs
    held: Counter[str] = field(default_factory=Counter)
    copies: dict[Node, set[str]] = field(default_factory=dict)
    at: dict[Node, str] = field(default_factory=dict)
    left: Counter[Node] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        for values in self.flow.carried.values():
            for value in values:
                self.left[value] += 1
                before = maker(value)
                if before is not None:
                    self.left[before] += 1

    def seconds(self, kernel: Node, space: str) -> float:
        """Return what making room for a kernel takes."""
        if space == self.costs.home:
            return 0.0
        new = sum(value.type.nbytes for value in self._missing(kernel, space))
        over = self.held[space] + new + _made_nbytes(kernel) - self.costs.limit(space)
        return 0.0 if over <= 0 else self.costs.round_trip(over, space)

    def take(self, kernel: Node, space: str) -> None:
        """Let a kernel run in a space."""
        for value in self._missing(kernel, space):
            self.copies.setdefault(value, set()).add(space)
            self.held[space] += value.type.nbytes
        self.held[space] += _made_nbytes(kernel)
        self.at[kernel] = space
        for value in self.flow.carried[kernel]:
            self._read(value)

    def _missing(self, kernel: Node, space: str) -> list[Node]:
        """Return what a kernel reads that has to be copied to a space."""
        return [
            value
            for value in self.flow.carried[kernel]
            if self._origin(value) != space and space not in self.copies.get(value, ())
        ]

    def _origin(self, value: Node) -> str:
        before = maker(value)
        return space_of(value, self.costs.target) if before is None else self.at[before]

    def _read(self, value: Node) -> None:
        """Give back copies after the last reader, and what it is a view of likewise."""
        self.left[value] -= 1
        if not self.left[value]:
            for space in self.copies.pop(value, ()):
                self.held[space] -= value.type.nbytes
        before = maker(value)
        if before is not None:
            self.left[before] -= 1
            if not self.left[before] and not self.flow.results[before]:
                self.held[self.at[before]] -= _made_nbytes(before)


def _made_nbytes(kernel: Node) -> int:
    return sum(item.nbytes for item in kernel.type.items)
