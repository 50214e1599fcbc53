"""Task graphs frozen to arrays, which the engine walks again and again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazydag.errors import UsageError
from lazydag.runtime import sink
from lazydag.runtime.address import address_of
from lazydag.runtime.engines import Engine
from lazydag.runtime.state import (
    RING_CAPACITY_HEARD,
    RING_CAPACITY_MAX,
    RunState,
    ring_capacity,
)
from lazydag.runtime.tables import Columns, Tables, build
from lazydag.runtime.tasklist import Label, TaskList
from lazydag.runtime.words import Words

#: A Python task; called with the address of the table of buffer addresses.
Call: TypeAlias = Callable[[int], object]


class FrozenGraph:
    """Tasks and edges as arrays, and the states of runs for reuse.

    Made by `from_arrays`. Numbers of tasks are the caller's; inside, tasks are ordered
    by critical path, when an engine first runs the graph.

    Attributes
    ----------
    columns
        The tasks and edges.
    nslots
        Addresses that a run is given.
    fail_fast
        Whether the first failure stops a run.
    task_list
        The tasks, as those who show them want them.
    name
        What it is called.
    """

    def __init__(
        self,
        columns: Columns,
        nslots: int,
        keep: object,
        *,
        fail_fast: bool,
        task_list: TaskList,
        name: str,
    ) -> None:
        self.columns = columns
        self.task_list = task_list
        self.name = name
        self.nslots = nslots
        self.fail_fast = fail_fast
        self._keep = keep
        self._tables: Tables | None = None
        # States that no run uses. Lists push and pop atomically: no lock.
        self.idle: list[RunState] = []

    @classmethod
    def from_arrays(  # noqa: PLR0913 -- columns, all by name
        cls,
        *,
        kernels: ArrayLike,
        blocks: ArrayLike,
        ntiles: ArrayLike = 1,
        strides: ArrayLike = 0,
        grains: ArrayLike = 1,
        edges: tuple[ArrayLike, ArrayLike] = ((), ()),
        costs: ArrayLike = 0.0,
        calls: Mapping[int, Call] | None = None,
        holds_gil: ArrayLike | None = None,
        nslots: int = 0,
        keep: object = None,
        fail_fast: bool = False,
        labels: Sequence[Label] = (Label("task"),),
        label: ArrayLike = 0,
        name: str = "tasks",
    ) -> FrozenGraph:
        """Freeze a graph given as arrays.

        Parameters
        ----------
        kernels
            Address of each task's kernel, ``int32 kernel(const int64 *block, void
            *const *bases)``, which returns 0 or a failure code; 0 for a Python task.
        blocks
            Address of the argument block of each task's first tile.
        ntiles, strides, grains
            Tiles of each task, words from one tile's block to the next, and how many
            tiles a worker takes at a time. Scalars stand for all tasks.
        edges
            Sources and destinations: a destination runs after its sources.
        costs
            Estimated seconds of each task, 0 if unknown.
        calls
            The Python tasks, by number; each is called with the address of the table
            of buffer addresses.
        holds_gil
            Which tasks keep the GIL while they run: all Python tasks if not given. Of
            these one runs at a time.
        nslots
            How many buffer addresses a run is given.
        keep
            What has to live as long as the graph: blocks, owners of kernels.
        fail_fast
            Stop a run at the first failure, instead of running all that does not depend
            on it.
        labels, label
            What tasks do, for those who show them, and the number of each task's label.
        name
            What the graph is called.

        Raises
        ------
        UsageError
            If the arrays do not go together. Tasks that wait for each other are found
            when the graph is first prepared for a run.

        Notes
        -----
        O(tasks + edges) in NumPy; no Python object is made for a task.
        """
        address = np.ascontiguousarray(kernels, np.int64).reshape(-1)
        count = len(address)
        calls = calls or {}
        starts = _spread(blocks, np.int64, count, "blocks")
        objects = _objects(calls, address, starts)
        sources, destinations = (np.ascontiguousarray(e, np.int64) for e in edges)
        gated = address == 0 if holds_gil is None else holds_gil
        columns = Columns(
            kernels=address,
            blocks=starts,
            ntiles=_spread(ntiles, np.int64, count, "ntiles"),
            strides=_spread(strides, np.int64, count, "strides"),
            grains=_spread(grains, np.int64, count, "grains"),
            gated=_spread(gated, np.bool_, count, "holds_gil"),
            costs=_spread(costs, np.float64, count, "costs"),
            sources=sources,
            destinations=destinations,
        )
        _check(columns, calls)
        kept = (keep, objects, tuple(calls.values()))
        task_list = TaskList(
            labels,
            _spread(label, np.int64, count, "label"),
            columns.costs,
            columns.ntiles,
            (sources, destinations),
        )
        return cls(
            columns,
            nslots,
            kept,
            fail_fast=fail_fast,
            task_list=task_list,
            name=name,
        )

    @property
    def ntasks(self) -> int:
        """Number of tasks."""
        return len(self.columns.kernels)

    def prepare(self, engine: Engine) -> Tables:
        """Return the arrays of the engine, made the first time.

        Raises
        ------
        UsageError
            If tasks wait for each other.
        """
        tables = self._tables
        if tables is None:
            tables = self._tables = build(self.columns, engine)
        return tables

    def state(self, engine: Engine, workers: int) -> RunState:
        """Return a state for a run by `workers`, an idle one if possible.

        The caller gives it back by ``frozen.idle.append(state)``, and drops it after a
        failure.
        """
        most = RING_CAPACITY_HEARD if sink.listening else RING_CAPACITY_MAX
        capacity = ring_capacity(self.ntasks, most)
        while self.idle:
            try:
                state = self.idle.pop()
            except IndexError:
                break
            if state.workers >= workers and state.capacity >= capacity:
                return state
        return RunState(
            self.prepare(engine),
            self.nslots,
            workers,
            fail_fast=self.fail_fast,
            capacity=capacity,
        )


def _spread(
    values: ArrayLike, dtype: type[np.generic], count: int, name: str
) -> NDArray[Any]:
    array: NDArray[Any] = np.asarray(values, dtype)
    if array.ndim == 0:
        return np.full(count, array)
    if array.shape != (count,):
        raise UsageError(f"{count} kernels, but {name} has shape {list(array.shape)}")
    return np.array(array)


def _objects(calls: Mapping[int, Call], kernels: Words, blocks: Words) -> Words:
    """Point the blocks of Python tasks at words that hold the callables."""
    objects = np.fromiter(map(id, calls.values()), np.int64, len(calls))
    numbers = np.fromiter(calls, np.int64, len(calls))
    if len(calls) and not (numbers.min() >= 0 and numbers.max() < len(kernels)):
        raise UsageError(f"calls has a task that is not one of {len(kernels)}")
    blocks[numbers] = address_of(objects) + 8 * np.arange(len(calls))
    return objects


def _check(columns: Columns, calls: Mapping[int, Call]) -> None:
    count = len(columns.kernels)
    if columns.sources.shape != columns.destinations.shape:
        what = f"{columns.sources.size} sources, {columns.destinations.size} ends"
        raise UsageError(f"edges have {what}")
    for ends in (columns.sources, columns.destinations):
        if len(ends) and not (ends.min() >= 0 and ends.max() < count):
            raise UsageError(f"an edge ends at a task that is not one of {count}")
    is_python = (columns.kernels == 0) & (columns.ntiles > 0)
    if np.count_nonzero(is_python) != len(calls) or not is_python[list(calls)].all():
        raise UsageError(
            f"{np.count_nonzero(is_python)} tasks without a kernel, {len(calls)} calls",
            remedy="Give a call for exactly the tasks whose kernel is 0.",
        )
    if bool(((columns.ntiles > 1) & (is_python | columns.gated)).any()):
        raise UsageError("a Python task, or one that holds the GIL, has several tiles")
    if bool((columns.grains < 1).any() or (columns.ntiles < 0).any()):
        raise UsageError("grains are at least 1, and ntiles at least 0")
