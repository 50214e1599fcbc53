"""Kernels as calls that leave their outputs as they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from lazydag.backends.evaluation import call_arguments
from lazydag.errors import SourceLine
from lazydag.ir.graph import Graph
from lazydag.runtime import CallTask, View


def do_nothing(*_arrays: object) -> None:
    """Leave all arrays as they are."""


@dataclass(frozen=True, slots=True)
class NullBackend:
    """Makes tasks with the right accesses and no work."""

    name: str = "null"
    runs_programs: ClassVar[bool] = False

    def lower_kernel(
        self,
        name: str,
        body: Graph,  # noqa: ARG002
        inputs: Sequence[View],
        outputs: Sequence[View],
        tile: tuple[int, ...],  # noqa: ARG002
        *,
        source: SourceLine | None = None,
        seconds: float = 0.0,
    ) -> CallTask:
        """Return a task that does nothing; see `Backend.lower_kernel`."""
        arguments = call_arguments(inputs, outputs)
        return CallTask(name, do_nothing, arguments, source, seconds)
