"""Runs task graphs on the threads of this process.

The interface is narrow on purpose: `Executor.run` takes a graph and one address per
slot, and returns when the outputs are written.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazydag.cost.host import available_threads
from lazydag.errors import KernelError, SourceLine, place
from lazydag.runtime import layout, reference_driver
from lazydag.runtime.events import RunReport, report
from lazydag.runtime.freeze import Step
from lazydag.runtime.state import RunState
from lazydag.runtime.taskgraph import TaskGraph
from lazydag.runtime.tasks import KernelTask, View
from lazydag.runtime.workers import Drive, Workers

Addresses: TypeAlias = list[ctypes.c_int64 | int]
Observer: TypeAlias = Callable[[TaskGraph, RunReport], None]
#: Returns the user's line of a task, by its number; asked when the task has failed.
Lines: TypeAlias = Callable[[int], SourceLine | None]

_SIGNATURE = (ctypes.c_int32, ctypes.c_int64, ctypes.c_int64)
# Two ways to call one driver: without the GIL, and keeping it.
_DRIVE_TYPE = ctypes.CFUNCTYPE(*_SIGNATURE)
_OPEN_TYPE = ctypes.PYFUNCTYPE(*_SIGNATURE)

# Reports take some 10 µs, and 0.3 ms after a run that has used up the caches: the
# longest runs are always reported, shorter ones now and then.
REPORT_NS = 20_000_000
SHORT_NS = 2_000_000
REPORT_EVERY_LONG = 16
REPORT_EVERY = 256


class Executor:
    """Runs graphs, several at a time if several threads ask for it.

    Parameters
    ----------
    threads
        Workers of one run, the caller's thread among them; by default the processors
        that this process may use.
    driver
        Address of a native driver (see `lazydag.runtime.layout`); by default the
        reference driver in Python.
    observe
        Called after a run with the graph and its report: after every long run, and
        now and then after a short one. Runs feed the history of costs through it.
    """

    def __init__(
        self,
        threads: int | None = None,
        driver: int | None = None,
        observe: Observer | None = None,
    ) -> None:
        self.threads = available_threads() if threads is None else max(1, threads)
        self._drive: Drive = reference_driver.drive
        self._open: Drive = reference_driver.drive
        if driver is not None:
            self._drive, self._open = _DRIVE_TYPE(driver), _OPEN_TYPE(driver)
        self._observe = observe
        self._workers = Workers(self.threads - 1, self._drive)
        # Marks the states of this executor's runs, without keeping its threads.
        self._token = object()

    def run(
        self, graph: TaskGraph, bases: Addresses, lines: Lines | None = None
    ) -> None:
        """Run all tasks of a graph.

        Parameters
        ----------
        bases
            Address of the buffer of each slot. The caller keeps the buffers alive.
        lines
            Which line a failure is reported at; by default the failed task's own.

        Raises
        ------
        KernelError
            If a kernel returned a failure code. What a Python call raises is passed on
            with a note. In both cases, and after Ctrl-C, no worker is left in the run,
            and its outputs are undefined.
        """
        state = self._execute(graph, bases, lines)
        if self._observe is not None and _is_telling(state):
            self._observe(graph, report(graph.tasks, state))
        graph.frozen.idle.append(state)

    def measure(self, graph: TaskGraph, bases: Addresses) -> RunReport:
        """Run all tasks of a graph as `run` does, and return what happened."""
        state = self._execute(graph, bases)
        measured = report(graph.tasks, state)
        if self._observe is not None:
            self._observe(graph, measured)
        graph.frozen.idle.append(state)
        return measured

    def close(self) -> None:
        """End the helping threads; later runs use their callers' threads alone."""
        self._workers.close()

    def _execute(
        self, graph: TaskGraph, bases: Addresses, lines: Lines | None = None
    ) -> RunState:
        frozen = graph.frozen
        state = frozen.state(self.threads if frozen.width > 1 else 1, self._token)
        state.bind(bases)
        for step in frozen.steps:
            if step.call is None:
                self._walk(graph, state, step, lines)
            else:
                self._call(graph, state, step, lines)
        return state

    def _walk(
        self, graph: TaskGraph, state: RunState, step: Step, lines: Lines | None
    ) -> None:
        state.begin(step.first, step.last)
        try:
            if step.width > 1 and self.threads > 1:
                self._open(state.address, layout.OPENER)
                self._workers.help(state, min(step.width, self.threads) - 1)
            # Between two slices the interpreter runs signal handlers.
            while (end := self._drive(state.address, 0)) == layout.TICK:
                pass
        except BaseException:
            self._cancel(state)
            self._workers.recover()
            raise
        if end == layout.STOPPED:
            raise _failure(graph, state, lines)

    def _cancel(self, state: RunState) -> None:
        """Stop a run and wait until no worker is in it, whatever signals come."""
        state.view[layout.STOP] = layout.STOP_CANCELLED
        try:
            while self._drive(state.address, 0) == layout.TICK:
                pass
        except KeyboardInterrupt:
            self._cancel(state)

    def _call(
        self, graph: TaskGraph, state: RunState, step: Step, lines: Lines | None
    ) -> None:
        number, call = step.first, step.call
        assert call is not None
        arrays = [_array(graph, state, view) for view in call.arguments]
        start = time.perf_counter_ns()
        try:
            call.function(*arrays)
        except Exception as error:
            source = call.source if lines is None else lines(number)
            where = "" if source is None else f" at {place(source)}"
            error.add_note(f"in task {number} ({call.name}){where}")
            raise
        state.calls.append((number, start, time.perf_counter_ns()))


def _is_telling(state: RunState) -> bool:
    took, view = 0, state.view
    if state.calls:
        took = state.calls[-1][2] - state.calls[0][1]
    if state.walked:
        took = max(took, view[layout.END_NS] - view[layout.START_NS])
    if took > SHORT_NS:
        return took > REPORT_NS or state.runs % REPORT_EVERY_LONG == 1
    return state.runs % REPORT_EVERY == 0


def _array(graph: TaskGraph, state: RunState, view: View) -> NDArray[Any]:
    nbytes = graph.slots[view.slot].nbytes
    buffer = (ctypes.c_char * nbytes).from_address(state.bases[view.slot])
    array: NDArray[Any] = np.ndarray(
        view.shape, view.dtype, memoryview(buffer), view.offset, view.strides
    )
    if not view.mode.writes:
        array.flags.writeable = False
    return array


def _failure(graph: TaskGraph, state: RunState, lines: Lines | None) -> KernelError:
    number, tile, code = state.view[layout.FAILED_TASK : layout.FAILED_CODE + 1]
    task = graph.tasks[number]
    assert isinstance(task, KernelTask)
    meaning = task.meanings.get(code, f"code {code}")
    what = (
        f"kernel {task.name} failed in tile {tile} of {task.ntiles} "
        f"(task {number}): {meaning}"
    )
    source = task.source if lines is None else lines(number)
    return KernelError(what, source, kernel=task.name, tile=tile, code=code)
