"""Results of many tasks: `fetch`, `wait`, `as_completed` and `map`."""

from __future__ import annotations

import builtins
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ALL_COMPLETED, FIRST_COMPLETED, FIRST_EXCEPTION
from typing import Any, NamedTuple, Self, TypeVar

from lazydag.errors import TaskTimeoutError, UsageError
from lazydag.runtime.dynamic import Options, Task, scheduler
from lazydag.runtime.dynamic.control import Several
from lazydag.runtime.dynamic.options import run_recorded
from lazydag.runtime.dynamic.seats import here
from lazydag.runtime.dynamic.start import Place, start
from lazydag.runtime.dynamic.states import FAILED
from lazydag.runtime.dynamic.waiting import (
    check_can_wait,
    pass_through,
    run_here,
    wait_for,
)

R = TypeVar("R")

#: Calls that `map` spawns ahead, for each thread.
AHEAD = 32


class DoneAndNotDone(NamedTuple):
    """What `wait` returns.

    Parameters
    ----------
    done
        Tasks that have ended.
    not_done
        The others.
    """

    done: set[Task[Any]]
    not_done: set[Task[Any]]


_ENOUGH: dict[str, Callable[[Task[Any]], bool]] = {
    ALL_COMPLETED: lambda task: False,  # noqa: ARG005
    FIRST_COMPLETED: lambda task: True,  # noqa: ARG005
    FIRST_EXCEPTION: lambda task: task._state == FAILED,
}


def wait(
    tasks: Iterable[Task[Any]],
    timeout: float | None = None,
    return_when: str = ALL_COMPLETED,
) -> DoneAndNotDone:
    """Wait for tasks, as `concurrent.futures.wait` does for futures.

    Parameters
    ----------
    tasks : iterable of Task
        Those to wait for.
    timeout : float, optional
        Seconds to wait.
    return_when : str
        `concurrent.futures.ALL_COMPLETED`, `FIRST_COMPLETED` or `FIRST_EXCEPTION`.

    Returns
    -------
    DoneAndNotDone
        Two sets of tasks, ``done`` and ``not_done``. Failed tasks are done.

    Examples
    --------
    >>> import lazydag as ld
    >>> tasks = [ld.spawn(abs, n) for n in range(3)]
    >>> done, not_done = ld.wait(tasks)
    >>> len(done), len(not_done)
    (3, 0)
    """
    enough = _ENOUGH.get(return_when)
    if enough is None:
        raise UsageError(
            f"return_when is {return_when!r}", remedy=f"Give one of {[*_ENOUGH]}."
        )
    given = set(tasks)
    left = {task for task in given if not task.done()}
    if left and not any(enough(task) for task in given - left):
        if timeout is None and return_when == ALL_COMPLETED:
            for task in left:
                wait_for(task)
        else:
            with _Watch(left, enough) as watch:
                watch.wait(timeout)
    done = {task for task in given if task.done()}
    return DoneAndNotDone(done, given - done)


def as_completed(
    tasks: Iterable[Task[R]], timeout: float | None = None
) -> Iterator[Task[R]]:
    """Return an iterator over tasks in the order in which they end.

    Parameters
    ----------
    tasks : iterable of Task
        Each is returned once.
    timeout : float, optional
        Seconds from the call until the last has to be done.

    Raises
    ------
    TaskTimeoutError
        By the iterator, if they are not done in time.

    Examples
    --------
    >>> import lazydag as ld
    >>> tasks = [ld.spawn(pow, n, 2) for n in range(3)]
    >>> sorted(task.result() for task in ld.as_completed(tasks))
    [0, 1, 4]
    """
    end = None if timeout is None else time.monotonic() + timeout
    return _as_completed(dict.fromkeys(tasks), timeout, end)


def _as_completed(
    tasks: dict[Task[R], None], timeout: float | None, end: float | None
) -> Iterator[Task[R]]:
    unstarted = iter(tasks)
    with _Watch(tasks, _ENOUGH[FIRST_COMPLETED]) as watch:
        for _ in builtins.range(len(tasks)):
            while not watch.ended:
                if end is None and (task := next(unstarted, None)) is not None:
                    run_here(task, here())
                elif not watch.wait(None if end is None else end - time.monotonic()):
                    raise TaskTimeoutError(
                        f"{len(watch.left)} of {len(tasks)} tasks were not done after "
                        f"{timeout:g} s"
                    )
            yield watch.ended.popleft()


class _Watch(Several):
    """Is told of the end of tasks, while it is open."""

    __slots__ = ("_tasks",)

    def __init__(
        self, tasks: Iterable[Task[Any]], is_enough: Callable[[Task[Any]], bool]
    ) -> None:
        self._tasks = tuple(tasks)
        super().__init__(self._tasks, is_enough)

    def __enter__(self) -> Self:
        run_recorded()
        for task in self._tasks:
            scheduler.add_waiter(task, self)
        return self

    def __exit__(self, *error: object) -> None:
        for task in tuple(self.left):
            scheduler.drop_waiter(task, self)

    def wait(self, timeout: float | None) -> bool:
        """Wait until there is enough; tell whether there is in time."""
        for task in self._tasks:
            check_can_wait(task)
        return pass_through(self, (), here(), timeout)


def map(
    function: Callable[..., R],
    *iterables: Iterable[Any],
    window: int | None = None,
    options: Options | None = None,
) -> Iterator[R]:
    """Return an iterator over the results of calls, in the order of the arguments.

    Parameters
    ----------
    function : callable
        What is called on other threads.
    *iterables : iterable
        What its arguments are taken from. It ends with the shortest.
    window : int, optional
        How many calls are spawned ahead of the result that is asked for, so that long
        or endless iterables take no memory. By default 32 for each thread.
    options : Options, optional
        How to run the tasks; see `lazydag.options`.

    Raises
    ------
    Exception
        By the iterator: what a call raised. The calls that have not started are
        cancelled, as they are when the iterator is closed.

    Examples
    --------
    >>> import lazydag as ld
    >>> list(ld.map(pow, range(4), [2, 2, 2, 2]))
    [0, 1, 4, 9]
    """
    if window is not None and window < 1:
        raise UsageError(f"window is {window}", remedy="Give 1 or more.")
    frame = sys._getframe(1)
    at = frame.f_code, frame.f_lasti
    ahead = window or AHEAD * max(1, scheduler.slots.count)
    arguments = zip(*iterables, strict=False)
    tasks: deque[Task[R]] = deque()
    _spawn_next(tasks, arguments, ahead, (function, options, at))
    return _results(tasks, arguments, (function, options, at))


def _spawn_next(
    tasks: deque[Task[R]],
    arguments: Iterator[tuple[Any, ...]],
    count: int,
    call: tuple[Callable[..., R], Options | None, Place],
) -> None:
    function, options, at = call
    for _, args in zip(builtins.range(count), arguments, strict=False):
        tasks.append(start(function, args, {}, options, at))


def _results(
    tasks: deque[Task[R]],
    arguments: Iterator[tuple[Any, ...]],
    call: tuple[Callable[..., R], Options | None, Place],
) -> Iterator[R]:
    try:
        while tasks:
            _spawn_next(tasks, arguments, 1, call)
            yield tasks.popleft().result()
    finally:
        for task in tasks:
            task.cancel()
