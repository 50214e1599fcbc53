"""Runs task graphs on the threads of this process.

The interface is narrow on purpose: `Executor.run` takes a graph and one address per
slot, and returns when the outputs are written. `Executor.execute` does the same for a
graph of arrays, and tells of failures instead of raising them.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import copy_context
from typing import NoReturn, TypeAlias

from lazydag.cost.host import available_threads
from lazydag.errors import KernelError, LazydagError, LinAlgError, SourceLine, place
from lazydag.runtime import sink
from lazydag.runtime.engine import words
from lazydag.runtime.engines import PYTHON, Engine
from lazydag.runtime.events import RunReport, report
from lazydag.runtime.freeze import FrozenGraph
from lazydag.runtime.graph_tasks import contexts
from lazydag.runtime.metering import metered
from lazydag.runtime.outcome import Outcome
from lazydag.runtime.pool import Pool
from lazydag.runtime.state import RunState
from lazydag.runtime.stop import Stop
from lazydag.runtime.taskgraph import TaskGraph
from lazydag.runtime.tasks import CallTask, KernelTask

Addresses: TypeAlias = list[ctypes.c_int64 | int]
Observer: TypeAlias = Callable[[TaskGraph, RunReport], None]
#: Returns the user's line of a task, by its number; asked when the task has failed.
Lines: TypeAlias = Callable[[int], SourceLine | None]

# Reports take some 10 µs, and 0.3 ms after a run that has used up the caches: the
# longest runs are always reported, shorter ones now and then.
REPORT_NS = 20_000_000
SHORT_NS = 2_000_000
REPORT_EVERY_LONG = 16
REPORT_EVERY = 256

_STOP, _LIMIT = words.STOP >> 3, words.LIMIT >> 3
_START, _END = words.START >> 3, words.END >> 3


class Executor:
    """Runs graphs, several at a time if several threads ask for it.

    Parameters
    ----------
    threads
        Workers of one run, the caller's thread among them; by default the processors
        that this process may use.
    engine
        What the workers run; by default the engine in Python.
    observe
        Called after a run with the graph and its report: after every long run, and
        now and then after a short one. Runs feed the history of costs through it.

    Attributes
    ----------
    pool
        The helping threads.
    """

    def __init__(
        self,
        threads: int | None = None,
        engine: Engine = PYTHON,
        observe: Observer | None = None,
    ) -> None:
        self.threads = available_threads() if threads is None else max(1, threads)
        self.engine = engine
        self.pool = Pool(self.threads - 1, engine)
        self._observe = observe

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
        state = self._run(graph, bases, lines)
        if self._observe is not None and self._is_telling(state):
            self._observe(graph, report(graph.task_list, state, self.pool.clock))
        graph.frozen.idle.append(state)

    def measure(self, graph: TaskGraph, bases: Addresses) -> RunReport:
        """Run all tasks of a graph as `run` does, and return what happened."""
        state = self._run(graph, bases, None)
        measured = report(graph.task_list, state, self.pool.clock)
        if self._observe is not None:
            self._observe(graph, measured)
        graph.frozen.idle.append(state)
        return measured

    @contextmanager
    def bound(
        self, graph: TaskGraph, bindings: Sequence[Addresses]
    ) -> Iterator[list[RunState]]:
        """Prepare to run a graph again and again, over some sets of buffers.

        Parameters
        ----------
        bindings
            The address of the buffer of each slot, for each set.

        Yields
        ------
        list of RunState
            One for each set, for `again`; addresses in ``bases`` may change.
        """
        frozen = graph.frozen
        states = [frozen.state(self.engine, self.threads) for _ in bindings]
        for state, bases in zip(states, bindings, strict=True):
            state.bind(bases)
            if graph.has_calls:
                contexts[state.table] = copy_context()
        try:
            yield states
        finally:
            for state in states:
                contexts.pop(state.table, None)
        frozen.idle += states

    def again(self, graph: TaskGraph, state: RunState) -> None:
        """Run all tasks of a graph over buffers that are bound; see `run`."""
        self._drive(state, graph)
        if state.view[_STOP]:
            _raise_first(graph, state, None)

    def execute(
        self, frozen: FrozenGraph, bases: Addresses, stop: Stop | None = None
    ) -> Outcome:
        """Run all tasks of a frozen graph that do not depend on one that fails.

        Parameters
        ----------
        bases
            Address of the buffer of each slot. The caller keeps the buffers alive.
        stop
            Ends the run early when it is set.

        Raises
        ------
        UsageError
            If tasks wait for each other, or there is not one address per slot.

        Notes
        -----
        Tasks that fail raise nothing here, except for Ctrl-C and ``SystemExit``, which
        stop the run at once.
        """
        state = frozen.state(self.engine, self.threads)
        state.bind(bases)
        if stop is None:
            self._drive(state, frozen)
        else:
            with stop.watching(self.pool, state):
                self._drive(state, frozen)
        return Outcome(frozen, state, self.pool.clock)

    def close(self) -> None:
        """End the helping threads; later runs use their callers' threads alone."""
        self.pool.close()

    def _run(self, graph: TaskGraph, bases: Addresses, lines: Lines | None) -> RunState:
        frozen = graph.frozen
        state = frozen.state(self.engine, self.threads)
        state.bind(bases)
        if graph.has_calls:
            contexts[state.table] = copy_context()
            try:
                self._drive(state, graph)
            finally:
                del contexts[state.table]
        else:
            self._drive(state, graph)
        if state.view[_STOP]:
            _raise_first(graph, state, lines)
        return state

    def _drive(self, state: RunState, graph: TaskGraph | FrozenGraph) -> None:
        """Run a state to its end, and tell those who listen."""
        if sink.watching:
            with metered(graph.name, state):
                self._lead(state)
        else:
            self._lead(state)
        if sink.listening:
            events = report(graph.task_list, state, self.pool.clock).columns
            sink.record(graph.name, events, graph.task_list)

    def _lead(self, state: RunState) -> None:
        """Run a state to its end; raise Ctrl-C, wherever it arrives."""
        pool, lead = self.pool, self.engine.lead
        limit = min(state.tables.width, self.threads) - 1
        state.view[_LIMIT] = limit
        try:
            if limit:
                pool.start()
            # Between two slices the interpreter runs signal handlers.
            while lead(pool.address, state.address) == words.TICK:
                pass
        except BaseException:
            self._cancel(state)
            raise
        if state.raised.interrupt is not None:
            raise state.raised.interrupt

    def _cancel(self, state: RunState) -> None:
        """Stop a run and wait until no worker is in it, whatever signals come."""
        state.view[_STOP] = words.STOP_CANCELLED
        try:
            while self.engine.lead(self.pool.address, state.address) == words.TICK:
                pass
        except KeyboardInterrupt:
            self._cancel(state)

    def _is_telling(self, state: RunState) -> bool:
        ticks = state.view[_END] - state.view[_START]
        took = ticks / self.pool.clock.ticks_per_ns
        if took > SHORT_NS:
            return took > REPORT_NS or state.runs % REPORT_EVERY_LONG == 1
        return state.runs % REPORT_EVERY == 0


def _raise_first(graph: TaskGraph, state: RunState, lines: Lines | None) -> NoReturn:
    rank, tile, code, _ = state.failures()[0]
    number = int(state.tables.order[rank])
    task = graph.tasks[number]
    source = task.source if lines is None else lines(number)
    if isinstance(task, CallTask):
        where = "" if source is None else f" at {place(source)}"
        error = state.raised.by_rank[rank]
        if isinstance(error, LinAlgError) and error.at is None:
            error.at = source
            raise error
        error.add_note(f"in task {number} ({task.name}){where}")
        raise error
    raise _failure(task, number, tile, code, source)


def _failure(
    task: KernelTask, number: int, tile: int, code: int, source: SourceLine | None
) -> LazydagError:
    if task.error is not None:
        error = task.error(code)
        error.at = source
        return error
    meaning = task.meanings.get(code, f"code {code}")
    what = (
        f"kernel {task.name} failed in tile {tile} of {task.ntiles} "
        f"(task {number}): {meaning}"
    )
    return KernelError(what, source, kernel=task.name, tile=tile, code=code)
