"""Where cells of slots are: in steps of a plan, and in the copies between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from lazydag.runtime import Access, Slot


@dataclass(frozen=True, slots=True)
class Step:
    """Something that runs in one memory space.

    Parameters
    ----------
    space
        None for what finds each slot at its home.
    moves_from
        The slot that it copies into another, as it lies there; it may be read in any
        space. None for what is no copy.
    """

    space: str | None
    accesses: tuple[Access, ...]
    moves_from: int | None = None

    def space_of(self, home: str) -> str:
        """Return in which space it accesses a slot that is at home in one."""
        return home if self.space is None else self.space


class Place(NamedTuple):
    """Where cells of a slot are: in a slot whose rows are of another length.

    Parameters
    ----------
    row, column
        The first row, and the first byte of rows, of the cells' slot that are there.
    pitch
        Bytes of a row there.
    """

    slot: int
    row: int
    column: int
    pitch: int

    def at(self, offset: int, pitch: int) -> int:
        """Return where a byte is of a slot with rows of `pitch` bytes."""
        row, column = divmod(offset, pitch)
        return (row - self.row) * self.pitch + column - self.column

    def strides(self, strides: Sequence[int], pitch: int) -> tuple[int, ...]:
        """Return the strides there of a view of a slot with rows of `pitch` bytes."""
        return tuple(
            step // pitch * self.pitch if step % pitch == 0 else step
            for step in strides
        )


class End(NamedTuple):
    """Rows of bytes in a slot: where they begin, and how far apart they are."""

    slot: int
    start: int
    pitch: int


@dataclass(frozen=True, slots=True)
class Move:
    """A copy of rows of bytes between two slots.

    Parameters
    ----------
    rows, width
        How many, and the bytes of each.
    spaces
        Where from and where to.
    """

    source: End
    target: End
    rows: int
    width: int
    spaces: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Located:
    """A step, by its number, and where it finds what it accesses.

    Parameters
    ----------
    places
        By access.
    pitches
        The bytes of a row of each slot that is accessed.
    """

    step: int
    places: tuple[Place, ...]
    pitches: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Replicas:
    """Steps and moves in their order, over slots of which each has a space.

    Parameters
    ----------
    slots, spaces
        Those given, with the same numbers, and replicas behind them.
    """

    steps: tuple[Located | Move, ...]
    slots: tuple[Slot, ...]
    spaces: tuple[str, ...]
