"""A task graph frozen to the arrays that a driver walks."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, groupby
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazydag.runtime import layout
from lazydag.runtime.address import address_of
from lazydag.runtime.state import RunState, words
from lazydag.runtime.tasks import CallTask, KernelTask, Task

if TYPE_CHECKING:
    from lazydag.runtime.taskgraph import TaskGraph

Words: TypeAlias = NDArray[np.int64]

# A worker is awake this long after it was called. Unknown costs count as long.
WAKE_SECONDS = 40e-6
# A range of tiles should outweigh the 20 ns of an atomic and a look at the clock.
GRAIN_SECONDS = 2e-6
# But workers still get this many ranges of a grid, so that they end together.
GRAIN_RANGES = 64


@dataclass(frozen=True, slots=True)
class Step:
    """A stretch of a run: kernels that the driver walks, or one Python call.

    Parameters
    ----------
    first, last
        The tasks ``first <= t < last``.
    width
        Workers that can take part: the most tiles that a task of the stretch has, or 1
        if all is done before another worker would be awake.
    seconds
        Estimated duration.
    call
        The Python call, or `None` for kernels.
    """

    first: int
    last: int
    width: int
    seconds: float
    call: CallTask | None


class FrozenGraph:
    """The constant arrays of a graph, and the states of its runs for reuse.

    Parameters
    ----------
    graph
        A valid graph; its edges are computed here, once.
    """

    def __init__(self, graph: TaskGraph) -> None:
        self.tasks = graph.tasks
        self.nslots = len(graph.slots)
        self.steps = _steps(graph.tasks)
        self.width = max((step.width for step in self.steps), default=0)
        self.deps, bounds = _dependencies(graph.predecessors)
        self.table = _table(graph.tasks, bounds)
        # States that no run uses. Lists push and pop atomically: no lock.
        self.idle: list[RunState] = []

    def state(self, workers: int, owner: object) -> RunState:
        """Return a state for a run by `workers` of `owner`, an idle one if possible.

        The caller gives it back by ``frozen.idle.append(state)``, and drops it after a
        failure.
        """
        while self.idle:
            try:
                state = self.idle.pop()
            except IndexError:
                break
            if state.workers >= workers and state.owner is owner:
                return state
        return RunState(self.table, self.deps, self.nslots, workers, owner)


def _steps(tasks: tuple[Task, ...]) -> tuple[Step, ...]:
    runs = groupby(enumerate(tasks), key=lambda item: _is_call(item[1]))
    return tuple(
        chain.from_iterable(
            map(_call_step, group) if is_call else [_kernel_step(list(group))]
            for is_call, group in runs
        )
    )


def _is_call(task: Task) -> bool:
    return isinstance(task, CallTask)


def _call_step(item: tuple[int, Task]) -> Step:
    number, task = item
    assert isinstance(task, CallTask)
    return Step(number, number + 1, 0, task.cost, task)


def _kernel_step(group: list[tuple[int, Task]]) -> Step:
    kernels = [task for _, task in group if isinstance(task, KernelTask)]
    seconds = sum(task.cost for task in kernels)
    is_short = 0 < seconds < WAKE_SECONDS
    return Step(
        first=group[0][0],
        last=group[-1][0] + 1,
        width=1 if is_short else max(task.ntiles for task in kernels),
        seconds=seconds,
        call=None,
    )


def _dependencies(predecessors: tuple[tuple[int, ...], ...]) -> tuple[Words, Words]:
    bounds = np.zeros(len(predecessors) + 1, np.int64)
    np.cumsum([len(before) for before in predecessors], out=bounds[1:])
    deps = words(max(1, int(bounds[-1])))
    deps[: bounds[-1]] = list(chain.from_iterable(predecessors))
    return deps, bounds


def _table(tasks: tuple[Task, ...], bounds: Words) -> Words:
    table = words(max(1, len(tasks)) * layout.TASK_WORDS)
    rows = table.reshape(-1, layout.TASK_WORDS)[: len(tasks)]
    rows[:, list(_COLUMNS)] = [_row(task) for task in tasks] or np.empty((0, 5))
    rows[:, layout.DEPS_BEGIN] = bounds[:-1]
    rows[:, layout.DEPS_END] = bounds[1:]
    return table


_COLUMNS = (
    layout.KERNEL,
    layout.BLOCKS,
    layout.NTILES,
    layout.STRIDE,
    layout.GRAIN,
)


def _row(task: Task) -> tuple[int, ...]:
    """Return a row's `_COLUMNS`; a Python call has no tiles."""
    if isinstance(task, CallTask):
        return (0, 0, 0, 0, 1)
    ntiles, stride = task.blocks.shape
    return (task.address, address_of(task.blocks), ntiles, stride, _grain(task))


def _grain(task: KernelTask) -> int:
    if task.cost <= 0.0:
        return 1
    wanted = int(GRAIN_SECONDS * task.ntiles / task.cost)
    return max(1, min(wanted, task.ntiles // GRAIN_RANGES))
