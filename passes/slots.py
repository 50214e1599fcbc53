"""Slots while they are being planned: sizes, roles, and which are free."""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass, field

from lazydag.runtime import Role, Slot

# A free slot so many times larger than needed is left for larger values.
_WASTE = 4
# Below this nobody minds.
_SMALL_NBYTES = 1 << 16


@dataclass(slots=True)
class _Slot:
    nbytes: int
    role: Role
    space: str
    name: str


@dataclass(slots=True)
class SlotTable:
    """Slots by number, and the free ones of each space by size."""

    slots: list[_Slot] = field(default_factory=list)
    _free: dict[str, list[tuple[int, int]]] = field(default_factory=dict)

    def new(self, nbytes: int, role: Role, space: str, name: str) -> int:
        """Return a slot of its own."""
        self.slots.append(_Slot(nbytes, role, space, name))
        return len(self.slots) - 1

    def take(self, nbytes: int, space: str, name: str) -> int:
        """Return a slot for a temporary: a free one if that saves memory.

        The smallest that is large enough, or else the largest, which grows.
        """
        free = self._free.get(space)
        if not nbytes or not free:
            return self.new(nbytes, Role.TEMPORARY, space, name)
        at = min(bisect_left(free, (nbytes, -1)), len(free) - 1)
        size, slot = free[at]
        if size > max(_WASTE * nbytes, _SMALL_NBYTES):
            if at == 0:
                return self.new(nbytes, Role.TEMPORARY, space, name)
            size, slot = free[at := at - 1]
        del free[at]
        self.slots[slot].nbytes = max(size, nbytes)
        return slot

    def free(self, slot: int) -> None:
        """Make a temporary's slot available again."""
        found = self.slots[slot]
        if found.nbytes:
            insort(self._free.setdefault(found.space, []), (found.nbytes, slot))

    def hand_out(self, slot: int, name: str) -> None:
        """Make a temporary's slot that of an output."""
        self.slots[slot].role, self.slots[slot].name = Role.OUTPUT, name

    def finished(self) -> tuple[tuple[Slot, ...], tuple[str, ...]]:
        """Return the slots and their spaces."""
        slots = tuple(Slot(s.nbytes, s.role, s.name) for s in self.slots)
        return slots, tuple(s.space for s in self.slots)
