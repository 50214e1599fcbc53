"""The task graph for people: slots, tasks in order, what holds the run up."""

from __future__ import annotations

from dataclasses import dataclass

from lazydag.explain.bounds import bounds, bounds_lines
from lazydag.explain.columns import aligned, counted
from lazydag.explain.listing import CRITICAL, head_and_tail, with_gap
from lazydag.explain.runs import alike, ranges
from lazydag.ir.text.units import format_nbytes, format_seconds
from lazydag.runtime.edges import Mode
from lazydag.runtime.taskgraph import TaskGraph
from lazydag.runtime.tasklist import tile_count
from lazydag.runtime.tasks import Role, Slot, Task

Row = tuple[str, ...]


def tasks_text(graph: TaskGraph, workers: int) -> str:
    """Return the task graph as text, with what bounds a run on so many workers."""
    tasks = graph.task_list
    found = bounds(tasks, workers)
    sizes = (len(tasks), int(tasks.tiles.sum()), len(graph.slots))
    counts = ", ".join(map(counted, sizes, ("task", "tile", "slot")))
    slots, rows = _slot_rows(graph), _task_rows(graph, set(found.path.tasks))
    shown = [slots[i] for i in head_and_tail(len(slots))]
    lines = [
        f"tasks of @{graph.name}: {counts}",
        *with_gap(_section("slots", shown, right=3), len(slots)),
        *with_gap(_section("tasks, in order", rows, right=3), len(tasks)),
        *(f"  {line}" for line in bounds_lines(found, CRITICAL)),
    ]
    return "\n".join(lines)


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


def _task_rows(graph: TaskGraph, critical: set[int]) -> list[Row]:
    return [
        _task_row(i, graph.tasks[i], graph.predecessors[i], CRITICAL * (i in critical))
        for i in head_and_tail(len(graph.tasks))
    ]


def _task_row(number: int, task: Task, earlier: tuple[int, ...], mark: str) -> Row:
    return (
        f"t{number}",
        mark,
        task.name,
        counted(tile_count(task), "tile"),
        _slots("reads", task, Mode.OUT),
        _slots("writes", task, Mode.IN),
        f"est. {format_seconds(task.cost)}",
        f"after {ranges(earlier, 't')}" if earlier else "",
    )


def _slots(verb: str, task: Task, other: Mode) -> str:
    slots = {access.slot for access in task.accesses if access.mode is not other}
    return f"{verb} {ranges(slots, 's')}" if slots else ""
