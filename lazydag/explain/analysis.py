"""What a plan takes in truth, beside what it was said to take."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from lazydag.compiler import Plan
from lazydag.explain.columns import aligned
from lazydag.ir.text.units import format_rate, format_seconds
from lazydag.ir.types import ArrayType
from lazydag.runtime import Slot, Task

_SECONDS = 1.0
_RUNS = (3, 15)


@dataclass(frozen=True, slots=True)
class Measurement:
    """One task: predicted and measured.

    Parameters
    ----------
    name
        The kernel's.
    predicted_seconds, measured_seconds
        From its first tile's start to its last tile's end; the measured is a median.
    nbytes
        Bytes of the slots that it reads and writes.
    """

    name: str
    predicted_seconds: float
    measured_seconds: float
    nbytes: int


@dataclass(frozen=True, slots=True)
class Analysis:
    """Medians over several runs of one plan.

    Parameters
    ----------
    runs
        How many runs were measured; one more, before them, was not.
    predicted_seconds, measured_seconds
        Of the whole plan, the latter from call to return.
    """

    runs: int
    predicted_seconds: float
    measured_seconds: float
    tasks: tuple[Measurement, ...]

    def __str__(self) -> str:
        busy = sum(task.measured_seconds for task in self.tasks)
        head = ("kernel", "predicted", "measured", "ratio", "speed", "share")
        rows = [head, *(_row(task, busy) for task in self.tasks)]
        whole = ("whole plan", *_times(self.predicted_seconds, self.measured_seconds))
        lines = aligned([*rows, (*whole, "", "")], right=range(1, 6), indent="  ")
        return "\n".join([f"measured, median of {self.runs} runs", *lines])

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as JSON knows them."""
        return asdict(self)


def analyse(
    plan: Plan, arrays: Sequence[np.ndarray[Any, Any]], costs: Sequence[float]
) -> Analysis:
    """Run a plan several times, for about a second, and return what it took.

    Parameters
    ----------
    costs
        The estimated seconds of each task.
    """
    plan.measure(arrays)
    walls: list[float] = []
    times: list[dict[int, float]] = []
    while len(walls) < _RUNS[0] or (sum(walls) < _SECONDS and len(walls) < _RUNS[1]):
        start = time.perf_counter()
        plan.measure(arrays)
        walls.append(time.perf_counter() - start)
        report = plan.last_report
        assert report is not None
        times.append({task: t.seconds for task, t in report.times().items()})
    graph = plan.task_graph
    measurements = [
        Measurement(
            task.name,
            cost,
            statistics.median(each.get(i, 0.0) for each in times),
            moved_nbytes(task, graph.slots),
        )
        for i, (task, cost) in enumerate(zip(graph.tasks, costs, strict=True))
    ]
    whole = statistics.median(walls)
    return Analysis(len(walls), sum(costs), whole, tuple(measurements))


def moved_nbytes(task: Task, slots: Sequence[Slot]) -> int:
    """Return the bytes that a task reads and writes."""
    return sum(
        (min(access.stop, slots[access.slot].nbytes) - access.start)
        * (access.mode.reads + access.mode.writes)
        for access in task.accesses
    )


def sample(type: ArrayType, seed: int = 0) -> np.ndarray[Any, Any]:
    """Return random data: floats in (0, 1), integers from 1 to 99, or bools."""
    rng = np.random.default_rng(seed)
    if type.dtype.kind == "f":
        return rng.random(type.sizes).astype(type.dtype, copy=False)
    high = 2 if type.dtype.kind == "b" else 100
    return rng.integers(high // 100, high, type.sizes).astype(type.dtype)


def _row(task: Measurement, busy: float) -> tuple[str, ...]:
    seconds = task.measured_seconds
    return (
        task.name,
        *_times(task.predicted_seconds, seconds),
        format_rate(task.nbytes / seconds) if seconds else "-",
        f"{100 * seconds / busy:.0f}%" if busy else "-",
    )


def _times(predicted: float, measured: float) -> tuple[str, str, str]:
    ratio = f"{measured / predicted:.2f}" if predicted else "-"
    return format_seconds(predicted), format_seconds(measured), ratio
