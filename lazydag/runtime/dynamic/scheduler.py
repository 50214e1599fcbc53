"""Starts ready tasks, ends them, and calls threads where there is work."""

from __future__ import annotations

import atexit
import os
import sys
import threading
import time
from collections.abc import Iterable
from types import CoroutineType
from typing import TYPE_CHECKING, Any, Final, Protocol

from lazydag.cost.host import available_threads, default_threads
from lazydag.runtime import sink
from lazydag.runtime.dynamic import seats
from lazydag.runtime.dynamic.arguments import NO_KWARGS, Unmet, filled_in
from lazydag.runtime.dynamic.attempts import Attempts
from lazydag.runtime.dynamic.failures import dependency_error
from lazydag.runtime.dynamic.ready import Ready
from lazydag.runtime.dynamic.seats import Seat
from lazydag.runtime.dynamic.slots import Slots
from lazydag.runtime.dynamic.source import function_name
from lazydag.runtime.dynamic.spares import Spares
from lazydag.runtime.dynamic.states import CANCELLED, DONE, FAILED, RUNNING
from lazydag.runtime.fork import after_fork

if TYPE_CHECKING:
    from lazydag.runtime.dynamic.helpers import Helpers
    from lazydag.runtime.dynamic.task import Task


# At exit, how often to look whether all is done.
_STEP_SECONDS: Final = 0.002


class Waiter(Protocol):
    """Someone who waits for the end of a task."""

    def told(self, task: Task[Any]) -> None:
        """Take note that the task has ended; may be told twice."""
        ...


class Scheduler:
    """Runs tasks on threads: helpers of a pool, spare ones, and those that wait.

    Notes
    -----
    No step that each task takes needs a lock. What two threads may do at once is done
    once, by whoever deletes an attribute of the task first, or does no harm when done
    twice: pushing a task that is ready, and telling a waiter.
    """

    def __init__(self) -> None:
        self.slots = Slots(available_threads())
        self.spares = Spares(self._work)
        self.attempts = Attempts(self)
        self._helpers: Helpers | None = None
        # Whether the number of slots is what was asked for.
        self._is_sized = False
        after_fork(self._in_child)
        atexit.register(self._at_exit)
        self._reset()

    def _reset(self) -> None:
        self.ready = Ready()
        # Which tasks each running task waits for; see `deadlock`.
        self.waits: dict[Task[Any], tuple[Task[Any], ...]] = {}
        self.pid = os.getpid()
        # Whether a thread was called that has not arrived.
        self._is_calling = False
        # Held while a task's waiters are added to.
        self._adding = threading.Lock()

    def employ(self, threads: int, helpers: Helpers | None) -> None:
        """Run so many tasks at a time, on these helpers first."""
        self._is_sized = True
        self.slots.resize(threads)
        self._helpers = helpers
        if helpers is not None:
            helpers.serve(self.drain)
        if len(self.ready):
            self._call()

    # ------------------------------------------------------------ starting

    def push(self, task: Task[Any]) -> None:
        """Let a task start that waits for nothing more."""
        self.ready.push(task)
        if self.slots.free > 0 and not self._is_calling:
            self._call()

    def release(self, seat: Seat) -> None:
        """Give a thread's slot up, to someone who makes use of it."""
        self.slots.give(seat)
        if len(self.ready) and self.slots.free > 0 and not self._is_calling:
            self._call()

    def give_up(self, task: Task[Any]) -> None:
        """Give up the slot of the thread that runs a task, which may never end."""
        seat = self.slots.holder(task)
        if seat is not None:
            self.release(seat)

    def _call(self) -> None:
        """Call one thread; it calls the next."""
        if not self._is_sized:
            self.employ(default_threads(), None)
        self._is_calling = True
        try:
            helpers = self._helpers
            if helpers is not None and helpers.parked():
                helpers.rouse(1)
            elif not self.spares.call(is_stuck=not self.slots.taken):
                self._is_calling = False
        except BaseException:  # Ctrl-C
            self._is_calling = False
            raise

    def drain(self) -> None:
        """Run ready tasks until there are none, or other threads do."""
        self._is_calling = False
        seat, slots, ready = seats.here(), self.slots, self.ready
        while len(ready) and slots.take(seat):
            try:
                self._run_ready(seat)
            finally:
                slots.give(seat)

    def _run_ready(self, seat: Seat) -> None:
        slots, ready, execute = self.slots, self.ready, self.execute
        if len(ready) > 1 and slots.free > 0 and not self._is_calling:
            self._call()
        while not slots.crowded:
            try:
                task = ready.pop()
            except IndexError:
                return
            try:
                del task._unclaimed
            except AttributeError:
                continue  # it was cancelled, or someone waits for it and runs it
            execute(task, seat)
            if task._control is not None and not slots.is_held(seat):
                return  # the task was late

    def _work(self, task: Task[Any] | None) -> None:
        """Do what a spare thread is called for."""
        if task is None:
            self.drain()
            return
        seat = seats.here()
        self.slots.retake(seat)
        try:
            self.execute(task, seat)
        finally:
            self.release(seat)

    def execute(self, task: Task[Any], seat: Seat) -> None:
        """Run a task that this thread has claimed."""
        outer, client = seat.task, seat.client
        seat.task, seat.client = task, task._client
        task._state = RUNNING
        if task._options is not None or sink.listening:
            self.attempts.run(task)
        else:
            args, kwargs = task._args, task._kwargs
            try:
                if task._missing is not None:
                    args, kwargs = filled_in(task)
                value = task._context.run(task._function, *args, **kwargs)  # type: ignore[union-attr, arg-type]
            except Unmet as unmet:
                self.finish(task, FAILED, dependency_error(task, unmet.task))
            except BaseException as error:  # noqa: BLE001 -- it is the task's
                self.attempts.fail(task, error)
            else:
                if type(value) is CoroutineType:
                    self.attempts.go_on(task, value)
                else:
                    # Nobody else ends it, since it has no timeout.
                    self.close(task, DONE, value, seat)
        seat.task, seat.client = outer, client

    # ------------------------------------------------------------ ending

    def finish(self, task: Task[Any], state: int, value: Any) -> None:
        """End a task, unless it has been ended."""
        try:
            del task._unfinished
        except AttributeError:
            return
        self.close(task, state, value, seats.here())

    def finish_promises(self, tasks: Iterable[Task[Any]]) -> None:
        """End promises that have no result, unless they have been ended."""
        done = 0
        for task in tasks:
            if task._group is not None or task._control is not None:
                self.finish(task, DONE, None)
                continue
            try:
                del task._unfinished
            except AttributeError:
                continue
            task._value = None
            task._state = DONE
            if task._waiters is not None:
                self._tell(task)
            done += 1
        seats.here().done += done

    def close(self, task: Task[Any], state: int, value: Any, seat: Seat) -> None:
        """Take the steps that follow when a task ends; once more does no harm."""
        task._value = value
        task._state = state
        if task._group is not None:
            task._group.left(task)
        if task._waiters is not None:
            self._tell(task)
        if task._control is not None and task._control.alarm is not None:
            task._control.alarm.cancel()
        # What it was called with may be large.
        function = task._function
        if not isinstance(function, str):
            name = getattr(function, "__qualname__", None)
            task._function = name or function_name(function)
        task._args, task._kwargs, task._context = (), NO_KWARGS, None
        seat.done += 1
        if state == FAILED:
            seat.failed += 1

    def _tell(self, task: Task[Any]) -> None:
        waiters = task._waiters
        assert waiters is not None
        # One that is added meanwhile is told here, or by whoever adds it, or by both.
        for waiter in waiters:
            waiter.told(task)
        task._waiters = None

    def add_waiter(self, task: Task[Any], waiter: Waiter) -> None:
        """Tell a waiter when a task ends, or now if it has ended."""
        with self._adding:
            if task._waiters is None:
                task._waiters = [waiter]
            else:
                task._waiters.append(waiter)
        if task._state >= DONE:
            waiter.told(task)

    def drop_waiter(self, task: Task[Any], waiter: Waiter) -> None:
        """Forget a waiter that no longer waits."""
        with self._adding:
            waiters = task._waiters
            if waiters is not None and task._state < DONE and waiter in waiters:
                waiters.remove(waiter)

    def cancel(self, task: Task[Any]) -> bool:
        """Cancel a task that has not started, or ask it to end; see `Task.cancel`."""
        try:
            del task._unclaimed
        except AttributeError:
            if task._state == RUNNING:
                self.attempts.ask(task)
            return task._state == CANCELLED
        self.finish(task, CANCELLED, None)
        return True

    # ------------------------------------------------------------ the process

    def shut_down(self) -> None:
        """End all threads but the helpers, which are not this object's."""
        self.attempts.close()
        self.spares.close()

    def _at_exit(self) -> None:
        """Run what was spawned and nobody has waited for."""
        if issubclass(getattr(sys, "last_type", None) or object, KeyboardInterrupt):
            return  # the program was stopped
        self.drain()
        while len(self.ready) or self.slots.taken or self.attempts.is_busy():
            time.sleep(_STEP_SECONDS)
            self.drain()

    def _in_child(self) -> None:
        self._reset()
        self.slots = Slots(self.slots.count)
        self.spares.forget()
        self.attempts.forget()
        seats.forget_others()


#: The one of this process.
scheduler = Scheduler()
