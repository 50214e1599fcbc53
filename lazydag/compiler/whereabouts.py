"""Where what a kernel reads lies, as earlier work of the plan leaves it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from lazydag.backends.cuda.queued import Queued
from lazydag.backends.work import Work
from lazydag.compiler.spawned import FarTask


@dataclass(slots=True)
class Whereabouts:
    """The memory spaces in which parts of a slot were written last.

    Parameters
    ----------
    space
        Of all but tiles that were written elsewhere.
    tiles
        The spaces of those, by their first bytes.
    """

    space: str
    tiles: dict[int, str] = field(default_factory=dict)

    def write(self, start: int, space: str) -> None:
        """Let a tile, or all if nothing has tiles, be written in a space."""
        if not (start or self.tiles):
            self.space = space
        self.tiles[start] = space

    def at(self, start: int) -> str:
        """Return where a tile lies that begins at a byte."""
        return self.tiles.get(start, self.space)


@dataclass(frozen=True, slots=True)
class Past:
    """The work of a plan as far as it is known.

    Parameters
    ----------
    works
        In an order in which it can run.
    spaces
        The space of each slot that has one; others are at home.
    """

    works: Sequence[Work | FarTask]
    spaces: Mapping[int, str]

    def leaves(self, slots: Collection[int], home: str) -> dict[int, Whereabouts]:
        """Return where slots lie afterwards; copies lie where their sources do."""
        found = {slot: Whereabouts(self.spaces.get(slot) or home) for slot in slots}
        for work in self.works:
            for access in work.accesses:
                known = found.get(access.slot)
                if known is not None and access.mode.writes:
                    known.write(access.start, self._space(work, home))
        return found

    def _space(self, work: Work | FarTask, home: str) -> str:
        if isinstance(work, FarTask):
            return work.device.space
        if isinstance(work, Queued):
            return self.spaces.get(work.accesses[0].slot) or home
        return home
