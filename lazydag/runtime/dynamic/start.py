"""Making tasks, and letting them start when what they wait for has ended."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import copy_context
from types import CodeType
from typing import TYPE_CHECKING, Any, TypeAlias

from lazydag.runtime.dynamic import seats
from lazydag.runtime.dynamic.arguments import NO_KWARGS, find, plain
from lazydag.runtime.dynamic.control import Callback
from lazydag.runtime.dynamic.function import TaskFunction
from lazydag.runtime.dynamic.options import Options, Scope, scope
from lazydag.runtime.dynamic.pressure import CHECK_EVERY, relieve
from lazydag.runtime.dynamic.scheduler import scheduler
from lazydag.runtime.dynamic.states import DONE, RUNNING, WAITING
from lazydag.runtime.dynamic.task import Task

if TYPE_CHECKING:
    from lazydag.runtime.dynamic.group import Group
    from lazydag.runtime.dynamic.seats import Seat

#: Code, and the offset of an instruction in it.
Place: TypeAlias = tuple[CodeType, int]

_new = Task.__new__
_local = seats.local
# Tasks that compute lazy values, by the values' identity; they keep the values alive.
_forcing: dict[int, Task[Any]] = {}


def start(
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    options: Options | None,
    at: Place,
) -> Task[Any]:
    """Return a new task, which starts when its arguments are known.

    Parameters
    ----------
    options
        Those of this call, which count more than those of the scope.
    at
        The code that spawns, and the offset of the instruction that does.
    """
    around = scope.get()
    if around is not None or type(function) is TaskFunction:
        function, options = _settled(function, options, around)
        if around is not None and around.region is not None:
            return around.region.record(function, args, kwargs, options, at)
    try:
        seat = _local.seat
    except AttributeError:
        seat = seats.here()
    # As `_made` does, without the call.
    task: Task[Any] = _new(Task)
    task._function, task._args, task._kwargs = function, args, kwargs or NO_KWARGS
    task._options = options
    task._code, task._offset = at
    task._context = copy_context()
    task._missing = task._waiters = task._control = task._group = None
    task._state = WAITING
    task._unclaimed = task._unfinished = True
    task._client = seat.client
    seat.spawned += 1
    if around is not None and around.group is not None:
        _join(task, around.group)
    for value in args:
        if type(value) not in plain:
            _link(task)
            break
    else:
        if kwargs:
            _link(task)
        else:
            scheduler.push(task)
    if seat.is_full or not seat.spawned % CHECK_EVERY:
        relieve(task, seat)
    return task


def promise(name: str, at: Place, options: Options | None = None) -> Task[Any]:
    """Return a running task that somebody else ends, by `Scheduler.finish`."""
    task = _made(name, (), NO_KWARGS, options, at, seats.here())
    task._state = RUNNING
    around = scope.get()
    if around is not None and around.group is not None:
        _join(task, around.group)
    return task


def _made(
    function: Callable[..., Any] | str,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    options: Options | None,
    at: Place,
    seat: Seat,
) -> Task[Any]:
    task: Task[Any] = _new(Task)
    task._function, task._args, task._kwargs = function, args, kwargs or NO_KWARGS
    task._options = options
    task._code, task._offset = at
    task._context = None
    task._missing = task._waiters = task._control = task._group = None
    task._state = WAITING
    task._unfinished = True
    task._client = seat.client
    seat.spawned += 1
    return task


def _settled(
    function: Callable[..., Any], options: Options | None, around: Scope | None
) -> tuple[Callable[..., Any], Options | None]:
    """Return a plain function, and the options that hold for its call."""
    if around is not None:
        options = _joined(options, around.options)
    if type(function) is TaskFunction:
        function, defaults = function.defaults()
        options = _joined(options, defaults)
    return function, options


def _joined(inner: Options | None, outer: Options | None) -> Options | None:
    return outer if inner is None else inner.over(outer)


def _join(task: Task[Any], group: Group) -> None:
    """Make the task one of those that a `sync` block waits for."""
    task._group = group
    group.spawned += 1
    group.pending[task] = None
    if group.is_cancelled:
        scheduler.cancel(task)


def _link(task: Task[Any]) -> None:
    """Let a task start when the tasks and lazy values among its arguments are done."""
    needed = _needed(task)
    if needed is None:
        scheduler.push(task)
        return
    left = [before for before in needed if before._state < DONE]
    if len(left) < len(needed) or not left:
        failed = [before for before in needed if before._state > DONE]
        if failed or not left:
            task._missing = failed[0] if failed else ()
            scheduler.push(task)
            return
    if len(left) == 1:
        task._missing = left[0]
        scheduler.add_waiter(left[0], task)
    else:
        task._missing = set(left)
        for before in left:
            scheduler.add_waiter(before, task)


def _needed(task: Task[Any]) -> list[Task[Any]] | None:
    """Return what a task waits for; None if its arguments are what they are."""
    values = (*task._args, *task._kwargs.values()) if task._kwargs else task._args
    needed: list[Task[Any]] = []
    for value in values:
        kind = type(value)
        if kind is Task:
            needed.append(value)
        elif kind not in plain:
            found = find(values, Task)
            if not found:
                return None
            return [before for value in found for before in _tasks_of(value, task)]
    return needed or None


def _tasks_of(value: Any, task: Task[Any]) -> tuple[Task[Any], ...]:
    """Return what `task` waits for so that `value` is known."""
    if isinstance(value, Task):
        return (value,)
    if value.is_computed:
        return ()
    key, function = id(value), value.__lazydag_value__
    found = _forcing.get(key)
    if found is None:
        named = Options(name=f"that computes the {type(value).__name__}")
        found = _forcing[key] = _made(
            function, (), {}, named, (task._code, task._offset), seats.here()
        )
        found._context = copy_context()
        found._unclaimed = True
        scheduler.add_waiter(found, Callback(lambda _: _forcing.pop(key, None)))
        scheduler.push(found)
    return (found,)
