"""What a block has to offer in which `spawn` records tasks instead of starting them."""

from __future__ import annotations

from collections.abc import Callable
from types import CodeType
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from lazydag.runtime.dynamic.options import Options
    from lazydag.runtime.dynamic.task import Task


class Region(Protocol):
    """Records what is spawned in a block; see `Scope.region`."""

    def record(
        self,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        options: Options | None,
        at: tuple[CodeType, int],
    ) -> Task[Any]:
        """Return a task that the region will run.

        Parameters
        ----------
        options
            Those of the scope and of the call, joined.
        at
            The caller's code, and the offset of the instruction that spawns.
        """
        ...

    def empty(
        self, shape: tuple[int, ...], dtype: np.dtype[Any], order: Literal["C", "F"]
    ) -> NDArray[Any]:
        """Return work memory for the tasks of the region."""
        ...

    def flush(self) -> None:
        """Run what was recorded so far, and wait for it."""
        ...
