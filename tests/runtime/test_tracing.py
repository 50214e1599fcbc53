"""The log keeps what is told while it is open, in bounded memory, from all threads."""

import threading
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from lazydag.runtime import sink, tracing
from lazydag.runtime.sink import FAILED, Note
from lazydag.runtime.tasklist import Label, TaskList
from lazydag.runtime.tracing import Log
from tests.explain.timelines import events, tasks


@pytest.fixture
def log():
    made = Log()
    made.open()
    yield made
    made.close()
    assert not sink.listening


def record(*rows, **options):
    label = range(1 + max(task for task, *_ in rows))
    listed = tasks([f"t{i}" for i in label], label)
    sink.record("run", events(rows, **options), listed)


def test_runs_share_labels_and_tracks(log):
    record((0, 0, 5, 9), (1, 1, 6, 8))
    record((1, 0, 10, 12), workers=("helper", "main"))
    found = log.close()
    assert [label.name for label in found.labels] == ["t0", "t1"]
    assert found.tracks == ("main", "helper")
    assert found.rows["label"].tolist() == [0, 1, 1]
    assert found.rows["track"].tolist() == [0, 1, 1]
    first, second, third = found.rows["run"].tolist()
    assert first == second
    assert third != first
    assert (found.start_ns, found.end_ns) == (5, 12)
    assert found.seconds == pytest.approx(7e-9)


def test_notes(log):
    wait = Note("sync", "wait", "main", 3, 4)
    task = Note("f", "task", "pool-1", 1, 2, None, FAILED, 7, (5, 6), 80, 8)
    sink.note(wait)
    sink.note(task)
    found = log.close()
    assert found.labels == (Label("sync", "wait"), Label("f", "task", None, 80, 8))
    assert found.tracks == ("main", "pool-1")
    assert found.rows["run"].tolist() == [0, 0]
    assert found.rows["outcome"].tolist() == [0, FAILED]
    ((run, edges),) = found.edges
    assert run == 0
    assert [end.tolist() for end in edges] == [[5, 6], [7, 7]]


def test_shares_of_a_grid():
    label = Label("k", read_nbytes=100, written_nbytes=50)
    zero = np.zeros(1, np.int64)
    grid = TaskList([label], zero, zero * 1.0, zero + 4)
    log = Log()
    log.open()
    part = events([(0, 0, 0, 5)])
    sink.record("run", part, grid)
    found = log.close()
    assert found.rows[["read", "written", "tiles"]].tolist() == [(25, 12, 1)]


def test_after_the_end_nothing_is_kept(log):
    found = log.close()
    log.record("late", 1, events([(0, 0, 0, 1)]), tasks(["a"], [0]))
    assert len(found.rows) == len(log.close().rows) == 0
    assert (found.start_ns, found.seconds) == (0, 0.0)


def test_many_events_wait_in_a_file(log, monkeypatch):
    monkeypatch.setattr(tracing, "_ROWS_IN_MEMORY", 1000)
    block = events([(0, 0, i, i + 1) for i in range(100)])
    listed = tasks(["a"], [0])
    for _ in range(50):
        sink.record("run", block, listed)
    found = log.close()
    assert len(found.rows) == 5000
    assert isinstance(found.rows, np.memmap)
    assert found.rows["start"].reshape(50, 100).tolist() == [list(range(100))] * 50


def test_memory_is_bounded(log):
    block = events([(0, 0, i, i + 1) for i in range(10_000)])
    listed = tasks(["a"], [0])
    tracemalloc.start()
    for _ in range(100):
        sink.record("run", block, listed)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 30e6
    assert len(log.close().rows) == 1_000_000


def test_dropped_events_are_counted(log):
    lossy = replace(events([(0, 0, 0, 1)]), dropped=3)
    for _ in range(2):
        sink.record("run", lossy, tasks(["a"], [0]))
    assert log.close().dropped == 6


def test_events_beyond_the_most_are_counted(log, monkeypatch):
    monkeypatch.setattr(tracing, "MOST_EVENTS", 3)
    record((0, 0, 0, 1), (0, 0, 1, 2))
    record((0, 0, 2, 3), (0, 0, 3, 4))
    found = log.close()
    assert (len(found.rows), found.dropped) == (3, 1)


def test_edges_beyond_the_most_are_left_out(log, monkeypatch):
    monkeypatch.setattr(tracing, "MOST_EDGES", 2)
    listed = tasks(["a"], [0, 0, 0], [(0, 1), (1, 2)])
    for _ in range(3):
        sink.record("run", events([(0, 0, 0, 1)]), listed)
    assert len(log.close().edges) == 1


def test_many_threads(log):
    each = 20_000

    def work(number):
        for i in range(each):
            sink.note(Note(f"t{i % 7}", "task", f"thread {number}", i, i + 1))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    found = log.close()
    assert np.bincount(found.rows["track"]).tolist() == [each] * 4
    assert len(found.labels) == 7


def test_gauges_are_read_now_and_then(log, monkeypatch):
    monkeypatch.setitem(sink.gauges, "bytes", lambda: 5.0)
    monkeypatch.setattr(tracing, "_GAUGE_NS", 0)
    monkeypatch.setattr(log._readings, "_every_ns", 1)
    monkeypatch.setattr(tracing, "_GAUGES_KEPT", 10)
    for _ in range(100):
        record((0, 0, 0, 1))
    values = log.close().gauges["bytes"]
    assert 0 < len(values) <= 11
    assert values == sorted(values)
    assert {value for _, value in values} == {5.0}
