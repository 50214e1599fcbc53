"""How a task accesses bytes."""

from __future__ import annotations

from enum import Enum


class Mode(Enum):
    """How a task accesses bytes."""

    IN = "In"
    OUT = "Out"
    INOUT = "InOut"

    @property
    def reads(self) -> bool:
        """Whether the task needs the bytes that were there before."""
        return self is not Mode.OUT

    @property
    def writes(self) -> bool:
        """Whether the task leaves other bytes there."""
        return self is not Mode.IN
