"""Whether a task that is about to wait would wait forever."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from lazydag.runtime.dynamic.states import DONE

if TYPE_CHECKING:
    from lazydag.runtime.dynamic.task import Task


def find_cycle(
    first: Task[Any],
    targets: Iterable[Task[Any]],
    waits: Mapping[Task[Any], tuple[Task[Any], ...]],
) -> list[Task[Any]] | None:
    """Return a cycle of tasks that wait for each other, if `first` would close one.

    Parameters
    ----------
    targets
        What `first` is about to wait for.
    waits
        What tasks wait for that run; those that have not started wait for their
        arguments.

    Returns
    -------
    list of Task or None
        Begins and ends with `first`; each task waits for the next.

    Notes
    -----
    A search in depth over all that `first` would wait for, which is linear in it.
    """
    came_from: dict[Task[Any], Task[Any]] = dict.fromkeys(targets, first)
    todo = list(came_from)
    while todo:
        task = todo.pop()
        if task is first:
            return _way(first, came_from)
        if task._state >= DONE:
            continue
        for other in waits.get(task) or missing_of(task):
            if other not in came_from:
                came_from[other] = task
                todo.append(other)
    return None


def missing_of(task: Task[Any]) -> tuple[Task[Any], ...]:
    """Return the tasks that a task waits for before it can start."""
    missing = task._missing
    if not missing:
        return ()
    # A copy: other threads remove from the set.
    return tuple(missing) if isinstance(missing, set) else (missing,)


def _way(first: Task[Any], came_from: Mapping[Task[Any], Task[Any]]) -> list[Task[Any]]:
    way = [first, came_from[first]]
    while way[-1] is not first:
        way.append(came_from[way[-1]])
    way.reverse()
    return way
