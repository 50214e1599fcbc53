"""What came of running a frozen graph."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from lazydag.runtime.engine import words
from lazydag.runtime.events import RunReport, report

if TYPE_CHECKING:
    from lazydag.runtime.freeze import FrozenGraph
    from lazydag.runtime.state import RunState
    from lazydag.runtime.ticks import Clock


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a task failed.

    Parameters
    ----------
    code
        What the kernel returned.
    exception
        What the Python task raised; `None` for a kernel.
    tile
        The tile that failed first.
    worker
        Who ran it.
    """

    code: int
    exception: BaseException | None
    tile: int
    worker: int


class Outcome:
    """What came of a run; tasks are numbered as the caller numbered them.

    Its words are used by later runs once it is dropped.

    Attributes
    ----------
    is_clean
        Whether all tasks ran, and none failed.
    is_stopped
        Whether the run was stopped, so that tasks may have been left out.
    """

    def __init__(self, frozen: FrozenGraph, state: RunState, clock: Clock) -> None:
        self._frozen = frozen
        self._state = state
        self._clock = clock
        self.is_clean = state.is_clean
        self.is_stopped = state.view[words.STOP >> 3] != words.STOP_NO

    @cached_property
    def failures(self) -> dict[int, Failure]:
        """Why each task that failed did, the first one first."""
        if self.is_clean:
            return {}
        state = self._state
        order, raised = state.tables.order, state.raised.by_rank
        return {
            int(order[rank]): Failure(code, raised.get(rank), tile, worker)
            for rank, tile, code, worker in state.failures()
        }

    @cached_property
    def skipped(self) -> list[int]:
        """The tasks that did not run since they depend on one that failed."""
        if self.is_clean:
            return []
        skipped: list[int] = self._state.tables.order[self._state.poisoned()].tolist()
        return sorted(skipped)

    def report(self) -> RunReport:
        """Return the events of the run."""
        return report(self._frozen.task_list, self._state, self._clock)

    def __del__(self) -> None:
        if self.is_clean:
            self._frozen.idle.append(self._state)
