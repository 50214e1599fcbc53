"""Waiting for tasks, and meanwhile running what is waited for.

A task that has not started is run on the stack of the one that waits for it: no thread
has to be woken up, and recursion goes down in depth, as it would in plain Python. Where
that is not possible the thread waits, and its slot goes to another one.
"""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING, Any, Final

from lazydag.errors import UsageError
from lazydag.runtime.dynamic import seats
from lazydag.runtime.dynamic.control import Gate
from lazydag.runtime.dynamic.deadlock import find_cycle, missing_of
from lazydag.runtime.dynamic.failures import (
    deadlock_error,
    lost_error,
    note_task,
    waited_error,
)
from lazydag.runtime.dynamic.options import run_recorded
from lazydag.runtime.dynamic.scheduler import scheduler
from lazydag.runtime.dynamic.source import line_of, name_of
from lazydag.runtime.dynamic.states import DONE, FAILED

if TYPE_CHECKING:
    from lazydag.runtime.dynamic.seats import Seat
    from lazydag.runtime.dynamic.task import Task

#: Tasks that wait for each other on one stack, at most; deeper ones get a new stack.
#: Each takes some five Python frames, and the interpreter allows a thousand.
MOST_ON_STACK: Final = 50
# Only with a timeout a thread that waits looks at signals on Windows.
_SLICE: Final = 0.05 if os.name == "nt" else threading.TIMEOUT_MAX


def wait_for(task: Task[Any], timeout: float | None = None) -> None:
    """Wait until a task has ended.

    Parameters
    ----------
    timeout
        Seconds. Without one the thread runs the task, and those that the task waits
        for, itself if they have not started.

    Raises
    ------
    TaskTimeoutError
        If it has not ended in time.
    """
    run_recorded()
    seat = seats.here()
    if timeout is not None:
        if not block(task, seat, timeout):
            raise waited_error(task, timeout)
    elif task._missing:  # not None, not ()
        for before in (*_unstarted(task), task):
            _wait_for_one(before, seat)
    elif not run_here(task, seat):
        block(task, seat)


def _wait_for_one(task: Task[Any], seat: Seat) -> None:
    """Wait for a task; those that it waits for have been waited for, or run."""
    if task._state >= DONE:
        return
    for before in missing_of(task):
        if task._state < DONE:
            block(before, seat, wanted=task)
    if not run_here(task, seat):
        block(task, seat)


def _unstarted(task: Task[Any]) -> list[Task[Any]]:
    """Return what a task waits for that has not started, in an order to run it in."""
    order: list[Task[Any]] = []
    todo: list[tuple[Task[Any], bool]] = [(task, False)]
    seen: set[Task[Any]] = set()
    while todo:
        found, is_complete = todo.pop()
        if is_complete:
            if found is not task:
                order.append(found)
        elif found not in seen and hasattr(found, "_unclaimed"):
            seen.add(found)
            todo.append((found, True))
            todo += [(before, False) for before in missing_of(found)]
    return order


def run_here(task: Task[Any], seat: Seat) -> bool:
    """Run a task on this stack, if it is ready and there is a slot.

    Returns
    -------
    bool
        Whether it has ended, in this way or another.
    """
    if scheduler.attempts.is_in_loop():
        return task._state >= DONE  # who blocks is told so; others must not stop there
    outer, client = seat.task, seat.client
    try:
        if outer is not None:
            scheduler.waits[outer] = (task,)
        elif _may_be_late(task) or not scheduler.slots.take(seat):
            return task._state >= DONE
        if not task._missing or _is_ready(task):
            _claim_and_run(task, seat)
    finally:
        seat.task, seat.client = outer, client
        if outer is not None:
            scheduler.waits.pop(outer, None)
            if task._control is not None:
                scheduler.slots.retake(seat)  # it was given up if the task was late
        else:
            scheduler.release(seat)
    return task._state >= DONE


def _may_be_late(task: Task[Any]) -> bool:
    """Tell whether who waits may have to go on before the function returns."""
    return task._options is not None and task._options.timeout is not None


def _is_ready(task: Task[Any]) -> bool:
    return all(before._state >= DONE for before in missing_of(task))


def _claim_and_run(task: Task[Any], seat: Seat) -> None:
    try:
        del task._unclaimed
    except AttributeError:
        return
    try:
        scheduler.ready.drop_last(task)
        is_deep = seat.depth >= MOST_ON_STACK or _may_be_late(task)
        if not is_deep or not scheduler.spares.run(task):
            _run(task, seat)
            return
    except BaseException as error:
        # Ctrl-C outside of the function: the steps of ending may lack the last ones.
        _mend(task, error)
        raise
    block(task, seat)


def _run(task: Task[Any], seat: Seat) -> None:
    seat.depth += 1
    try:
        scheduler.execute(task, seat)
    finally:
        seat.depth -= 1
    if task._state == FAILED and isinstance(task._value, KeyboardInterrupt):
        raise task._value


def _mend(task: Task[Any], error: BaseException) -> None:
    if task._state >= DONE:
        scheduler.close(task, task._state, task._value, seats.here())
    else:
        note_task(task, error)
        scheduler.close(task, FAILED, error, seats.here())


def block(
    task: Task[Any],
    seat: Seat,
    timeout: float | None = None,
    *,
    wanted: Task[Any] | None = None,
) -> bool:
    """Wait on this thread until a task has ended; tell whether it has.

    Parameters
    ----------
    wanted
        The task for whose sake this one is waited for, if it is not the same.

    Raises
    ------
    DeadlockError
        If the task waits, directly or not, for the one that waits here.
    """
    if task._state >= DONE:
        return True
    check_can_wait(task)
    gate = Gate()
    scheduler.add_waiter(task, gate)
    try:
        return pass_through(gate, (wanted or task,), seat, timeout)
    finally:
        scheduler.drop_waiter(task, gate)


def pass_through(
    gate: Gate, targets: tuple[Task[Any], ...], seat: Seat, timeout: float | None
) -> bool:
    """Wait at a gate until it is opened; the slot goes to another thread.

    Parameters
    ----------
    targets
        What has to end for that, if known.

    Returns
    -------
    bool
        Whether it was opened in time.
    """
    me = seat.task
    if me is None:
        return _acquire(gate.lock, timeout)
    if timeout is None:
        # Seen by the others first: of two that close a cycle one finds it.
        scheduler.waits[me] = targets
    try:
        cycle = timeout is None and find_cycle(me, targets, scheduler.waits)
        if cycle:
            raise deadlock_error(cycle)
        scheduler.release(seat)
        try:
            return _acquire(gate.lock, timeout)
        finally:
            scheduler.slots.retake(seat)
    finally:
        scheduler.waits.pop(me, None)


def _acquire(lock: threading.Lock, timeout: float | None) -> bool:
    end = None if timeout is None else time.monotonic() + timeout
    while True:
        left = _SLICE if end is None else min(_SLICE, max(0.0, end - time.monotonic()))
        if lock.acquire(timeout=left):
            return True
        if end is not None and time.monotonic() >= end:
            return False


def check_can_wait(task: Task[Any]) -> None:
    """Raise an error if this thread cannot wait for a task.

    Raises
    ------
    TaskError
        If the task runs in another process.
    UsageError
        If the thread is the event loop's.
    """
    if scheduler.pid != task._client.pid:
        raise lost_error(task)
    if scheduler.attempts.is_in_loop():
        raise UsageError(
            f"waiting for task {name_of(task)} would stop the event loop",
            line_of(task),
            "Use await in async functions.",
        )
