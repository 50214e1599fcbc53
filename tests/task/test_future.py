"""A task has what `concurrent.futures.Future` has."""

import asyncio
import concurrent.futures
import gc
import threading
import time
import weakref

import numpy as np
import pytest

from lazydag.errors import (
    LazydagError,
    TaskCancelledError,
    TaskTimeoutError,
    UsageError,
)
from lazydag.task import Task, options, spawn, wait

pytestmark = pytest.mark.timeout(30)


def raises():
    raise ValueError("no")


@pytest.fixture
def gate():
    """A function that waits until the test ends, or lets it go on."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def running(gate):
    """A task that runs until its gate is opened."""
    started = threading.Event()

    def work():
        started.set()
        gate.wait(20)
        return 7

    task = spawn(work)
    assert started.wait(20)
    return task


def test_a_result(any_threads):
    task = spawn(divmod, 7, 2)
    assert task.result() == (3, 1)
    assert task.done()
    assert not task.running()
    assert not task.cancelled()
    assert task.exception() is None
    assert not task.cancel()
    assert task.result(timeout=0) == (3, 1)


def test_keywords_are_passed_on():
    def show(*args, **kwargs):
        return args, kwargs

    assert spawn(show, 1, b=2, function=3).result() == ((1,), {"b": 2, "function": 3})


def test_an_exception(any_threads):
    task = spawn(raises)
    with pytest.raises(ValueError, match="no") as info:
        task.result()
    assert task.exception() is info.value
    assert task.done()
    (note,) = info.value.__notes__
    assert note.startswith("in task raises, spawned at test_future.py:")
    assert note.endswith("task = spawn(raises)")


def test_a_running_task(running, gate):
    assert running.running()
    assert not running.done()
    assert not running.cancel()
    with pytest.raises(TaskTimeoutError, match=r"not done after 0\.01 s"):
        running.result(timeout=0.01)
    with pytest.raises(TimeoutError):
        running.exception(timeout=0)
    gate.set()
    assert running.result(timeout=20) == 7


def test_a_task_that_is_cancelled_never_starts(threads, gate):
    threads(1)
    called = []
    first = spawn(gate.wait, 20)
    task = spawn(called.append, 1)
    assert task.cancel()
    assert task.cancel()
    assert task.cancelled()
    assert task.done()
    gate.set()
    first.result()
    with pytest.raises(TaskCancelledError, match="append was cancelled"):
        task.result()
    with pytest.raises(concurrent.futures.CancelledError):
        task.exception()
    assert not called


def test_callbacks_are_called_once_in_order(running, gate):
    called = []
    running.add_done_callback(lambda task: called.append((1, task.result())))
    running.add_done_callback(lambda task: called.append((2, task.result())))
    assert not called
    gate.set()
    running.result(timeout=20)
    spawn(abs, 1).result(timeout=20)
    running.add_done_callback(lambda task: called.append((3, task.result())))
    assert called == [(1, 7), (2, 7), (3, 7)]


def test_what_a_callback_raises_is_logged(caplog):
    task = spawn(abs, -1)
    task.result()
    task.add_done_callback(lambda task: raises())
    assert "callback of <Task abs: done" in caplog.text
    assert "ValueError: no" in caplog.text


def test_it_can_be_awaited():
    async def main():
        slow, bad = spawn(time.sleep, 0.02), spawn(raises)
        assert await spawn(abs, -3) == 3
        assert await slow is None
        assert await slow is None
        assert await asyncio.gather(*[spawn(abs, n) for n in range(20)]) == [*range(20)]
        with pytest.raises(ValueError, match="no"):
            await bad

    asyncio.run(main())


def test_giving_up_awaiting_cancels(threads, gate):
    threads(1)

    async def main():
        task = spawn(abs, 1)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(task, 0.02)
        assert task.cancelled()
        with pytest.raises(TaskCancelledError):
            await task

    blocker = spawn(gate.wait, 20)
    asyncio.run(main())
    gate.set()
    blocker.result()


def test_it_is_an_array():
    task = spawn(np.arange, 3.0)
    assert np.asarray(task).tolist() == [0, 1, 2]
    assert np.asarray(task) is task.result()
    assert np.array(task, copy=True) is not task.result()
    assert np.asarray(task, dtype="i4").dtype == "i4"
    assert (np.add(task, 1) == [1, 2, 3]).all()


def test_it_can_be_shown(running, gate):
    assert repr(running).startswith("<Task running.work: running, spawned at")
    gate.set()
    running.result()
    assert repr(running).startswith("<Task running.work: done, spawned at test_future")
    named = spawn(abs, 1, options=options(name="one"))
    assert named.name == "one"
    assert named.source.line > 1


def test_it_is_small_and_keeps_nothing():
    class Thing:
        pass

    thing = Thing()
    seen = weakref.ref(thing)
    task = spawn(lambda x, y=thing: None, thing)
    del thing
    task.result()
    wait([spawn(abs, 1)])
    gc.collect()
    assert seen() is None
    assert not hasattr(task, "__dict__")
    assert Task.__basicsize__ <= 160


def test_waiting_in_an_async_function_is_refused(gate):
    async def wrong():
        return blocker.result()

    blocker = spawn(gate.wait, 20)
    with pytest.raises(UsageError, match="would stop the event loop"):
        spawn(wrong).result()
    gate.set()
    assert isinstance(spawn(wrong).exception(), LazydagError | None)


def test_nothing_is_run_on_the_event_loop():
    ran, loops = [], []

    def note():
        ran.append(threading.current_thread())

    async def wrong():
        loops.append(threading.current_thread())
        return spawn(note).result()

    for _ in range(50):  # whether a worker was quicker or not
        error = spawn(wrong).exception()
        assert error is None or "would stop the event loop" in str(error)
    wait([spawn(note)])
    assert not set(ran) & set(loops)
