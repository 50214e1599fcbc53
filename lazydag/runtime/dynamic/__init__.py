"""Tasks that are spawned while others run.

In: calls of Python functions, some of which take the results of others.
Out: `Task` objects. Ready ones run on the helping threads of a pool, on spare threads,
and on those that wait for them.
"""

from lazydag.runtime.dynamic.arguments import Lazy
from lazydag.runtime.dynamic.group import Group
from lazydag.runtime.dynamic.helpers import Helpers
from lazydag.runtime.dynamic.options import Options, Scope, leave_scope, scope
from lazydag.runtime.dynamic.region import Region
from lazydag.runtime.dynamic.scheduler import Scheduler, scheduler
from lazydag.runtime.dynamic.seats import counts
from lazydag.runtime.dynamic.spawn import spawn
from lazydag.runtime.dynamic.start import promise
from lazydag.runtime.dynamic.task import Task

__all__ = [
    "Group",
    "Helpers",
    "Lazy",
    "Options",
    "Region",
    "Scheduler",
    "Scope",
    "Task",
    "counts",
    "leave_scope",
    "promise",
    "scheduler",
    "scope",
    "spawn",
]
