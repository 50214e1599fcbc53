"""Tasks of a region for people: the first and last ones, and all by name."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lazydag.explain.bounds import Bounds, bounds, bounds_lines
from lazydag.explain.columns import aligned, counted
from lazydag.explain.runs import ranges
from lazydag.ir.text.units import format_nbytes, format_seconds
from lazydag.runtime.tasklist import TaskList, Words

CRITICAL = "*"
# More tasks are shown by the first and the last ones.
MOST_ROWS = 64
_HEAD, _TAIL = 24, 8

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """The tasks of a region, what it is called, and what else is to be said of it."""

    name: str
    task_list: TaskList
    notes: tuple[str, ...] = ()


def region_text(region: Region, workers: int) -> str:
    """Return the tasks of a region as text."""
    tasks = region.task_list
    found = bounds(tasks, workers)
    on_path = set(found.path.tasks)
    shown = head_and_tail(len(tasks))
    rows = [_row(tasks, number, number in on_path) for number in shown]
    counts = f"{counted(len(tasks), 'task')}, {counted(len(tasks.edges[0]), 'edge')}"
    lines = [
        f"tasks of {region.name}: {counts}",
        "  tasks, in order",
        *with_gap(aligned(rows, right={3, 4}, indent="    "), len(tasks)),
    ]
    if len(shown) < len(tasks):
        lines += [
            "  by name",
            *aligned(_by_name(tasks, found), right={1, 2, 3, 4}, indent="    "),
        ]
    lines += [f"  {line}" for line in bounds_lines(found, CRITICAL)]
    return "\n".join([*lines, *(f"  note: {note}" for note in region.notes)])


def head_and_tail(count: int) -> list[int]:
    """Return the numbers of `count` tasks to show: all, or the first and last ones."""
    if count <= MOST_ROWS:
        return list(range(count))
    return [*range(_HEAD), *range(count - _TAIL, count)]


def with_gap(lines: list[str], count: int) -> list[str]:
    """Return the lines of `head_and_tail`, with one for those that are not shown."""
    if count <= MOST_ROWS:
        return lines
    left_out = f"    … {count - _HEAD - _TAIL} more"
    return [*lines[:-_TAIL], left_out, *lines[-_TAIL:]]


def predecessors(tasks: TaskList, number: int) -> Words:
    """Return what a task waits for; O(edges)."""
    sources, destinations = tasks.edges
    return np.unique(sources[destinations == number])


def _row(tasks: TaskList, number: int, is_critical: bool) -> Row:
    label, earlier = tasks.of(number), predecessors(tasks, number)
    return (
        f"t{number}",
        CRITICAL if is_critical else "",
        label.name,
        f"reads {format_nbytes(label.read_nbytes)}",
        f"writes {format_nbytes(label.written_nbytes)}",
        estimated(float(tasks.costs[number])),
        f"after {ranges(earlier.tolist(), 't')}" if len(earlier) else "",
    )


def estimated(seconds: float) -> str:
    """Return an estimate, or that there is none."""
    return f"est. {format_seconds(seconds)}" if seconds else ""


def _by_name(tasks: TaskList, found: Bounds) -> list[Row]:
    """Return the sums of all tasks of a name, those that take longest first."""
    titles = sorted({label.name for label in tasks.labels})
    numbers = {title: i for i, title in enumerate(titles)}
    name = np.array([numbers[label.name] for label in tasks.labels])[tasks.label]
    on_path = name[list(found.path.tasks)]
    counts = np.bincount(name, minlength=len(titles))
    critical = np.bincount(on_path, minlength=len(titles))
    work = tasks.costs * np.clip(tasks.tiles, 1, found.workers)
    sums = np.bincount(name, work, len(titles))
    whole = sums.sum()
    return [
        (
            titles[i],
            counted(int(counts[i]), "task"),
            f"est. {format_seconds(float(sums[i]))}" if whole else "",
            f"{sums[i] / whole:.0%}" if whole else "",
            f"{critical[i]} critical",
        )
        for i in np.lexsort((-counts, -sums)).tolist()
        if counts[i]
    ]
