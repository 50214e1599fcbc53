"""What a running task can ask about itself."""

from __future__ import annotations

from typing import Any

from lazydag.runtime.dynamic import Task
from lazydag.runtime.dynamic.attempts import awaiting
from lazydag.runtime.dynamic.failures import cancelled_error
from lazydag.runtime.dynamic.seats import here


def current_task() -> Task[Any] | None:
    """Return the task that runs here, or None outside of tasks.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.spawn(lambda: ld.current_task().name, options=ld.options(name="me")).result()
    'me'
    >>> ld.current_task() is None
    True
    """
    return here().task or awaiting.get()


def cancelled() -> bool:
    """Tell whether the task that runs here should end.

    It should when it was cancelled, when it ran longer than its timeout, and when the
    `lazydag.sync` block failed that it belongs to. Functions that take long ask now and
    then, since a thread cannot be stopped from outside.

    Examples
    --------
    >>> import lazydag as ld
    >>> def count():
    ...     n = 0
    ...     while not ld.cancelled():
    ...         n += 1
    ...     return n
    >>> task = ld.spawn(count, options=ld.options(timeout=0.05))
    >>> task.exception()
    TaskTimeoutError('task count took longer than its timeout of 0.05 s')
    """
    task = current_task()
    if task is None:
        return False
    control = task._control
    return task.done() or (control is not None and control.is_asked)


def check_cancelled() -> None:
    """Raise an error if the task that runs here should end; see `cancelled`.

    Raises
    ------
    TaskCancelledError
        The task then counts as cancelled, and not as failed.
    """
    task = current_task()
    if task is not None and cancelled():
        raise cancelled_error(task)
