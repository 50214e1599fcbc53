"""The view of task graphs."""

import json
import time

import numpy as np
import pytest

import lazydag as ld
from lazydag.errors import UsageError
from lazydag.explain.bounds import bounds
from lazydag.explain.dot import tasks_dot
from lazydag.explain.listing import Region, region_text
from lazydag.explain.tasks import holders, tasks_text
from lazydag.runtime import CallTask, Mode, Role, Slot, TaskGraph, View, sink
from lazydag.runtime.tasklist import Label, TaskList
from tests.explain import timelines

F64 = np.dtype("f8")


def view(slot, mode=Mode.IN):
    return View(slot, F64, (10,), mode=mode)


def call(name, reads, writes, cost):
    views = [*map(view, reads), *(view(slot, Mode.OUT) for slot in writes)]
    return CallTask(name, np.negative, tuple(views), cost=cost)


@pytest.fixture
def diamond():
    """One task, two that wait for it, one that waits for both; slot 1 is used twice."""
    slots = (
        Slot(80, Role.PARAM, "x"),
        Slot(80, Role.TEMPORARY, "a"),
        Slot(80, Role.TEMPORARY, "b"),
        Slot(80, Role.TEMPORARY, "c"),
        Slot(80, Role.OUTPUT, "y"),
    )
    tasks = (
        call("start", [0], [1], 1e-3),
        call("short", [1], [2], 1e-3),
        call("long", [1], [3], 5e-3),
        call("join", [2, 3], [1], 2e-3),
        call("end", [1], [4], 1e-6),
    )
    return TaskGraph(slots, tasks, name="diamond")


def test_critical_path_takes_the_long_way(diamond):
    found = bounds(diamond.task_list, 2)
    assert found.path.tasks == (0, 2, 3, 4)
    assert found.path.seconds == pytest.approx(8.001e-3)
    assert found.work_seconds == pytest.approx(9.001e-3)
    assert found.makespan_seconds == pytest.approx(8.001e-3)
    assert found.parallelism == pytest.approx(9.001 / 8.001)


def test_one_worker_takes_the_work():
    found = bounds(chains(10, 5), 1)
    assert found.makespan_seconds == pytest.approx(found.work_seconds)


def test_grids_are_shared():
    tasks = TaskList([Label("k")], [0], np.array([2.0]), np.array([8]))
    assert bounds(tasks, 4).work_seconds == 8.0
    assert bounds(tasks, 4).makespan_seconds == 2.0


def test_reuse_is_counted(diamond):
    assert holders(diamond) == [1, 2, 1, 1, 1]


def test_text(diamond, golden):
    golden("diamond.tasks.txt", f"{tasks_text(diamond, 2)}\n")


def test_text_of_nothing():
    text = tasks_text(TaskGraph((), ()), 2)
    assert "no slots" in text
    assert "critical path (*): none" in text


def chains(width, length, cost=1e-3):
    """Return `width` chains of tasks, whose first ones wait for one task."""
    n = 1 + width * length
    label = np.r_[0, 1 + np.arange(n - 1) % 2]
    labels = [Label("start", "call"), Label("even"), Label("odd", "kernel", None, 8, 8)]
    sources = np.maximum(0, np.arange(1, n) - width)
    edges = sources, np.arange(1, n)
    return TaskList(labels, label, np.full(n, cost), np.ones(n, np.int64), edges)


def test_a_region(golden):
    golden("chains.tasks.txt", f"{region_text(Region('chains', chains(2, 3)), 2)}\n")


def test_a_large_region_is_shown_by_its_ends(golden):
    tasks = chains(100, 1000)
    start = time.process_time()
    text = region_text(Region("chains", tasks), 8)
    assert time.process_time() - start < 5.0
    assert len(text.splitlines()) < 50
    golden("many_chains.tasks.txt", f"{text}\n")


def test_a_region_without_estimates():
    text = region_text(Region("chains", chains(2, 3, cost=0.0)), 2)
    assert "no estimates: 4 tasks in a row, average parallelism 1.75" in text
    assert "est." not in text


def test_dot_marks_the_path(diamond):
    dot = tasks_dot("diamond", diamond.task_list, {0, 2})
    assert dot.count("penwidth") == 2
    assert dot.count("->") == sum(map(len, diamond.predecessors))


class Recorded:
    """A region of two parts, with a run of something else in between."""

    name = "my region"
    runs = 0

    def notes(self):
        return ("2 pairs of accesses may meet",)

    def task_list(self):
        return chains(2, 3)

    def run(self):
        self.runs += 1
        first = timelines.events([(0, 0, 0, 1000), (1, 0, 1000, 2000)])
        second = timelines.events([(0, 0, 2000, 5000), (4, 1, 2000, 9000)])
        sink.record(self.name, first, chains(1, 1))
        sink.record("another", second, chains(1, 1))
        sink.record(self.name, second, chains(2, 2))


def test_regions_are_explained():
    region = Recorded()
    explanation = ld.explain(region)
    assert str(explanation).startswith("tasks of my region: 7 tasks, 6 edges")
    assert region.runs == 0
    document = json.loads(explanation.json())
    assert [task["after"] for task in document["tasks"]["tasks"]][:4] == [
        [],
        [0],
        [0],
        [1],
    ]
    assert document["tasks"]["critical_path"]["tasks"] == [0, 1, 3, 5]
    assert explanation.dot().count("->") == 6
    with pytest.raises(UsageError, match="no stage of a region 'fused'"):
        ld.explain(region, stage="fused")


def test_regions_are_measured_once():
    region = Recorded()
    analysis = ld.explain(region, analyze=True).analysis
    assert region.runs == 1
    assert analysis is not None
    assert analysis.makespan_seconds == pytest.approx(9e-6)
    measured = [round(task.measured_seconds * 1e6) for task in analysis.tasks]
    assert measured == [1, 1, 3, 0, 0, 0, 7]
    assert "measured, one run" in str(analysis)
