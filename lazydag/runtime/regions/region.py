"""A block in which tasks are recorded, and run as one plan at its end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from contextvars import Context
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from lazydag.errors import UsageError
from lazydag.runtime.dynamic.arguments import find
from lazydag.runtime.dynamic.failures import group_error
from lazydag.runtime.dynamic.scheduler import scheduler
from lazydag.runtime.dynamic.source import location
from lazydag.runtime.dynamic.start import promise
from lazydag.runtime.dynamic.states import CANCELLED
from lazydag.runtime.dynamic.task import Task
from lazydag.runtime.outcome import Failure, Outcome
from lazydag.runtime.regions.access import unwrapped
from lazydag.runtime.regions.listing import joined, measured
from lazydag.runtime.regions.natives import native_task
from lazydag.runtime.regions.operands import operands_of
from lazydag.runtime.regions.places import Places
from lazydag.runtime.regions.recording import Call, Recording
from lazydag.runtime.regions.running import Run
from lazydag.runtime.regions.templates import Line, python_template, site_of

if TYPE_CHECKING:
    from lazydag.runtime.dynamic.options import Options
    from lazydag.runtime.executor import Addresses
    from lazydag.runtime.native import NativeCall
    from lazydag.runtime.regions.planning import PlanCache, RegionPlan
    from lazydag.runtime.tasklist import TaskList


class Ended(Protocol):
    """What came of a run; tasks are numbered as they were recorded."""

    @property
    def is_clean(self) -> bool:
        """Whether all tasks ran, and none failed."""
        ...

    @property
    def failures(self) -> Mapping[int, Failure]:
        """Why each task that failed did, the first one first."""
        ...

    @property
    def skipped(self) -> Sequence[int]:
        """The tasks that did not run since they depend on one that failed."""
        ...


class Host(Protocol):
    """What a region runs on."""

    def seconds(self, call: NativeCall) -> float:
        """Return the estimated duration of a native call on one worker."""
        ...

    def learn(self, call: NativeCall, seconds: float) -> None:
        """Take note of what a native call took."""
        ...

    def execute(
        self, plan: RegionPlan, recording: Recording, addresses: Addresses
    ) -> Ended:
        """Run the tasks of a plan.

        Parameters
        ----------
        addresses
            Of the region's buffers, and the number of the run.
        """
        ...

    def single_threaded(self) -> AbstractContextManager[object]:
        """Keep libraries from starting threads of their own."""
        ...


class Segment(NamedTuple):
    """What was recorded between two runs, with its plan."""

    recording: Recording
    plan: RegionPlan
    tasks: dict[int, Task[Any]]


class TaskRegion:
    """Tasks that run as if one after the other, in the order of their recording.

    Made by `lazydag.datadeps`.

    Parameters
    ----------
    host
        What it runs on.
    plans
        The plans made before.
    context
        The context variables that the tasks see.
    """

    def __init__(self, host: Host, plans: PlanCache, context: Context) -> None:
        self._host = host
        self._plans = plans
        self._context = context
        self._places = Places()
        self._recording = Recording(self._places)
        self._tasks: dict[int, Task[Any]] = {}
        self._numbers: dict[Task[Any], int] = {}
        self._outer: list[Any] = []
        self._segments: list[Segment] = []
        self._failed: list[Task[Any]] = []

    @property
    def name(self) -> str:
        """The function that spawned its first task."""
        recording = self._segments[0].recording if self._segments else self._recording
        return recording.name

    def task_list(self) -> TaskList:
        """Return the tasks that were run, in the order of the program.

        `lazydag.explain` shows them: costs, edges, the critical path.
        """
        return joined([segment.plan.frozen.task_list for segment in self._segments])

    def notes(self) -> tuple[str, ...]:
        """Return what its planning assumed."""
        assumed = sum(segment.plan.assumed for segment in self._segments)
        if not assumed:
            return ()
        pairs = "1 pair" if assumed == 1 else f"{assumed} pairs"
        return (f"{pairs} of accesses may meet: to tell would take too long",)

    def __repr__(self) -> str:
        return f"<region of {len(self)} tasks>"

    def __len__(self) -> int:
        """Return the number of tasks recorded."""
        run = sum(len(segment.recording) for segment in self._segments)
        return run + len(self._recording)

    # ------------------------------------------------------------ recording

    def record(
        self,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        options: Options | None,
        at: Line,
    ) -> Task[Any]:
        """Return a task that the region will run; see `lazydag.runtime.dynamic`."""
        if getattr(function, "is_native", False) is True:
            native = native_task(
                function, args, kwargs, at, self._places, self._host.seconds
            )
            if native is not None:
                site, operands = native
                task = promise(site.template.name, at, options)
                self._tasks[self._recording.add(site, operands)] = task
                return task
        return self._record_call(Call(function, args, kwargs), options, at)

    def _record_call(self, call: Call, options: Options | None, at: Line) -> Task[Any]:
        arguments = (*call.args, *call.kwargs.values())
        operands = [o for argument in arguments for o in operands_of(argument)]
        name = (options and options.name) or _name(call.function)
        template = python_template(
            name,
            tuple((mode, part) for _, mode, part in operands),
            (options and options.cost) or 0.0,
        )
        if options is not None and options.runs_on == "process":
            raise UsageError(
                f"task {name} of a datadeps region is to run in a process",
                location(*at),
                "Spawn it outside: a process cannot write into another's arrays.",
            )
        number = self._recording.add(
            site_of(template, at),
            tuple(self._places.of(operand.value) for operand in operands),
            call,
            self._waits(arguments),
        )
        # Last: a promise that nobody ends would be waited for.
        task = promise(name, at, options)
        self._tasks[number] = task
        self._numbers[task] = number
        return task

    def _waits(self, arguments: tuple[Any, ...]) -> tuple[int, ...]:
        """Return the recorded tasks whose results are among the arguments."""
        waits = set()
        for value in find([unwrapped(each) for each in arguments], Task):
            number = self._numbers.get(value) if isinstance(value, Task) else None
            if number is None:
                self._outer.append(value)
            else:
                waits.add(number)
        return tuple(sorted(waits))

    def empty(
        self, shape: tuple[int, ...], dtype: np.dtype[Any], order: Literal["C", "F"]
    ) -> NDArray[Any]:
        """Return work memory for the tasks of the region."""
        return np.empty(shape, dtype, order)

    # ------------------------------------------------------------ running

    def flush(self) -> None:
        """Run what was recorded so far, and wait for it."""
        if not self._tasks:
            return
        recording, tasks, outer = self._recording, self._tasks, self._outer
        self._recording = Recording(self._places)
        self._tasks, self._numbers, self._outer = {}, {}, []
        try:
            for value in outer:
                _settle(value)
            plan = self._plans.plan(recording)
            segment = Segment(recording, plan, tasks)
            self._segments.append(segment)
            self._failed += self._run(segment, tasks, {})
        except BaseException:
            _cancel(tasks)
            raise

    def _run(
        self,
        segment: Segment,
        tasks: dict[int, Task[Any]],
        renewed: dict[Task[Any], Task[Any]],
    ) -> list[Task[Any]]:
        recording, plan = segment.recording, segment.plan
        alone = len(recording) == 1 or not plan.has_natives
        with (
            Run(recording, tasks, self._context, renewed) as run,
            nullcontext() if alone else self._host.single_threaded(),
        ):
            addresses = self._places.buffers.addresses[: plan.nbuffers]
            outcome = self._host.execute(plan, recording, [*addresses, run.token])
            if isinstance(outcome, Outcome):
                self._learn(plan, recording, outcome)
            return run.end(outcome)

    def _learn(self, plan: RegionPlan, recording: Recording, outcome: Outcome) -> None:
        """Take note of what native tasks took on the host, now and then."""
        if outcome.is_clean and plan.has_natives and plan.is_telling():
            for call, seconds in measured(recording, outcome.report()):
                self._host.learn(call, seconds)

    def run(self) -> None:
        """Run all tasks again, on the same arrays and objects.

        Nothing is recorded or planned. Results that tasks take from each other are
        those of this run.

        Raises
        ------
        TaskGroupError
            If tasks failed.
        """
        failed: list[Task[Any]] = []
        renewed: dict[Task[Any], Task[Any]] = {}
        for segment in self._segments:
            tasks = {
                number: promise(
                    _name(call.function), segment.recording.sites[number].line
                )
                for number, call in segment.recording.calls.items()
            }
            renewed.update((segment.tasks[n], task) for n, task in tasks.items())
            failed += self._run(segment, tasks, renewed)
        if failed:
            raise group_error(failed, len(self))

    def close(self) -> None:
        """Run what was recorded last, and raise what failed.

        Raises
        ------
        TaskGroupError
            If tasks failed, or were not run because others did.
        """
        self.flush()
        if self._failed:
            raise group_error(self._failed, len(self))

    def abandon(self) -> None:
        """Cancel what was recorded and has not run."""
        _cancel(self._tasks)
        self._tasks = {}


def _name(function: Callable[..., Any]) -> str:
    name = getattr(function, "__qualname__", None) or getattr(function, "__name__", "")
    return name or type(function).__name__


def _settle(value: Any) -> None:
    """Wait until a task or a lazy value outside of the region is known."""
    if isinstance(value, Task):
        # One that failed fails those that take its result, when they are called.
        value.exception() if not value.cancelled() else None
    else:
        value.__lazydag_value__()


def _cancel(tasks: dict[int, Task[Any]]) -> None:
    for task in tasks.values():
        scheduler.finish(task, CANCELLED, None)
