"""Traces of programs: arrays, spawned tasks, regions, and all of them at once."""

import json
import time

import numpy as np
import pytest

import lazydag as ld
from lazydag.explain import trace
from tests.explain.trace_schema import checked


@ld.jit
def spread(a, b):
    d = a - b
    return ld.sqrt(ld.mean(d * d))


MEAN_LINE = spread.__wrapped__.__code__.co_firstlineno + 3


@pytest.fixture
def arrays():
    a = np.linspace(0.0, 1.0, 300_000)
    return a, a[::-1].copy()


def slices(path):
    events = checked(path.read_text())
    return events, [(e["name"], e["cat"]) for e in events["X"]]


def test_arrays(tmp_path, arrays):
    path = tmp_path / "run.json"
    with trace(path):
        for _ in range(3):
            spread(*arrays)
    events, found = slices(path)
    assert ("sum_mul_sub", "kernel") in found
    assert {e["args"]["line"] for e in events["X"]} == {f"test_programs.py:{MEAN_LINE}"}
    assert len({e["args"]["run"] for e in events["X"]}) == 3
    first = [e for e in events["X"] if e["name"] == "sum_mul_sub"]
    assert sum(e["args"]["read"] for e in first) == pytest.approx(3 * 4_800_000, abs=99)
    assert {e["name"] for e in events["C"]} >= {"memory in use"}
    assert events["s"]


def test_spawned_tasks_and_the_plans_that_they_run(tmp_path, arrays):
    path = tmp_path / "run.json"
    with trace(path):
        tasks = [ld.spawn(lambda: float(spread(*arrays))) for _ in range(8)]
        assert len({task.result() for task in tasks}) == 1
    events, found = slices(path)
    assert sum(kind == "task" for _, kind in found) == 8
    names = {name for name, kind in found if kind == "task"}
    assert [name.rpartition(".")[2] for name in names] == ["<lambda>"]
    assert len({e["args"]["run"] for e in events["X"]}) == 9


def test_failed_tasks(tmp_path):
    path = tmp_path / "run.json"
    with trace(path):
        task = ld.spawn(lambda: 1 / 0)
        assert isinstance(task.exception(), ZeroDivisionError)
    events, _ = slices(path)
    assert [e["args"]["outcome"] for e in events["X"]] == ["failed"]


def fill(a, value):
    a[:] = value


def add(total, a):
    total += a


@pytest.fixture
def region():
    x, y, total = np.zeros((3, 1000))
    with ld.datadeps() as made:
        ld.spawn(fill, ld.Out(x), 1.0)
        ld.spawn(fill, ld.Out(y), 2.0)
        ld.spawn(add, ld.InOut(total), ld.In(x))
        ld.spawn(add, ld.InOut(total), ld.In(y))
    return made


def test_regions(tmp_path, region):
    path = tmp_path / "run.json"
    with trace(path):
        region.run()
    events, found = slices(path)
    assert sorted(found) == [("add", "task")] * 2 + [("fill", "task")] * 2
    assert len(events["s"]) == 3
    assert events["X"][0]["args"]["line"].startswith("test_programs.py:")


def test_regions_are_explained(region):
    explanation = ld.explain(region)
    text = str(explanation)
    assert text.startswith("tasks of region: 4 tasks, 3 edges")
    tasks = json.loads(explanation.json())["tasks"]["tasks"]
    assert [task["name"] for task in tasks] == ["fill", "fill", "add", "add"]
    assert [task["nbytes"] for task in tasks] == [8000, 8000, 24000, 24000]
    assert tasks[3]["after"] == [1, 2]


def test_regions_are_measured(region):
    analysis = ld.explain(region, analyze=True).analysis
    assert analysis is not None
    assert all(task.measured_seconds > 0 for task in analysis.tasks)
    assert analysis.timeline.rows["task"].tolist() != []


def test_all_at_once(tmp_path, arrays, region):
    path = tmp_path / "run.json"
    with trace(path):
        tasks = [ld.spawn(lambda: float(spread(*arrays))) for _ in range(4)]
        region.run()
        spread(*arrays)
        for task in tasks:
            task.result()
    _, found = slices(path)
    assert {kind for _, kind in found} >= {"kernel", "task"}


def test_results_are_the_same_bits(arrays):
    before = spread(*arrays)
    with trace():
        during = spread(*arrays)
    assert float(before) == float(during) == float(spread(*arrays))


def test_recording_takes_little():
    a = np.ones(1000)

    def loop():
        start = time.process_time()
        for _ in range(200):
            spread(a, a)
        return (time.process_time() - start) / 200

    loop()
    plain = min(loop() for _ in range(3))
    with trace():
        recorded = min(loop() for _ in range(3))
    assert recorded - plain < 1e-3
