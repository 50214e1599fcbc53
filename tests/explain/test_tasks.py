"""The view of task graphs."""

import numpy as np
import pytest

from lazydag.explain.tasks import critical_path, holders, tasks_text
from lazydag.runtime import CallTask, Mode, Role, Slot, TaskGraph, View

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
    path = critical_path(diamond)
    assert path.tasks == (0, 2, 3, 4)
    assert path.seconds == pytest.approx(8.001e-3)


def test_critical_path_of_nothing():
    assert critical_path(TaskGraph((), ())).tasks == ()


def test_reuse_is_counted(diamond):
    assert holders(diamond) == [1, 2, 1, 1, 1]


def test_text(diamond, golden):
    golden("diamond.tasks.txt", f"{tasks_text(diamond)}\n")


def test_text_of_nothing():
    text = tasks_text(TaskGraph((), ()))
    assert "no slots" in text
    assert "critical path: none" in text
