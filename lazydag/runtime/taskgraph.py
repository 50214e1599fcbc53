"""The task graph: how a plan is computed.

A `TaskGraph` is a tuple of buffer slots and a tuple of tasks over them, in an order in
which they could run one after the other. Each task says which slots it reads and
writes; the edges follow from these accesses alone. The graph knows no addresses of
data: a run binds an address to every slot, so one graph serves many runs at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from lazydag.runtime.edges import predecessors
from lazydag.runtime.freeze import FrozenGraph
from lazydag.runtime.graph_tasks import freeze
from lazydag.runtime.tasklist import TaskList, task_list
from lazydag.runtime.tasks import CallTask, KernelTask, Slot, Task
from lazydag.runtime.validate import validate


@dataclass(frozen=True, eq=False)
class TaskGraph:
    """Tasks over slots, in an order in which they can run.

    Raises
    ------
    VerifyError
        If the graph is inconsistent; see `lazydag.runtime.validate`.
    """

    slots: tuple[Slot, ...]
    tasks: tuple[Task, ...]
    name: str = "graph"

    def __post_init__(self) -> None:
        validate(self)

    @cached_property
    def predecessors(self) -> tuple[tuple[int, ...], ...]:
        """For each task the earlier tasks that it has to wait for, ascending.

        Read after write, write after read and write after write, by the bytes accessed.
        """
        return predecessors([task.accesses for task in self.tasks])

    @cached_property
    def task_list(self) -> TaskList:
        """The tasks, as those who show them want them."""
        return task_list(self.tasks, self.predecessors, self.slots)

    @cached_property
    def frozen(self) -> FrozenGraph:
        """The graph as the arrays that the engine walks."""
        return freeze(self)

    @cached_property
    def has_calls(self) -> bool:
        """Whether some tasks are Python calls."""
        return any(isinstance(task, CallTask) for task in self.tasks)

    @property
    def ntiles(self) -> int:
        """Tiles of all kernels together."""
        return sum(task.ntiles for task in self.tasks if isinstance(task, KernelTask))

    @property
    def cost(self) -> float:
        """Estimated seconds of all tasks together."""
        return sum(task.cost for task in self.tasks)
