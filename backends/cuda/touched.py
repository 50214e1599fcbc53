"""What a launch does to memory, for those who check it."""

from __future__ import annotations

from dataclasses import dataclass

from lazydag.runtime import Mode


@dataclass(frozen=True, slots=True)
class Operand:
    """What a function does to the memory that one of its words points at.

    Parameters
    ----------
    word
        Number of the word.
    start, stop
        The bytes, from the address on.
    mode
        How they are accessed.
    """

    word: int
    start: int
    stop: int
    mode: Mode
