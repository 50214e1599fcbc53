"""The explanation of one program, in any of its looks."""

from __future__ import annotations

import html
from dataclasses import dataclass, replace

from lazydag.cost import Target
from lazydag.explain.analysis import Analysis
from lazydag.explain.chart import gantt
from lazydag.explain.columns import counted
from lazydag.explain.document import document_text, parts_text
from lazydag.explain.dot import graph_dot, tasks_dot
from lazydag.explain.listing import Region, region_text
from lazydag.explain.notes import notes_text
from lazydag.explain.retiling import retile_comments
from lazydag.explain.schedule import longest_path
from lazydag.explain.sockets import Prediction
from lazydag.explain.summary import Shown, kernel_comments
from lazydag.explain.tasks import tasks_text
from lazydag.ir.graph import Graph, Stage
from lazydag.ir.text import dump
from lazydag.runtime import TaskGraph


@dataclass(frozen=True, slots=True, repr=False)
class Explanation:
    """What a program computes, how, why and what it costs.

    Printing it shows what was asked for; the other looks are there, too.

    Parameters
    ----------
    stages
        The program at the stages to show, in order.
    target
        The machine that it is planned for.
    tasks
        What is run; None if it is not to be shown.
    format
        What printing shows: ``"text"``, ``"json"`` or ``"dot"``.
    why
        Whether text has the reasons of the passes; JSON always has them.
    analysis
        Measured times, if the plan was run for them.
    title
        What is said of the program as a whole.
    prediction
        A simulated run on all sockets, if the machine has several.
    parts
        A heading and an explanation for each of its parts, if it is run in several.
    """

    stages: tuple[Shown, ...]
    target: Target
    tasks: TaskGraph | Region | None = None
    format: str = "text"
    why: bool = False
    analysis: Analysis | None = None
    title: str = ""
    prediction: Prediction | None = None
    parts: tuple[tuple[str, Explanation], ...] = ()

    @property
    def graphs(self) -> tuple[Graph, ...]:
        """The graphs that are shown."""
        own = tuple(shown.graph for shown in self.stages)
        return own + tuple(graph for _, part in self.parts for graph in part.graphs)

    @property
    def text(self) -> str:
        """The graph of each stage, the tasks, the reasons, the measured times.

        Beside measured tasks there is a chart of one run, as wide as the terminal.
        """
        parts = [self.title] if self.title else []
        parts += [f"{head}\n\n{part.text}" for head, part in self.parts]
        parts += [self._dump(shown) for shown in self.stages]
        if self.tasks is not None:
            parts.append(self._tasks_text(self.tasks))
        if self.why and not self.title:
            parts.append(notes_text(self.stages[-1].graph.notes if self.stages else ()))
        if self.analysis is not None:
            parts.append(str(self.analysis))
            if self.tasks is not None:
                parts.append(gantt(self.analysis.timeline))
        return "\n\n".join(parts)

    def shown(self, format: str, *, why: bool = False) -> Explanation:
        """Return it with another look."""
        parts = [(head, part.shown(format, why=why)) for head, part in self.parts]
        return replace(self, format=format, why=why, parts=tuple(parts))

    def dot(self) -> str:
        """Return the last graph that is shown, or else the tasks, for Graphviz."""
        if self.parts:
            return "\n".join(part.dot() for _, part in self.parts)
        if self.stages:
            last = self.stages[-1]
            return graph_dot(last.graph, kernel_comments(last.costs))
        assert self.tasks is not None
        tasks = self.tasks.task_list
        critical = longest_path(tasks.costs, tasks.edges).tasks
        return tasks_dot(self.tasks.name, tasks, set(critical))

    def json(self) -> str:
        """Return all of it as JSON text, as `docs/explain.md` describes it."""
        if self.title:
            return parts_text(self.title, [(h, part.json()) for h, part in self.parts])
        return document_text(self.target, self.stages, self.tasks, self.analysis)

    def _tasks_text(self, tasks: TaskGraph | Region) -> str:
        workers = self.target.default.threads
        if isinstance(tasks, Region):
            return region_text(tasks, workers)
        text = tasks_text(tasks, workers)
        return text if self.prediction is None else f"{text}\n  {self.prediction}"

    def _dump(self, shown: Shown) -> str:
        is_placed = shown.graph.stage is Stage.PLACED
        title = f"target={_devices(self.target)}" if is_placed else ""
        comments = kernel_comments(shown.costs)
        if is_placed:
            comments |= retile_comments(shown.graph, self.target)
        if shown.course is not None:
            comments |= shown.course.comments()
        text = dump(shown.graph, comments, title=title, summary=str(shown.summary))
        if shown.course is None:
            return text.rstrip("\n")
        lines = shown.course.lines(shown.summary.peaks or {})
        return "\n".join([text, *lines])

    def __str__(self) -> str:
        looks = {"json": self.json, "dot": self.dot}
        return looks[self.format]() if self.format in looks else self.text

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(str(self))}</pre>"


def _devices(target: Target) -> str:
    """Return the default device and its threads, and how many others there are."""
    device, *others = target.devices
    gpus = sum(each.kind == "gpu" for each in others)
    more = f" and {counted(gpus, 'GPU')}" if gpus else ""
    return f"{device.name} x{device.threads}{more}"
