"""What people call to run functions as tasks.

In: calls of functions. Out: tasks, which the runtime runs, and their results.
"""

from lazydag.runtime.dynamic import Options, Task, spawn
from lazydag.runtime.regions import Deps, In, InOut, Out
from lazydag.task.current import cancelled, check_cancelled, current_task
from lazydag.task.datadeps import datadeps
from lazydag.task.decorate import task
from lazydag.task.fetch import fetch
from lazydag.task.gather import as_completed, map, wait
from lazydag.task.sync import sync

options = Options

__all__ = [
    "Deps",
    "In",
    "InOut",
    "Out",
    "Task",
    "as_completed",
    "cancelled",
    "check_cancelled",
    "current_task",
    "datadeps",
    "fetch",
    "map",
    "options",
    "spawn",
    "sync",
    "task",
    "wait",
]
