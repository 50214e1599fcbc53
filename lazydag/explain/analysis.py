"""What a plan takes in truth, beside what it was said to take."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from lazydag.compiler import Plan
from lazydag.explain.bounds import bounds
from lazydag.explain.columns import aligned, counted
from lazydag.explain.hearing import Hearing
from lazydag.explain.listing import MOST_ROWS, Region
from lazydag.ir.text.units import format_rate, format_seconds
from lazydag.ir.types import ArrayType
from lazydag.runtime.tasklist import Seconds, TaskList
from lazydag.runtime.timeline import Timeline

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
        Bytes that it reads and writes.
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
        How many runs were measured.
    predicted_seconds, measured_seconds
        Of the whole plan: the makespan, and the time from call to return.
    makespan_seconds
        From the first task's start to the last one's end.
    timeline
        The run whose makespan is the median.
    """

    runs: int
    predicted_seconds: float
    measured_seconds: float
    makespan_seconds: float
    tasks: tuple[Measurement, ...]
    timeline: Timeline = field(compare=False, repr=False)

    def __str__(self) -> str:
        tasks = self.tasks if len(self.tasks) <= MOST_ROWS else _by_name(self.tasks)
        busy = sum(task.measured_seconds for task in tasks)
        head = ("kernel", "predicted", "measured", "ratio", "speed", "share")
        rows = [head, *(_row(task, busy) for task in tasks)]
        for name, seconds in (
            ("makespan", self.makespan_seconds),
            ("whole plan", self.measured_seconds),
        ):
            rows.append((name, *_times(self.predicted_seconds, seconds), "", ""))
        lines = aligned(rows, right=range(1, 6), indent="  ")
        return "\n".join([f"measured, {_median(self.runs)}", *lines])

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as JSON knows them."""
        return {
            "runs": self.runs,
            "predicted_seconds": self.predicted_seconds,
            "measured_seconds": self.measured_seconds,
            "makespan_seconds": self.makespan_seconds,
            "tasks": [asdict(task) for task in self.tasks],
        }


def analyse(
    plan: Plan,
    arrays: Sequence[np.ndarray[Any, Any]],
    costs: Sequence[float],
    workers: int,
) -> Analysis:
    """Run a plan several times, for about a second, and return what it took.

    Parameters
    ----------
    costs
        The estimated seconds of each task.
    workers
        Those that the prediction is for.
    """

    def run() -> Timeline:
        plan.measure(arrays)
        assert plan.last_report is not None
        return plan.last_report.timeline

    run()
    return _analysis(plan.task_graph.task_list.estimated(costs), workers, run, _RUNS)


def analyse_region(region: Region, run: Callable[[], object], workers: int) -> Analysis:
    """Run a region once more, and return what it took.

    Raises
    ------
    Exception
        What its tasks raise.
    """

    def heard() -> Timeline:
        with Hearing(region) as hearing:
            run()
        return hearing.timeline()

    return _analysis(region.task_list, workers, heard, (1, 1))


def _analysis(
    tasks: TaskList, workers: int, run: Callable[[], Timeline], often: tuple[int, int]
) -> Analysis:
    walls: list[float] = []
    runs: list[Timeline] = []
    least, most = often
    while len(walls) < least or (sum(walls) < _SECONDS and len(walls) < most):
        start = time.perf_counter()
        runs.append(run())
        walls.append(time.perf_counter() - start)
    runs.sort(key=lambda each: each.seconds)
    median = runs[len(runs) // 2]
    times: list[Seconds] = [each.task_seconds(len(tasks)) for each in runs]
    return Analysis(
        len(walls),
        bounds(tasks, workers).makespan_seconds,
        statistics.median(walls),
        median.seconds,
        tuple(
            Measurement(label.name, cost, seconds, label.nbytes)
            for label, cost, seconds in zip(
                map(tasks.of, range(len(tasks))),
                tasks.costs.tolist(),
                np.median(times, axis=0).tolist(),
                strict=True,
            )
        ),
        median,
    )


def sample(type: ArrayType, seed: int = 0) -> np.ndarray[Any, Any]:
    """Return random data: floats in (0, 1), integers from 1 to 99, or bools."""
    rng = np.random.default_rng(seed)
    if type.dtype.kind in "fc":
        return rng.random(type.sizes).astype(type.dtype, copy=False)
    high = 2 if type.dtype.kind == "b" else 100
    return rng.integers(high // 100, high, type.sizes).astype(type.dtype)


def _by_name(tasks: Sequence[Measurement]) -> list[Measurement]:
    """Return the sums over all tasks of each name, the longest first."""
    groups: dict[str, list[Measurement]] = {}
    for task in tasks:
        groups.setdefault(task.name, []).append(task)
    sums = [
        Measurement(
            f"{name} x{len(group)}",
            sum(task.predicted_seconds for task in group),
            sum(task.measured_seconds for task in group),
            sum(task.nbytes for task in group),
        )
        for name, group in groups.items()
    ]
    return sorted(sums, key=lambda task: task.measured_seconds, reverse=True)


def _median(runs: int) -> str:
    return "one run" if runs == 1 else f"median of {counted(runs, 'run')}"


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
