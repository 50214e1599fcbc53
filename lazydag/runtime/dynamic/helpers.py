"""What is asked of a pool of threads that helps with tasks between other work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


class Helpers(Protocol):
    """Threads that run ready tasks when they have nothing else to do."""

    def serve(self, drain: Callable[[], None]) -> None:
        """Have helpers that are roused call `drain`, with the GIL held."""
        ...

    def rouse(self, n: int = 1) -> None:
        """Have up to `n` helpers call `drain`; if none sleeps, the next to be free."""
        ...

    def parked(self) -> int:
        """Return how many helpers sleep."""
        ...
