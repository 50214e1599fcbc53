"""Traces of one function, found by types and by the numbers it looked at."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

Entry = TypeVar("Entry")

#: Numbers that a look remembers, the earliest dropped first.
MOST_NUMBERS = 64


@dataclass(slots=True)
class Look(Generic[Entry]):
    """A number that a function looks at, and what it does for each.

    Parameters
    ----------
    slot : int
        The argument.
    found : dict of bytes
        By the number's bytes, the next look, or what to run.
    """

    slot: int
    found: dict[bytes, Look[Entry] | Entry] = field(default_factory=dict)

    def add(self, number: bytes, then: Look[Entry] | Entry) -> None:
        """Let `then` be what is done for `number`."""
        if number not in self.found and len(self.found) >= MOST_NUMBERS:
            del self.found[next(iter(self.found))]
        self.found[number] = then


class Variants(Generic[Entry]):
    """What to run for a call: by the key of its types, then by what it looks at.

    Parameters
    ----------
    most : int
        Keys that are kept, least recently used dropped first.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._roots: OrderedDict[Hashable, Look[Entry] | Entry] = OrderedDict()

    def find(self, key: Hashable, arrays: Sequence[Any]) -> Entry | None:
        """Return what to run for a call, or None."""
        found = self._roots.get(key)
        if found is None:
            return None
        with suppress(KeyError):  # another thread may drop it meanwhile
            self._roots.move_to_end(key)
        while isinstance(found, Look):
            found = found.found.get(arrays[found.slot].tobytes())
        return found

    def add(
        self,
        key: Hashable,
        looks: Sequence[int],
        arrays: Sequence[Any],
        entry: Entry,
    ) -> None:
        """Let `entry` be run where the numbers that it looks at are as in `arrays`."""
        self._roots[key] = self._with(self._roots.get(key), looks, arrays, entry)
        if len(self._roots) > self.most:
            self._roots.popitem(last=False)

    def _with(
        self,
        old: Look[Entry] | Entry | None,
        looks: Sequence[int],
        arrays: Sequence[Any],
        entry: Entry,
    ) -> Look[Entry] | Entry:
        """Return `old` with `entry` for these numbers."""
        if not looks:
            return entry
        slot = looks[0]
        known = isinstance(old, Look) and old.slot == slot
        look: Look[Entry] = old if known else Look(slot)  # type: ignore[assignment]
        number = arrays[slot].tobytes()
        look.add(number, self._with(look.found.get(number), looks[1:], arrays, entry))
        return look

    def clear(self) -> None:
        """Forget all."""
        self._roots.clear()

    def __len__(self) -> int:
        return len(self.entries())

    def entries(self) -> list[Entry]:
        """Return all that may be run."""
        leaves: list[Entry] = []
        waiting: list[Look[Entry] | Entry] = list(self._roots.values())
        while waiting:
            found = waiting.pop()
            if isinstance(found, Look):
                waiting += found.found.values()
            else:
                leaves.append(found)
        return leaves
