"""When values have moved between memories, one after the other on each link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from lazydag.cost.target import Link
from lazydag.passes.place.timeline import Timeline


@dataclass(frozen=True, slots=True)
class Move:
    """A value that goes from one memory space to another.

    Parameters
    ----------
    route : tuple of Link
        Over which links.
    nbytes : float
        How much each of them carries.
    ready : float
        When it can begin.
    """

    route: tuple[Link, ...]
    nbytes: float
    ready: float


@dataclass(slots=True)
class Links:
    """What links do when, as far as it has been decided."""

    busy: dict[Link, Timeline] = field(default_factory=dict)

    def arrivals(self, moves: Sequence[Move], *, decided: bool = False) -> list[float]:
        """Return when each of some moves ends, if they are made in this order.

        Parameters
        ----------
        decided : bool
            Whether they are made, and keep the links busy from then on.
        """
        after: dict[Link, float] = {}
        found = []
        for move in moves:
            at = move.ready
            for link in move.route:
                seconds = link.seconds(move.nbytes)
                line = self.busy.setdefault(link, Timeline())
                start = line.gap(max(at, after.get(link, 0.0)), seconds)
                at = after[link] = start + seconds
                if decided:
                    line.add(start, at)
            found.append(at)
        return found
