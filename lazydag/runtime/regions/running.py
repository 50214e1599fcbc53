"""Runs of a region's plan: Python tasks are called, and tasks end."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Coroutine, Mapping
from contextvars import Context
from types import CoroutineType
from typing import TYPE_CHECKING, Any, Final, Self, TypeAlias

import numpy as np

from lazydag.errors import DependencyError, KernelError
from lazydag.runtime.dynamic.arguments import Unmet, resolved
from lazydag.runtime.dynamic.attempts import BACKOFF
from lazydag.runtime.dynamic.failures import (
    dependency_error,
    note_task,
    timeout_error,
)
from lazydag.runtime.dynamic.scheduler import scheduler
from lazydag.runtime.dynamic.source import line_of
from lazydag.runtime.dynamic.start import promise
from lazydag.runtime.dynamic.states import DONE, FAILED
from lazydag.runtime.dynamic.task import Task
from lazydag.runtime.engine.memory import load
from lazydag.runtime.mode import Mode
from lazydag.runtime.regions.access import Accessed, Deps

if TYPE_CHECKING:
    from lazydag.runtime.outcome import Failure
    from lazydag.runtime.regions.recording import Call, Recording
    from lazydag.runtime.regions.region import Ended

Renewed: TypeAlias = Mapping[Task[Any], Task[Any]]

_tokens = itertools.count(1)
# The runs that go on, by the number that stands after their buffers' addresses.
_running: Final[dict[int, Run]] = {}


def call_of(offset: int, number: int, bases: int) -> None:
    """Call a Python task of the run whose table of addresses is at `bases`.

    Parameters
    ----------
    offset
        Bytes from there to the number of the run.
    """
    call_in(load(bases + offset), number)


def call_in(token: int, number: int) -> None:
    """Call a Python task of a run.

    Parameters
    ----------
    token
        Number of the run.
    """
    _running[token].call(number)


class Run:
    """One run of a recording.

    Parameters
    ----------
    tasks
        What stands for the tasks' results.
    context
        The context variables that Python functions see, each a copy.
    renewed
        For tasks of the first run, those of this one, where results are taken from.
    """

    __slots__ = ("_context", "_recording", "_renewed", "_tasks", "token")

    def __init__(
        self,
        recording: Recording,
        tasks: dict[int, Task[Any]],
        context: Context,
        renewed: Renewed,
    ) -> None:
        self._recording = recording
        self._tasks = tasks
        self._context = context
        self._renewed = renewed
        self.token = next(_tokens)

    def __enter__(self) -> Self:
        _running[self.token] = self
        return self

    def __exit__(self, *_: object) -> None:
        del _running[self.token]

    def call(self, number: int) -> None:
        """Call a Python task and end it; what it raises is raised."""
        task, call = self._tasks[number], self._recording.calls[number]
        try:
            value = self._context.copy().run(_attempts, task, call, self._renewed)
        except BaseException as error:
            note_task(task, error)
            scheduler.finish(task, FAILED, error)
            raise
        scheduler.finish(task, DONE, value)

    def end(self, outcome: Ended) -> list[Task[Any]]:
        """End the tasks that no Python call has ended; return those that failed.

        Tasks that were not run because one failed come after those that did.
        """
        failed = [] if outcome.is_clean else self._end_failed(outcome)
        scheduler.finish_promises(self._tasks.values())
        return failed

    def _end_failed(self, outcome: Ended) -> list[Task[Any]]:
        failures = outcome.failures
        for number, failure in failures.items():
            scheduler.finish(self._task(number), FAILED, self._error(number, failure))
        first = self._task(next(iter(failures)))
        for number in outcome.skipped:
            task = self._task(number)
            scheduler.finish(task, FAILED, _not_run(task, first))
        return [self._task(number) for number in (*failures, *outcome.skipped)]

    def _task(self, number: int) -> Task[Any]:
        """Return what stands for a task; replays have it for Python functions only."""
        found = self._tasks.get(number)
        if found is None:
            recording = self._recording
            found = promise(
                recording.sites[number].template.name, recording.sites[number].line
            )
            self._tasks[number] = found
        return found

    def _error(self, number: int, failure: Failure) -> BaseException:
        if failure.exception is not None:
            return failure.exception
        native = self._recording.sites[number].template.native
        line = line_of(self._task(number))
        if native is not None:
            return native.failed(failure.code, line)
        return KernelError(f"task {number} failed", line, code=failure.code)


def _not_run(task: Task[Any], failed: Task[Any]) -> DependencyError:
    error = DependencyError(
        f"task {task.name} was not run: a task failed that writes what it accesses",
        line_of(task),
        task=task.name,
    )
    error.__cause__ = failed._value
    return error


def _attempts(task: Task[Any], call: Call, renewed: Renewed) -> Any:
    """Call a task's function, again if it raises and has attempts left."""
    options = task._options
    retries = 0 if options is None else options.retries or 0
    backoff = BACKOFF if options is None or options.backoff is None else options.backoff
    start = time.monotonic()
    for attempt in itertools.count():
        try:
            value = _called(call, renewed)
            break
        except Unmet as unmet:
            raise dependency_error(task, unmet.task) from None
        except Exception:
            if attempt >= retries:
                raise
            time.sleep(backoff * 2.0**attempt * random.uniform(0.75, 1.0))
    timeout = None if options is None else options.timeout
    if timeout is not None and time.monotonic() - start > timeout:
        raise timeout_error(task, timeout)
    return value


def _called(call: Call, renewed: Renewed) -> Any:
    known: dict[int, Any] = {}
    args = [resolved(given(each, renewed), Task, known) for each in call.args]
    kwargs = {
        name: resolved(given(each, renewed), Task, known)
        for name, each in call.kwargs.items()
    }
    value = call.function(*args, **kwargs)
    return _awaited(value) if type(value) is CoroutineType else value


def _awaited(coroutine: Coroutine[Any, Any, Any]) -> Any:
    import asyncio  # noqa: PLC0415 -- takes 30 ms to load

    return asyncio.run(coroutine)


def given(argument: Any, renewed: Renewed) -> Any:
    """Return what a function gets for an argument: arrays that it reads read-only."""
    value, mode = argument, Mode.IN
    if isinstance(argument, Accessed):
        value, mode = argument.value, argument.mode
    elif isinstance(argument, Deps):
        return argument.value
    if isinstance(value, np.ndarray):
        return _read_only(value) if mode is Mode.IN else value
    if isinstance(value, Task):
        return renewed.get(value, value)
    if value is argument:
        return _opened(value, renewed)
    return value


def _opened(value: Any, renewed: Renewed) -> Any:
    if type(value) in (list, tuple):
        return type(value)([given(item, renewed) for item in value])
    if type(value) is dict:
        return {key: given(item, renewed) for key, item in value.items()}
    return value


def _read_only(array: Any) -> Any:
    view = array.view()
    view.flags.writeable = False
    return view
