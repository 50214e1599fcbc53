"""Spare threads, timers and the event loop: they come and go."""

import asyncio
import gc
import threading
import time
from contextvars import copy_context

import pytest

from lazydag.errors import TaskCancelledError
from lazydag.runtime.dynamic import spares
from lazydag.runtime.dynamic.loop import Loop
from lazydag.runtime.dynamic.spares import Spares
from lazydag.runtime.dynamic.timers import Timers

pytestmark = pytest.mark.timeout(30)


def alive(name):
    return [t for t in threading.enumerate() if t.name.startswith(name)]


def wait_until(condition):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.001)


def test_an_idle_thread_is_used_again():
    ran, came = [], threading.Semaphore(0)

    def work(task):
        ran.append((task, threading.get_ident()))
        came.release()

    pool = Spares(work)
    for _ in range(5):
        assert pool.call(is_stuck=False)
        assert came.acquire(timeout=20)
        wait_until(lambda: pool._crew.idle)
    assert len({ident for _, ident in ran}) == 1
    assert pool.run("task")
    assert came.acquire(timeout=20)
    assert ran[-1][0] == "task"
    pool.close()
    assert not pool._crew.all
    assert not pool.call(is_stuck=True)


def test_threads_end_when_idle(monkeypatch):
    monkeypatch.setattr(spares, "IDLE_SECONDS", 0.01)
    pool = Spares(lambda task: None)
    for _ in range(20):
        pool.call(is_stuck=False)
        time.sleep(0.009)
    wait_until(lambda: not pool._crew.all)
    pool.close()


def test_there_are_not_more_than_allowed(monkeypatch):
    monkeypatch.setattr(spares, "MOST", 2)
    monkeypatch.setattr(spares, "MOST_IF_STUCK", 3)
    gate = threading.Event()
    pool = Spares(lambda task: gate.wait(20))
    assert [pool.call(is_stuck=False) for _ in range(3)] == [True, True, False]
    assert [pool.call(is_stuck=True) for _ in range(2)] == [True, False]
    assert pool.run("task")
    gate.set()
    pool.close()


def test_a_system_without_threads(monkeypatch):
    def no_start(thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", no_start)
    pool = Spares(lambda task: None)
    assert not pool.call(is_stuck=True)
    assert not pool._crew.all


def test_timers_go_off_in_order():
    rang, timers = [], Timers()
    timers.after(0.03, lambda: rang.append(3))
    timers.after(0.01, lambda: rang.append(1))
    cancelled = timers.after(0.02, lambda: rang.append(2))
    cancelled.cancel()
    timers.after(100, lambda: rang.append(4))
    wait_until(lambda: len(rang) == 2)
    assert rang == [1, 3]
    timers.close()


def test_a_loop_runs_and_ends_coroutines():
    loop, ended = Loop(), []

    async def work(seconds, value):
        await asyncio.sleep(seconds)
        assert loop.is_here()
        return value

    def end(value, error):
        ended.append((value, error))

    loop.start(work(0.001, 1), copy_context(), end)
    stop = loop.start(work(100, 2), copy_context(), end)
    wait_until(lambda: ended)
    assert ended == [(1, None)]
    stop()
    wait_until(lambda: len(ended) == 2)
    assert isinstance(ended[1][1], TaskCancelledError)
    loop.start(work(100, 3), copy_context(), end)
    loop.close()
    wait_until(lambda: len(ended) == 3)
    loop.start(work(0, 4), copy_context(), end)
    wait_until(lambda: len(ended) == 4)
    loop.close()
    gc.collect()
    assert not loop.is_here()
