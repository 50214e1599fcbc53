"""The task graph for people: slots, tasks in order, what holds the run up."""

from __future__ import annotations

from dataclasses import dataclass

from lazydag.explain.columns import aligned
from lazydag.ir.text.units import format_nbytes, format_seconds
from lazydag.runtime.edges import Mode
from lazydag.runtime.taskgraph import TaskGraph
from lazydag.runtime.tasks import KernelTask, Role, Task

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
    counts = f"{len(graph.tasks)} tasks, {tiles} tiles, {len(graph.slots)} slots"
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


def _slot_rows(graph: TaskGraph) -> list[Row]:
    return [
        (
            f"s{i}",
            slot.role.value,
            slot.name,
            format_nbytes(slot.nbytes),
            f"used {count} times" if count > 1 else "",
        )
        for i, (slot, count) in enumerate(zip(graph.slots, holders(graph), strict=True))
    ]


def _task_rows(graph: TaskGraph) -> list[Row]:
    return [
        (
            f"t{i}",
            task.name,
            f"{tile_count(task)} {'tile' if tile_count(task) == 1 else 'tiles'}",
            _slots("reads", task, Mode.OUT),
            _slots("writes", task, Mode.IN),
            f"est. {format_seconds(task.cost)}",
            "after " + " ".join(f"t{t}" for t in earlier) if earlier else "",
        )
        for i, (task, earlier) in enumerate(
            zip(graph.tasks, graph.predecessors, strict=True)
        )
    ]


def _slots(verb: str, task: Task, other: Mode) -> str:
    slots = dict.fromkeys(a.slot for a in task.accesses if a.mode is not other)
    return f"{verb} {' '.join(f's{slot}' for slot in slots)}" if slots else ""
