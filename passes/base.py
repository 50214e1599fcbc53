"""What a pass is."""

from __future__ import annotations

from typing import Protocol

from lazydag.cost.target import Target
from lazydag.ir.graph import Graph


class Pass(Protocol):
    """A frozen dataclass with one pure call."""

    def __call__(self, graph: Graph, target: Target) -> Graph:
        """Return an equivalent graph."""
        ...
