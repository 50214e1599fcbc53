"""What those who listen are told of tasks; see `lazydag.runtime.sink`."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from lazydag.runtime import sink
from lazydag.runtime.dynamic.arguments import find
from lazydag.runtime.dynamic.source import line_of, name_of
from lazydag.runtime.dynamic.states import CANCELLED, FAILED

if TYPE_CHECKING:
    from lazydag.ir.source import SourceLoc
    from lazydag.runtime.dynamic.control import Control
    from lazydag.runtime.dynamic.task import Task

#: Returns a task's control.
Controls: TypeAlias = "Callable[[Task[Any]], Control]"

_numbers = count(1)


class Start(NamedTuple):
    """The start of a task, and what cannot be asked when it has ended."""

    start_ns: int
    name: str
    source: SourceLoc
    after: tuple[Task[Any], ...]


def start_of(task: Task[Any]) -> Start:
    """Return the start of a task, which is now."""
    kind = type(task)
    values = (*task._args, *task._kwargs.values()) if task._missing is not None else ()
    after = tuple(value for value in find(values, kind) if isinstance(value, kind))
    return Start(time.perf_counter_ns(), name_of(task), line_of(task), after)


def note_end(task: Task[Any], start: Start, controls: Controls) -> None:
    """Tell that a task, or an attempt at it, has ended on this thread."""
    failed = task._state in (FAILED, CANCELLED)
    sink.note(
        sink.Note(
            name=start.name,
            kind="task",
            worker=threading.current_thread().name,
            start_ns=start.start_ns,
            end_ns=time.perf_counter_ns(),
            source=start.source,
            outcome=sink.FAILED if failed else sink.DONE,
            task=_number(controls(task)),
            after=tuple(_number(controls(before)) for before in start.after),
        )
    )


def _number(control: Control) -> int:
    control.number = control.number or next(_numbers)
    return control.number
