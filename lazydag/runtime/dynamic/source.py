"""What messages call a task, and the line that spawned it."""

from __future__ import annotations

from collections.abc import Callable
from types import CodeType
from typing import TYPE_CHECKING, Any

from lazydag.ir.source import SourceLoc

if TYPE_CHECKING:
    from lazydag.runtime.dynamic.task import Task


def line_of(task: Task[Any]) -> SourceLoc:
    """Return the line that spawned a task."""
    return location(task._code, task._offset)


# By the identity of the code, which is kept alive: equal code may be of two files.
_locations: dict[tuple[int, int], tuple[CodeType, SourceLoc]] = {}
_MOST_LOCATIONS = 4096


def location(code: CodeType, offset: int) -> SourceLoc:
    """Return the line of an instruction of some code, the same object each time."""
    key = id(code), offset
    found = _locations.get(key)
    if found is None:
        if len(_locations) >= _MOST_LOCATIONS:
            _locations.clear()
        found = _locations[key] = code, _location(code, offset)
    return found[1]


def _location(code: CodeType, offset: int) -> SourceLoc:
    found = code.co_firstlineno
    for start, end, line in code.co_lines():
        if start <= offset < end and line is not None:
            found = line
    return SourceLoc(code.co_filename, found, code.co_name)


def name_of(task: Task[Any]) -> str:
    """Return the name that was given to a task, or its function's."""
    options, function = task._options, task._function
    if options is not None and options.name is not None:
        return options.name
    name = function if isinstance(function, str) else function_name(function)
    return name.replace("<locals>.", "")


def function_name(function: Callable[..., Any]) -> str:
    """Return what a function, or another thing that can be called, calls itself."""
    function = getattr(function, "func", function)  # functools.partial
    return getattr(function, "__qualname__", None) or type(function).__qualname__
