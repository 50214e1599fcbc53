"""What those who listen are told of tasks."""

import asyncio
import threading
import time

import pytest

from lazydag.runtime import sink
from lazydag.task import options, spawn, wait

pytestmark = pytest.mark.timeout(30)


class Ear:
    def __init__(self):
        self.notes = []

    def note(self, note):
        self.notes.append(note)

    def record(self, name, run, events, tasks):
        raise AssertionError


@pytest.fixture
def ear():
    """Someone who listens; ``named(name)`` waits for the notes of a task."""
    ear = Ear()

    def named(name, many=1):
        end = time.monotonic() + 20
        while len(found := [n for n in ear.notes if n.name == name]) < many:
            assert time.monotonic() < end
            time.sleep(0.001)
        assert len(found) == many
        return found

    sink.listen(ear)
    yield named
    sink.ignore(ear)


def named(name, **more):
    return options(name=name, **more)


def test_a_task_is_told_of(ear):
    start = time.perf_counter_ns()
    task = spawn(time.sleep, 0.01, options=named("slow"))
    task.result()
    (note,) = ear("slow")
    assert (note.kind, note.outcome, note.source) == ("task", sink.DONE, task.source)
    assert start <= note.start_ns <= note.end_ns - 9_000_000
    assert note.worker in {thread.name for thread in threading.enumerate()}


def test_what_it_waited_for(ear):
    one, two = spawn(abs, 1, options=named("one")), spawn(abs, 2, options=named("two"))
    spawn(lambda x, y: x + y[0], one, [two], options=named("three")).result()
    (first,), (second,), (third,) = ear("one"), ear("two"), ear("three")
    assert sorted(third.after) == sorted((first.task, second.task))
    assert len({first.task, second.task, third.task}) == 3
    assert first.after == ()


def test_attempts_and_failures(ear):
    task = spawn(int, "x", options=named("bad", retries=2, backoff=0.001))
    wait([task])
    notes = ear("bad", 3)
    assert notes[-1].outcome == sink.FAILED
    assert len({note.task for note in notes}) == 1


def test_tasks_that_run_elsewhere(ear):
    async def slowly():
        await asyncio.sleep(0.01)

    wait([spawn(slowly, options=named("async"))])
    wait([spawn(time.sleep, 0.01, options=named("process", runs_on="process"))])
    (coroutine,), (process,) = ear("async"), ear("process")
    assert coroutine.worker == "lazydag-loop"
    assert coroutine.end_ns - coroutine.start_ns > 9_000_000
    assert process.worker.startswith("lazydag-process-")
    assert process.end_ns - process.start_ns > 9_000_000


def test_nobody_is_told_when_nobody_listens():
    ear = Ear()
    sink.listen(ear)
    sink.ignore(ear)
    spawn(abs, 1).result()
    assert not ear.notes
