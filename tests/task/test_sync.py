"""Blocks that wait for what is spawned in them."""

import threading
import time

import pytest

from lazydag.errors import (
    DependencyError,
    LazydagError,
    TaskCancelledError,
    TaskError,
    TaskGroupError,
)
from lazydag.task import cancelled, options, spawn, sync

pytestmark = pytest.mark.timeout(30)


def fail(text="no"):
    raise ValueError(text)


def test_all_has_ended_at_the_end(any_threads):
    found = []
    with sync():
        tasks = [spawn(found.append, n) for n in range(500)]
    assert all(task.done() for task in tasks)
    assert sorted(found) == list(range(500))


def test_an_empty_block():
    with sync():
        pass


def test_what_tasks_spawn_is_waited_for(any_threads):
    found = []

    def tree(depth):
        if depth:
            spawn(tree, depth - 1)
            spawn(tree, depth - 1)
        time.sleep(0.0005)
        found.append(depth)

    with sync():
        spawn(tree, 6)
    assert len(found) == 127


def test_blocks_in_blocks_and_in_tasks(any_threads):
    def inner(n):
        with sync():
            tasks = [spawn(pow, n, k) for k in range(5)]
        assert all(task.done() for task in tasks)
        return sum(task.result() for task in tasks)

    with sync():
        outer = [spawn(inner, n) for n in range(20)]
        with sync():
            middle = spawn(time.sleep, 0.01)
        assert middle.done()
    assert [task.result() for task in outer] == [
        sum(n**k for k in range(5)) for n in range(20)
    ]


def test_what_is_outside_is_not_waited_for():
    gate = threading.Event()
    outside = spawn(gate.wait, 20)
    with sync():
        spawn(abs, 1)
    assert not outside.done()
    gate.set()
    outside.result()


def test_all_failures_are_raised_together(any_threads):
    with pytest.raises(TaskGroupError) as info, sync():
        first = spawn(fail, "one")
        spawn(fail, "two", options=options(name="second"))
        after = spawn(abs, first)
        good = spawn(abs, -3)
    group = info.value
    assert group.what == "3 tasks of 4 failed"
    found = {error.task: error for error in group.exceptions}
    assert set(found) == {"fail", "second", "abs"}
    assert str(found["fail"]).startswith(
        "task fail failed: ValueError: one\n  at test_sync.py:"
    )
    assert isinstance(found["fail"].__cause__, ValueError)
    assert type(found["abs"]) is DependencyError
    assert found["abs"] is after.exception()
    assert good.result() == 3
    assert isinstance(group, LazydagError | ExceptionGroup)


def test_failures_can_be_told_apart():
    seen = []
    try:
        with sync():
            spawn(abs, spawn(fail))
    except* DependencyError as group:
        seen.append(len(group.exceptions))
    except* TaskError as group:
        seen.append(len(group.exceptions))
    assert seen == [1, 1]


def test_a_block_that_raises_cancels(threads):
    threads(1)
    gate = threading.Event()
    ran = []
    first = None

    def work():
        gate.set()
        while not cancelled():
            time.sleep(0.001)
        ran.append("first")

    def block():
        nonlocal first
        with sync():
            first = spawn(work)
            spawn(ran.append, "never")
            assert gate.wait(20)
            raise KeyError("body")

    with pytest.raises(KeyError, match="body"):
        block()
    assert first.done()
    assert ran == ["first"]


def test_what_failed_is_noted_on_what_the_block_raises():
    def block():
        with sync():
            spawn(fail).exception()
            raise KeyError("body")

    with pytest.raises(KeyError) as info:
        block()
    assert info.value.__notes__[0].startswith("task fail failed: ValueError: no")


def test_tasks_spawned_into_a_cancelled_block_never_start():
    ran, started = [], threading.Event()

    def work():
        started.set()
        while not cancelled():
            time.sleep(0.001)
        late.append(spawn(ran.append, 1))

    late = []

    def block():
        with sync():
            spawn(work)
            started.wait(20)
            raise KeyError

    with pytest.raises(KeyError):
        block()
    assert late[0].cancelled()
    assert not ran


def test_cancelled_tasks_are_no_failures(threads):
    threads(1)
    with sync():
        spawn(time.sleep, 0.05)
        task = spawn(abs, 1)
        task.cancel()
    with pytest.raises(TaskCancelledError):
        task.result()


def test_async_tasks_and_retries_are_waited_for():
    import asyncio

    times = []

    async def slowly():
        await asyncio.sleep(0.02)
        times.append("async")

    def flaky():
        times.append("try")
        if times.count("try") < 2:
            raise OSError

    with sync():
        spawn(slowly)
        spawn(flaky, options=options(retries=1, backoff=0.03))
    assert sorted(times) == ["async", "try", "try"]
