"""Tasks and lazy values among the arguments of a task, also inside of containers."""

from __future__ import annotations

from collections.abc import Iterable
from types import BuiltinFunctionType, FunctionType, MethodType, NoneType
from typing import TYPE_CHECKING, Any, Final, Protocol, runtime_checkable

from lazydag.runtime.dynamic.states import DONE

if TYPE_CHECKING:
    from lazydag.runtime.dynamic.task import Task


@runtime_checkable
class Lazy(Protocol):
    """A value that is computed when it is asked for, such as a lazy array.

    A task that has one as an argument starts when it is computed, and gets the value.
    """

    @property
    def is_computed(self) -> bool:
        """Whether asking costs nothing."""
        ...

    def __lazydag_value__(self) -> Any:
        """Compute the value, unless it is known, and return it; on any thread."""
        ...


class Unmet(Exception):  # noqa: N818 -- not an error: see `resolved`
    """A task among the arguments has no result."""

    def __init__(self, task: Task[Any]) -> None:
        super().__init__(task)
        self.task = task


_ALWAYS_PLAIN: Final[frozenset[type]] = frozenset(
    {
        *(bool, int, float, complex, str, bytes, bytearray, range, slice, type),
        *(NoneType, FunctionType, BuiltinFunctionType, MethodType),
    }
)
_MOST_PLAIN: Final = 4096

#: What tasks without keywords share: fewer objects, and fewer collections of garbage.
NO_KWARGS: Final[dict[str, Any]] = {}

#: Types of which no value is a task, or lazy, or holds such; more as they are met.
plain: set[type] = set(_ALWAYS_PLAIN)


def find(values: Iterable[Any], task_type: type[Task[Any]]) -> list[Any]:
    """Return the tasks and lazy values among some values, in the order found."""
    found: list[Any] = []
    seen: set[int] = set()
    todo = [values]
    for container in todo:
        # `map` and `issubset` look through a long list of numbers in no time.
        if plain.issuperset(map(type, container)):
            continue
        for value in container:
            kind = type(value)
            if kind in plain:
                continue
            if issubclass(kind, task_type):
                found.append(value)
            elif issubclass(kind, tuple | list | dict):
                if id(value) not in seen:
                    seen.add(id(value))
                    todo.append(value.values() if issubclass(kind, dict) else value)
            elif hasattr(kind, "__lazydag_value__"):
                found.append(value)
            else:
                _note_plain(kind)
    return found


def _note_plain(kind: type) -> None:
    # Classes may be made on the fly: do not keep all of them alive.
    if len(plain) >= _MOST_PLAIN:
        plain.intersection_update(_ALWAYS_PLAIN)
    plain.add(kind)


def filled_in(task: Task[Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return a task's arguments with results in place of tasks and lazy values.

    Raises
    ------
    Unmet
        If one of the tasks has no result.
    """
    known: dict[int, Any] = {}
    kind, missing = type(task), task._missing
    if isinstance(missing, kind) and missing._state > DONE:
        raise Unmet(missing)  # others may not have ended
    args = [
        value._value
        if type(value) is kind and value._state == DONE
        else resolved(value, kind, known)
        for value in task._args
    ]
    kwargs = task._kwargs
    if kwargs:
        kwargs = {key: resolved(kwargs[key], kind, known) for key in kwargs}
    return tuple(args), kwargs


def resolved(value: Any, task_type: type[Task[Any]], known: dict[int, Any]) -> Any:
    """Return `value` with results in place of tasks and lazy values.

    Containers that hold none are left as they are; others are copied.

    Parameters
    ----------
    known
        What containers were replaced by, by identity; for those that come again.

    Raises
    ------
    Unmet
        If one of the tasks has no result.
    """
    kind = type(value)
    if kind in plain:
        return value
    if issubclass(kind, task_type):
        if value._state != DONE:
            raise Unmet(value)
        return value._value
    if hasattr(kind, "__lazydag_value__"):
        return value.__lazydag_value__()
    if issubclass(kind, tuple | list | dict) and find((value,), task_type):
        if id(value) not in known:
            known[id(value)] = value  # one that holds itself is not copied
            known[id(value)] = _copied(value, task_type, known)
        return known[id(value)]
    return value


def _copied(value: Any, task_type: type[Task[Any]], known: dict[int, Any]) -> Any:
    kind: Any = type(value)
    if issubclass(kind, dict):
        found = kind() if kind is not dict else {}
        for key, item in value.items():
            found[key] = resolved(item, task_type, known)
        return found
    items = [resolved(item, task_type, known) for item in value]
    return kind(*items) if hasattr(kind, "_fields") else kind(items)
