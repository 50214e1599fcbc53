"""What the compiler asks of a backend."""

from collections.abc import Sequence
from typing import Protocol

from lazydag.backends.work import Work
from lazydag.errors import SourceLine
from lazydag.ir.graph import Graph
from lazydag.runtime import View


class Backend(Protocol):
    """Makes tasks of kernels."""

    @property
    def name(self) -> str:
        """Name in options and displays."""
        ...

    @property
    def runs_programs(self) -> bool:
        """Whether operations that have a tile program become its tasks instead."""
        ...

    def lower_kernel(
        self,
        name: str,
        body: Graph,
        inputs: Sequence[View],
        outputs: Sequence[View],
        tile: tuple[int, ...],
        *,
        source: SourceLine | None = None,
        seconds: float = 0.0,
    ) -> Work:
        """Return what computes a kernel.

        Parameters
        ----------
        name
            For messages and displays.
        body
            What is computed: elementwise values of one shape and reductions of such,
            over parameters of that shape; or one library op.
        inputs
            A view for each parameter of the body: broadcasts, transposes and slices
            are in its strides.
        outputs
            A view for each output of the body.
        tile
            Shape of a tile of the iteration space; empty for one tile.
        source
            The user's line for failures.
        seconds
            Estimated time of all tiles together.
        """
        ...
