"""The errors of tasks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from lazydag.errors import (
    DeadlockError,
    DependencyError,
    LazydagError,
    TaskCancelledError,
    TaskError,
    TaskGroupError,
    TaskTimeoutError,
    place,
)
from lazydag.runtime.dynamic.source import line_of, name_of
from lazydag.runtime.dynamic.states import CANCELLED

if TYPE_CHECKING:
    from lazydag.runtime.dynamic.task import Task


def note_task(task: Task[Any], error: BaseException) -> None:
    """Add to what a function raised in which task it did."""
    error.add_note(f"in task {name_of(task)}, spawned at {place(line_of(task))}")


def cancelled_error(task: Task[Any]) -> TaskCancelledError:
    """Return the error of a task that was cancelled."""
    return TaskCancelledError(f"task {name_of(task)} was cancelled", line_of(task))


def error_of(task: Task[Any]) -> BaseException:
    """Return what asking for the result of a failed or cancelled task raises."""
    if task._state == CANCELLED:
        return cancelled_error(task)
    error: BaseException = task._value
    return error


def dependency_error(task: Task[Any], before: Task[Any]) -> DependencyError:
    """Return the error of a task that was not run because another one failed."""
    cause, name = error_of(before), name_of(task)
    became = "was cancelled" if before._state == CANCELLED else "failed"
    error = DependencyError(
        f"task {name} was not run: its argument, task {name_of(before)}, {became}",
        line_of(task),
        task=name,
    )
    # The first cause: a long chain of tasks is not to be a long chain of errors.
    first = cause.__cause__ if isinstance(cause, DependencyError) else cause
    error.__cause__ = first
    return error


def timeout_error(task: Task[Any], seconds: float) -> TaskTimeoutError:
    """Return the error of a task that took too long."""
    return TaskTimeoutError(
        f"task {name_of(task)} took longer than its timeout of {seconds:g} s",
        line_of(task),
        "Its function still runs, unless it asks lazydag.cancelled() and ends.",
    )


def waited_error(task: Task[Any], seconds: float) -> TaskTimeoutError:
    """Return the error of waiting too long for a task."""
    return TaskTimeoutError(
        f"task {name_of(task)} was not done after {seconds:g} s", line_of(task)
    )


def lost_error(task: Task[Any]) -> TaskError:
    """Return the error of waiting for a task that another process runs."""
    name = name_of(task)
    return TaskError(
        f"task {name} was running when this process was forked from the one it runs in",
        line_of(task),
        task=name,
    )


def deadlock_error(cycle: Sequence[Task[Any]]) -> DeadlockError:
    """Return the error of tasks that each wait for the next, and the last for itself.

    The cycle begins and ends with the task that waits.
    """
    first = cycle[0]
    names = [name_of(task) for task in cycle]
    if len(cycle) == 2:
        what = f"task {names[0]} waits for itself"
    elif len(cycle) <= 8:
        what = f"tasks wait for each other: {' -> '.join(names)}"
    else:
        shown = [*names[:4], f"({len(cycle) - 6} more)", *names[-2:]]
        what = f"tasks wait for each other: {' -> '.join(shown)}"
    return DeadlockError(
        what, line_of(first), "Return the result instead, or spawn in another order."
    )


def group_error(failed: Iterable[Task[Any]], spawned: int) -> TaskGroupError:
    """Return one error for all tasks of a block that failed."""
    errors = [_in_group(task) for task in failed]
    tasks = "1 task" if len(errors) == 1 else f"{len(errors)} tasks"
    return TaskGroupError(f"{tasks} of {spawned} failed", errors)


def _in_group(task: Task[Any]) -> Exception:
    error, name = error_of(task), name_of(task)
    if isinstance(error, TaskError | TaskTimeoutError):
        return error
    what = f"task {name} failed: {type(error).__name__}"
    text = error.what if isinstance(error, LazydagError) else str(error)
    wrapped = TaskError(f"{what}: {text}" if text else what, line_of(task), task=name)
    wrapped.__cause__ = error
    return wrapped
