"""The task graph for people: slots, tasks in order, what holds the run up."""

from __future__ import annotations

from dataclasses import dataclass

from lazydag.explain.columns import aligned, counted
from lazydag.explain.runs import alike, ranges
from lazydag.ir.text.units import format_nbytes, format_seconds
from lazydag.runtime.edges import Mode
from lazydag.runtime.taskgraph import TaskGraph
from lazydag.runtime.tasks import KernelTask, Role, Slot, Task

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Path:
    """The tasks that no number of workers can run at the same time.

    Parameters
    ----------
    tasks
        Numbers of the tasks, in order.
    seconds
        Their estimated time together.
    """

    tasks: tuple[int, ...]
    seconds: float


def critical_path(graph: TaskGraph) -> Path:
    """Return the path of dependent tasks with the largest estimate; O(edges)."""
    before: list[int] = []
    until: list[float] = []
    for task, earlier in zip(graph.tasks, graph.predecessors, strict=True):
        last = max(earlier, key=lambda t: until[t], default=-1)
        before.append(last)
        until.append(task.cost + (until[last] if last >= 0 else 0.0))
    if not until:
        return Path((), 0.0)
    at = max(range(len(until)), key=lambda t: until[t])
    total, path = until[at], []
    while at >= 0:
        path.append(at)
        at = before[at]
    return Path(tuple(reversed(path)), total)


def tasks_text(graph: TaskGraph) -> str:
    """Return the task graph as text."""
    path = critical_path(graph)
    names = " → ".join(f"t{t}" for t in path.tasks) or "none"
    took, total = format_seconds(path.seconds), format_seconds(graph.cost)
    tiles = sum(map(tile_count, graph.tasks))
    sizes = {"task": len(graph.tasks), "tile": tiles, "slot": len(graph.slots)}
    counts = ", ".join(counted(count, noun) for noun, count in sizes.items())
    lines = [
        f"tasks of @{graph.name}: {counts}",
        *_section("slots", _slot_rows(graph), right=3),
        *_section("tasks, in order", _task_rows(graph), right=2),
        f"  critical path: {names}, {took} of {total}",
    ]
    return "\n".join(lines)


def tile_count(task: Task) -> int:
    """Return the number of tiles; a call of Python is one."""
    return task.ntiles if isinstance(task, KernelTask) else 1


def holders(graph: TaskGraph) -> list[int]:
    """Return for each slot how many values it holds in turn."""
    counts = [int(slot.role in {Role.PARAM, Role.CONSTANT}) for slot in graph.slots]
    for task in graph.tasks:
        for slot in {a.slot for a in task.accesses if a.mode is Mode.OUT}:
            counts[slot] += 1
    return counts


def _section(title: str, rows: list[Row], *, right: int) -> list[str]:
    if not rows:
        return [f"  no {title}"]
    return [f"  {title}", *aligned(rows, right={right}, indent="    ")]


@dataclass(frozen=True, slots=True)
class _Numbered:
    """A slot with its number and how many values it holds in turn."""

    number: int
    slot: Slot
    count: int

    @property
    def look(self) -> tuple[str, Role, int, int]:
        """What slots have in common that share a line: the name up to its number."""
        owner = self.slot.name.rpartition(".")[0] or str(self.number)
        return owner, self.slot.role, self.slot.nbytes, self.count


def _slot_rows(graph: TaskGraph) -> list[Row]:
    pairs = zip(graph.slots, holders(graph), strict=True)
    slots = [_Numbered(i, slot, count) for i, (slot, count) in enumerate(pairs)]
    return [_slot_row(group) for group in alike(slots, lambda slot: slot.look)]


def _slot_row(group: list[_Numbered]) -> Row:
    first, last = group[0], group[-1]
    many = len(group) > 1
    name = first.slot.name + (f" … {last.slot.name}" if many else "")
    used = f"used {first.count} times" if first.count > 1 else ""
    return (
        ranges([each.number for each in group], "s"),
        first.slot.role.value,
        name,
        format_nbytes(first.slot.nbytes) + (" each" if many else ""),
        used,
    )


def _task_rows(graph: TaskGraph) -> list[Row]:
    return [
        (
            f"t{i}",
            task.name,
            counted(tile_count(task), "tile"),
            _slots("reads", task, Mode.OUT),
            _slots("writes", task, Mode.IN),
            f"est. {format_seconds(task.cost)}",
            f"after {ranges(earlier, 't')}" if earlier else "",
        )
        for i, (task, earlier) in enumerate(
            zip(graph.tasks, graph.predecessors, strict=True)
        )
    ]


def _slots(verb: str, task: Task, other: Mode) -> str:
    slots = {access.slot for access in task.accesses if access.mode is not other}
    return f"{verb} {ranges(slots, 's')}" if slots else ""
