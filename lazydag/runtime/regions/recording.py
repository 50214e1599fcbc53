"""What was spawned in a region, in order, and the key of its structure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from lazydag.runtime.regions.places import Place, Places
from lazydag.runtime.regions.templates import Site


class Call(NamedTuple):
    """A Python function with its arguments, as they were spawned."""

    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


class Recording:
    """Tasks, by number from 0.

    Parameters
    ----------
    places
        Where the arrays are; shared by the recordings of one region.
    """

    __slots__ = ("_key", "calls", "operands", "places", "sites", "waits")

    def __init__(self, places: Places) -> None:
        self.places = places
        self.sites: list[Site] = []
        self.operands: list[tuple[Place, ...]] = []
        #: Python functions, by task.
        self.calls: dict[int, Call] = {}
        #: For tasks that use others' results: which tasks of the region.
        self.waits: dict[int, tuple[int, ...]] = {}
        self._key: list[int] = []

    @property
    def name(self) -> str:
        """The function that spawned the first task."""
        if not self.sites:
            return "region"
        return self.sites[0].line[0].co_qualname.replace("<locals>.", "")

    def __len__(self) -> int:
        return len(self.sites)

    def add(
        self,
        site: Site,
        operands: tuple[Place, ...],
        call: Call | None = None,
        waits: tuple[int, ...] = (),
    ) -> int:
        """Append a task and return its number."""
        number = len(self.sites)
        self.sites.append(site)
        self.operands.append(operands)
        key = self._key
        key.append(site.number)
        for place in operands:
            key.append(place.number)
        if call is not None:
            self.calls[number] = call
        if waits:
            self.waits[number] = waits
        return number

    def key(self) -> tuple[object, ...]:
        """Return what two recordings have in common if one plan serves both."""
        return (
            tuple(self._key),
            self.places.key(),
            tuple(self.waits.items()),
            len(self.places.buffers.owners),
            self.places.buffers.relations(),
        )
