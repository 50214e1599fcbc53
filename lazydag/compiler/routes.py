"""Ways between memory spaces, over one link or several."""

from __future__ import annotations

from dataclasses import dataclass, field

from lazydag.cost.estimate import route
from lazydag.cost.target import Link, Target

# What ways are chosen for: a tile.
_TILE_NBYTES = 8 << 20


@dataclass(frozen=True, slots=True)
class Route:
    """A way from one space to another.

    Parameters
    ----------
    spaces
        Those on the way, both ends included.
    links
        Those between them.
    seconds
        That a tile takes.
    """

    spaces: tuple[str, ...]
    links: tuple[Link, ...]
    seconds: float


@dataclass(slots=True)
class Routes:
    """The quickest ways between the spaces of a target, each found once."""

    target: Target
    _known: dict[tuple[str, str], Route] = field(default_factory=dict)

    def between(self, src: str, dst: str) -> Route:
        """Return the way from one space to another.

        Raises
        ------
        TargetError
            If there is none.
        """
        found = self._known.get((src, dst))
        if found is None:
            links = route(self.target, _TILE_NBYTES, src, dst)
            spaces = (src, *(link.dst for link in links))
            seconds = sum(link.seconds(_TILE_NBYTES) for link in links)
            found = self._known[src, dst] = Route(spaces, links, seconds)
        return found
