"""How a plan runs.

In: a `TaskGraph` of native tile kernels and Python calls over buffer slots, and the
address of a buffer for each slot.
Out: the buffers filled, and events that tell how long each task took.
"""

from lazydag.runtime.address import address_of
from lazydag.runtime.edges import Access, Mode
from lazydag.runtime.events import Event, RunReport, TaskTime
from lazydag.runtime.executor import Executor
from lazydag.runtime.freeze import FrozenGraph
from lazydag.runtime.lease import Lease
from lazydag.runtime.memory import MemoryPool, MemoryStats
from lazydag.runtime.outcome import Failure, Outcome
from lazydag.runtime.pool import Pool
from lazydag.runtime.stop import Stop
from lazydag.runtime.taskgraph import TaskGraph
from lazydag.runtime.tasks import CallTask, KernelTask, Role, Slot, Task, View

__all__ = [
    "Access",
    "CallTask",
    "Event",
    "Executor",
    "Failure",
    "FrozenGraph",
    "KernelTask",
    "Lease",
    "MemoryPool",
    "MemoryStats",
    "Mode",
    "Outcome",
    "Pool",
    "Role",
    "RunReport",
    "Slot",
    "Stop",
    "Task",
    "TaskGraph",
    "TaskTime",
    "View",
    "address_of",
]
