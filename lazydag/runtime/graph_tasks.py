"""Freezing the tasks of a `TaskGraph`: rows of arrays, and calls with their views."""

from __future__ import annotations

import ctypes
from contextvars import Context
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lazydag.runtime.address import address_of
from lazydag.runtime.freeze import FrozenGraph
from lazydag.runtime.tasks import CallTask, KernelTask, Task, View

if TYPE_CHECKING:
    from lazydag.runtime.taskgraph import TaskGraph

# A range of tiles should outweigh the 20 ns of an atomic and a look at the clock.
GRAIN_SECONDS = 2e-6
# But workers still get this many ranges of a grid, so that they end together.
GRAIN_RANGES = 64


def freeze(graph: TaskGraph, *, fail_fast: bool = True) -> FrozenGraph:
    """Freeze a valid graph; its edges are computed here, once.

    Parameters
    ----------
    fail_fast
        Whether the first failure stops a run.
    """
    before = graph.predecessors
    rows = np.array([_row(task) for task in graph.tasks], np.int64).reshape(-1, 5)
    calls = {
        number: _Call(task, [graph.slots[view.slot].nbytes for view in task.arguments])
        for number, task in enumerate(graph.tasks)
        if isinstance(task, CallTask)
    }
    return FrozenGraph.from_arrays(
        kernels=rows[:, 0],
        blocks=rows[:, 1],
        ntiles=rows[:, 2],
        strides=rows[:, 3],
        grains=rows[:, 4],
        edges=(
            np.array(list(chain.from_iterable(before)), np.int64),
            np.repeat(np.arange(len(before)), [len(each) for each in before]),
        ),
        costs=[task.cost for task in graph.tasks],
        calls=calls,
        holds_gil=[isinstance(t, CallTask) and t.holds_gil for t in graph.tasks],
        nslots=len(graph.slots),
        keep=graph.tasks,
        fail_fast=fail_fast,
        name=graph.name,
    )


def _row(task: Task) -> tuple[int, ...]:
    if isinstance(task, CallTask):
        return (0, 0, 1, 0, 1)
    ntiles, stride = task.blocks.shape
    return (task.address, address_of(task.blocks), ntiles, stride, _grain(task))


def _grain(task: KernelTask) -> int:
    if task.cost <= 0.0:
        return 1
    wanted = int(GRAIN_SECONDS * task.ntiles / task.cost)
    return max(1, min(wanted, task.ntiles // GRAIN_RANGES))


#: Where the calls of a run take place, by the address of its table of buffers: they see
#: the context variables of the caller, such as NumPy's error state, on any thread.
#: Those of regions have contexts of their own.
contexts: dict[int, Context] = {}


class _Call:
    """A call with its views, as the engine calls it."""

    __slots__ = ("_arguments", "_function")

    def __init__(self, task: CallTask, nbytes: list[int]) -> None:
        self._function = task.function
        self._arguments = tuple(zip(task.arguments, nbytes, strict=True))

    def __call__(self, bases: int) -> None:
        arrays = [_array(bases, view, nbytes) for view, nbytes in self._arguments]
        context = contexts.get(bases)
        if context is None:
            self._function(*arrays)
        else:
            context.copy().run(self._function, *arrays)


def _array(bases: int, view: View, nbytes: int) -> NDArray[Any]:
    if 0 in view.shape:  # nothing is said of where it lies
        return np.empty(view.shape, view.dtype)
    address = ctypes.c_int64.from_address(bases + 8 * view.slot).value
    buffer = (ctypes.c_char * nbytes).from_address(address)
    array: NDArray[Any] = np.ndarray(
        view.shape, view.dtype, memoryview(buffer), view.offset, view.strides
    )
    if not view.mode.writes:
        array.flags.writeable = False
    return array
