"""Room in memories: what lies there while somebody still reads it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazydag.ir.node import Node
from lazydag.passes.place.copies import space_of
from lazydag.passes.place.costs import Costs
from lazydag.passes.place.flow import Flow, maker

#: Seconds for what does not fit at all.
NEVER: Final = 1e6

#: By place in the order of kernels, the bytes that are held.
_Held: TypeAlias = NDArray[np.float64]


@dataclass(slots=True)
class Room:
    """The bytes in each space, as kernels are decided one after the other.

    Kernels are decided in another order than they run in, so all values have the time
    from their first to their last use in the latter. What does not fit is taken home
    and fetched again: the time of both counts. Home has room for all.

    Parameters
    ----------
    place : dict
        Of each kernel among those that run.
    last : dict
        The last place at which a value, or something that a kernel made, is read.
    held : dict
        Bytes by space.
    since : dict
        From when on a value is in a space.
    at : dict
        The space of what each kernel made.
    """

    flow: Flow
    costs: Costs
    place: dict[Node, int] = field(init=False)
    last: dict[Node, int] = field(default_factory=dict)
    held: dict[str, _Held] = field(default_factory=dict)
    since: dict[tuple[Node, str], int] = field(default_factory=dict)
    at: dict[Node, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.place = {kernel: k for k, kernel in enumerate(self.flow.kernels)}
        for place, kernel in enumerate(self.flow.kernels):
            for value in self.flow.carried[kernel]:
                self.last[value] = place
                before = maker(value)
                if before is not None:
                    self.last[before] = place

    def seconds(self, kernel: Node, space: str) -> float:
        """Return what making room for a kernel takes."""
        if space == self.costs.home:
            return 0.0
        limit, made = self.costs.limit(space), _made_nbytes(kernel)
        if made + sum(v.type.nbytes for v in self.flow.carried[kernel]) > limit:
            return NEVER
        new = sum(value.type.nbytes for value in self._missing(kernel, space))
        held = float(self._held(space)[self.place[kernel]])
        over = held + new + made - limit
        return 0.0 if over <= 0 else self.costs.round_trip(over, space)

    def take(self, kernel: Node, space: str) -> None:
        """Let a kernel run in a space."""
        place, held = self.place[kernel], self._held(space)
        for value in self._missing(kernel, space):
            until = self.since.get((value, space), self.last[value] + 1)
            held[place:until] += value.type.nbytes
            self.since[value, space] = place
        held[place : self.last.get(kernel, place) + 1] += _made_nbytes(kernel)
        self.at[kernel] = space

    def _held(self, space: str) -> _Held:
        found = self.held.get(space)
        if found is None:
            found = self.held[space] = np.zeros(len(self.flow.kernels))
        return found

    def _missing(self, kernel: Node, space: str) -> list[Node]:
        """Return what a kernel reads that has to be copied to a space."""
        place = self.place[kernel]
        return [
            value
            for value in self.flow.carried[kernel]
            if self._origin(value) != space
            and self.since.get((value, space), place + 1) > place
        ]

    def _origin(self, value: Node) -> str:
        before = maker(value)
        return space_of(value, self.costs.target) if before is None else self.at[before]


def _made_nbytes(kernel: Node) -> int:
    return sum(item.nbytes for item in kernel.type.items)
