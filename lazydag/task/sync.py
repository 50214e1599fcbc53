"""`sync`: a block that ends when the tasks have ended that were spawned in it."""

from __future__ import annotations

from types import TracebackType
from typing import Any

from lazydag.runtime.dynamic import Group, Scope, Task, leave_scope, scope
from lazydag.runtime.dynamic.failures import group_error
from lazydag.runtime.dynamic.waiting import wait_for


class sync:  # noqa: N801 -- reads as a statement
    """A block that waits for all tasks that are spawned in it.

    Those that such tasks spawn are waited for, too.

    Raises
    ------
    TaskGroupError
        If tasks failed: an exception group with an error for each, which names the task
        and the line that spawned it, and has what its function raised as its cause.
        Those that do not depend on a failed one have run.

    Notes
    -----
    If the block itself raises, tasks that have not started are cancelled, the others
    are asked to end (see `lazydag.cancelled`) and waited for, and the exception goes
    on, with a note for each task that failed. After Ctrl-C nothing is waited for.

    Examples
    --------
    >>> import lazydag as ld
    >>> found = []
    >>> with ld.sync():
    ...     for n in range(4):
    ...         _ = ld.spawn(found.append, n)
    >>> sorted(found)
    [0, 1, 2, 3]
    """

    __slots__ = ("_group",)

    def __enter__(self) -> None:
        self._group = Group()
        scope.set(Scope(scope.get(), group=self._group))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        leave_scope()
        group = self._group
        if error is None:
            _wait(group)
            if group.failed:
                raise group_error(group.failed, group.spawned)
            return
        group.cancel()
        if not isinstance(error, KeyboardInterrupt):
            _wait(group)
        if group.failed:
            for one in group_error(group.failed, group.spawned).exceptions:
                error.add_note(str(one))


def _wait(group: Group) -> None:
    try:
        while group.pending:
            for task in _in_order(tuple(group.pending)):
                wait_for(task)
                group.left(task)
    except BaseException:  # Ctrl-C, or a deadlock
        group.cancel()
        raise


def _in_order(tasks: tuple[Task[Any], ...]) -> tuple[Task[Any], ...]:
    if all(task._options is None for task in tasks):
        return tasks
    return tuple(sorted(tasks, key=_priority, reverse=True))


def _priority(task: Task[Any]) -> float:
    options = task._options
    return (options.priority if options is not None else None) or 0
