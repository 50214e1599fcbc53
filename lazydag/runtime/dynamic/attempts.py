"""Running a task with all that its options ask for, and what follows when it fails."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Coroutine
from contextvars import Context, ContextVar
from functools import partial
from types import CoroutineType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias, cast

from lazydag.errors import TaskCancelledError
from lazydag.runtime import sink
from lazydag.runtime.dynamic.arguments import Unmet, filled_in
from lazydag.runtime.dynamic.control import Control
from lazydag.runtime.dynamic.failures import (
    dependency_error,
    note_task,
    timeout_error,
)
from lazydag.runtime.dynamic.loop import Loop
from lazydag.runtime.dynamic.notes import Start, note_end, start_of
from lazydag.runtime.dynamic.processes import LostProcessError, Processes
from lazydag.runtime.dynamic.seats import here
from lazydag.runtime.dynamic.states import CANCELLED, DONE, FAILED, WAITING
from lazydag.runtime.dynamic.timers import Timers

if TYPE_CHECKING:
    from lazydag.runtime.dynamic.scheduler import Scheduler
    from lazydag.runtime.dynamic.task import Task

Function: TypeAlias = Callable[..., Any]

#: The task that a coroutine belongs to.
awaiting: ContextVar[Task[Any] | None] = ContextVar("lazydag_awaiting", default=None)

#: Seconds until the first retry, if not said otherwise.
BACKOFF: Final = 0.1
# Not the one of the program, which may count on its numbers.
_random: Final = random.Random()
# No wait is longer.
_LONGEST_BACKOFF: Final = 3600.0


class Attempts:
    """Runs tasks that have options or arguments to wait for, once or more often.

    Parameters
    ----------
    scheduler
        Who starts and ends them.
    """

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._timers = Timers()
        self._loop = Loop()
        self._processes = Processes(scheduler.push)
        # Tasks that run or wait without a slot: for a retry, a process, the event loop.
        self.elsewhere: dict[Task[Any], Start | None] = {}
        # Held while a task gets its control.
        self._adding = threading.Lock()

    def control(self, task: Task[Any]) -> Control:
        """Return a task's control; it gets one if it has none."""
        with self._adding:
            if task._control is None:
                task._control = Control()
            return task._control

    # ------------------------------------------------------------ running

    def run(self, task: Task[Any]) -> None:
        """Run a claimed task on this thread, or send it to where it runs."""
        options = task._options
        try:
            call = _call_of(task)
        except Unmet as unmet:
            error = dependency_error(task, unmet.task)
            self._scheduler.finish(task, FAILED, error)
            return
        except BaseException as error:  # noqa: BLE001 -- of a lazy value
            self.fail(task, error)
            return
        if options is not None and options.timeout is not None:
            self._set_alarm(task, options.timeout)
        if not hasattr(task, "_unfinished"):
            # Its time was over before this attempt: once more, since it says it runs.
            state = CANCELLED if task._value is None else FAILED
            self._scheduler.close(task, state, task._value, here())
        elif options is not None and options.runs_on == "process":
            self._send(task, call)
        elif sink.listening:
            self._run_heard(task, call)
        else:
            self._run(task, call)
        if task._control is not None:
            with self._adding:
                task._control.is_over = True

    def _run(self, task: Task[Any], call: _Call) -> bool:
        """Run a task on this thread; tell whether the attempt has ended."""
        try:
            value = call.context.run(call.function, *call.args, **call.kwargs)
        except BaseException as error:  # noqa: BLE001 -- it is the task's
            self.fail(task, error)
        else:
            if type(value) is CoroutineType:
                self.go_on(task, value)
                return False
            self._scheduler.finish(task, DONE, value)
        return True

    def _send(self, task: Task[Any], call: _Call) -> None:
        """Run a task in another process, or have it wait for one."""
        most = self._scheduler.slots.count
        ended = partial(self._ended, task)
        self.elsewhere[task] = start_of(task) if sink.listening else None
        stop = self._processes.start(call[1:], ended, most)
        if stop is None:
            task._state = WAITING
            task._unclaimed = True
            self._processes.queue(task, most)
        else:
            self._let_stop(task, stop)

    def _let_stop(self, task: Task[Any], stop: Callable[[], object]) -> None:
        """Keep what ends a task that runs elsewhere."""
        control = self.control(task)
        control.stop = stop
        if control.is_asked:
            stop()

    def _run_heard(self, task: Task[Any], call: _Call) -> None:
        """Run a task and tell those who listen."""
        start = start_of(task)
        if self._run(task, call):
            note_end(task, start, self.control)

    def go_on(self, task: Task[Any], coroutine: Coroutine[Any, Any, Any]) -> None:
        """Run a coroutine that is the rest of a task, on the event loop."""
        context = task._context
        if context is None:  # its time is over
            coroutine.close()
            return
        context.run(awaiting.set, task)
        ended = partial(self._ended, task)
        self.elsewhere[task] = start_of(task) if sink.listening else None
        self._let_stop(task, self._loop.start(coroutine, context, ended))

    def _ended(self, task: Task[Any], value: Any, error: BaseException | None) -> None:
        start = self.elsewhere.pop(task, None)
        if error is None:
            self._scheduler.finish(task, DONE, value)
        elif isinstance(error, LostProcessError) and self.control(task).is_asked:
            self._scheduler.finish(task, CANCELLED, None)
        else:
            self.fail(task, error)
        if start is not None and sink.listening:
            note_end(task, start, self.control)

    def _set_alarm(self, task: Task[Any], seconds: float) -> None:
        control = self.control(task)
        control.is_over = False
        if control.alarm is None:
            late = partial(self._is_late, task, seconds)
            control.alarm = self._timers.after(seconds, late)

    def _is_late(self, task: Task[Any], seconds: float) -> None:
        error = timeout_error(task, seconds)
        self._scheduler.finish(task, FAILED, error)
        control = self.control(task)
        with self._adding:
            # Its thread may be lost: others are to run.
            if task._value is error and not control.is_over:
                self._scheduler.give_up(task)
        self.ask(task)

    def ask(self, task: Task[Any]) -> None:
        """Ask a running task to end."""
        control = self.control(task)
        with self._adding:
            control.is_asked = True
            is_resting, stop = control.is_resting, control.stop
        if is_resting:
            self._scheduler.finish(task, CANCELLED, None)
        elif stop is not None:
            stop()

    def is_busy(self) -> bool:
        """Tell whether there are tasks to wait for that no thread of ours runs."""
        return any(task._state < DONE for task in tuple(self.elsewhere))

    # ------------------------------------------------------------ failing

    def fail(self, task: Task[Any], error: BaseException) -> None:
        """End a task whose function raised, or let it run again later."""
        control, options = task._control, task._options
        is_asked = control is not None and control.is_asked
        if is_asked and isinstance(error, TaskCancelledError):
            self._scheduler.finish(task, CANCELLED, None)
            return
        may_retry = options is not None and options.retries and not is_asked
        if may_retry and isinstance(error, Exception) and self._retry(task):
            return
        note_task(task, error)
        self._scheduler.finish(task, FAILED, error)

    def _retry(self, task: Task[Any]) -> bool:
        """Run a task again after a while, if it has attempts left."""
        control, options = self.control(task), task._options
        assert options is not None
        if control.attempts == options.retries or task._state >= DONE:
            return False
        first = BACKOFF if options.backoff is None else options.backoff
        wait = min(first * 2.0**control.attempts, _LONGEST_BACKOFF)
        control.attempts += 1
        control.is_resting = True
        self.elsewhere[task] = None
        self._timers.after(
            wait * _random.uniform(0.75, 1.0), partial(self._again, task)
        )
        return True

    def _again(self, task: Task[Any]) -> None:
        control = self.control(task)
        with self._adding:
            control.is_resting = False
            is_asked = control.is_asked
        if not is_asked:
            task._state = WAITING
            task._unclaimed = True
            self._scheduler.push(task)
        self.elsewhere.pop(task, None)

    def is_in_loop(self) -> bool:
        """Tell whether this thread runs the event loop."""
        return self._loop.is_here()

    def close(self) -> None:
        """End the threads of timers and of the event loop."""
        self._timers.close()
        self._processes.close()
        self._loop.close()

    def forget(self) -> None:
        """Drop what a forked child does not have."""
        self._adding = threading.Lock()
        self._timers.forget()
        self._processes.forget()
        self.elsewhere = {}
        self._loop = Loop()


class _Call(NamedTuple):
    """What a task does."""

    context: Context
    function: Function
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


def _call_of(task: Task[Any]) -> _Call:
    """Return a task's call, with results in place of tasks."""
    context, function = task._context, task._function
    args, kwargs = task._args, task._kwargs
    if task._missing is not None:
        args, kwargs = filled_in(task)
    return _Call(cast("Context", context), cast("Function", function), args, kwargs)
