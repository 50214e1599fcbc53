"""Kernels as calls that evaluate their bodies: slow, and right by definition."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from lazydag.backends.evaluation import evaluation_task
from lazydag.errors import SourceLine
from lazydag.ir.graph import Graph
from lazydag.runtime import CallTask, View


@dataclass(frozen=True, slots=True)
class ReferenceBackend:
    """The oracle that other backends are tested against."""

    name: str = "reference"
    runs_programs: ClassVar[bool] = False

    def lower_kernel(
        self,
        name: str,
        body: Graph,
        inputs: Sequence[View],
        outputs: Sequence[View],
        tile: tuple[int, ...],  # noqa: ARG002
        *,
        source: SourceLine | None = None,
        seconds: float = 0.0,
    ) -> CallTask:
        """Return a task that evaluates `body`; see `Backend.lower_kernel`."""
        return evaluation_task(name, body, inputs, outputs, source, seconds)
