"""Sinks and watchers come and go; each gets what happens in between."""

import numpy as np
import pytest

from lazydag.runtime import sink
from lazydag.runtime.sink import Events, Note
from lazydag.runtime.tasklist import Label, TaskList


class Listener:
    def __init__(self):
        self.runs, self.notes = [], []

    def record(self, name, run, events, tasks):
        self.runs.append((name, run, len(events), len(tasks)))

    def note(self, note):
        self.notes.append(note)


class Watch:
    def __init__(self):
        self.seen = []

    def begin(self, meter):
        self.seen.append(("begin", meter))

    def end(self, meter):
        self.seen.append(("end", meter))


def one_event():
    zero = np.zeros(1, np.int64)
    tasks = TaskList([Label("t")], zero, zero.astype(float), zero + 1)
    return Events(zero, zero, zero, zero + 5, zero, zero.astype("u1"), ("main",)), tasks


@pytest.fixture(autouse=True)
def nobody_is_left():
    yield
    assert not sink.listening
    assert not sink.watching


def test_nobody_listens():
    sink.record("run", *one_event())
    sink.note(Note("task", "task", "main", 0, 1))
    sink.begin(None)
    sink.end(None)


def test_all_sinks_get_what_happens_while_they_listen():
    first, second = Listener(), Listener()
    sink.listen(first)
    sink.record("a", *one_event())
    sink.listen(second)
    assert sink.listening
    sink.record("b", *one_event())
    sink.ignore(first)
    assert sink.listening
    sink.note(Note("task", "task", "main", 0, 1))
    sink.ignore(second)
    assert [name for name, *_ in first.runs] == ["a", "b"]
    assert [name for name, *_ in second.runs] == ["b"]
    assert first.runs[1] == second.runs[0]
    assert first.runs[0][1] != first.runs[1][1]
    assert (len(first.notes), len(second.notes)) == (0, 1)


def test_watchers():
    watch, meter = Watch(), object()
    sink.watch(watch)
    assert sink.watching
    sink.begin(meter)
    sink.end(meter)
    sink.unwatch(watch)
    sink.begin(meter)
    assert watch.seen == [("begin", meter), ("end", meter)]
