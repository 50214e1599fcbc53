"""Ctrl-C while the main thread spawns, runs or waits."""

import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from lazydag.errors import TaskError
from lazydag.runtime.dynamic import scheduler
from lazydag.task import as_completed, cancelled, fetch, map, spawn, sync, wait

pytestmark = [
    pytest.mark.skipif(os.name == "nt", reason="no os.kill of oneself"),
    pytest.mark.timeout(60),
]


@pytest.fixture(autouse=True)
def handlers():
    signals = (signal.SIGINT, signal.SIGALRM)
    before = [signal.signal(n, signal.default_int_handler) for n in signals]
    threads = scheduler.slots.count
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    for number, handler in zip(signals, before, strict=True):
        signal.signal(number, handler)
    scheduler.employ(threads, scheduler._helpers)


@pytest.fixture
def slow():
    """A task that runs until the test ends, or until it is asked to end."""
    gate, started = threading.Event(), threading.Event()

    def work():
        started.set()
        while not (gate.is_set() or cancelled()):
            time.sleep(0.002)

    task = spawn(work)
    assert started.wait(20)
    yield task
    gate.set()
    task.exception()


def check_alive():
    assert [task.result() for task in [spawn(abs, -n) for n in range(100)]] == [
        *range(100)
    ]
    end = time.monotonic() + 20
    while scheduler.slots.taken or len(scheduler.ready):
        assert time.monotonic() < end
        time.sleep(0.001)
    assert not scheduler.waits
    assert not scheduler.slots.crowded


def sync_around(task):
    with sync():
        spawn(abs, task)


@pytest.mark.parametrize(
    "waits",
    [
        lambda task: task.result(),
        lambda task: task.result(timeout=20),
        lambda task: task.exception(),
        lambda task: wait([task]),
        lambda task: wait([task], return_when="FIRST_COMPLETED"),
        lambda task: list(as_completed([task])),
        lambda task: fetch([task]),
        lambda task: list(map(abs, [task])),
        lambda task: spawn(abs, task).result(),
        sync_around,
    ],
)
@pytest.mark.parametrize("threads", [1, 3])
def test_ctrl_c_in_a_wait(slow, waits, threads):
    scheduler.employ(threads, scheduler._helpers)
    signal.setitimer(signal.ITIMER_REAL, 0.03)
    start = time.perf_counter()
    with pytest.raises(KeyboardInterrupt):
        waits(slow)
    assert time.perf_counter() - start < 5
    assert not slow.done()
    assert not slow._waiters or all(type(w).__name__ == "Task" for w in slow._waiters)


def test_ctrl_c_in_a_task_on_the_main_thread():
    scheduler.employ(0, scheduler._helpers)
    task = spawn(time.sleep, 20)
    after = spawn(abs, task)
    signal.setitimer(signal.ITIMER_REAL, 0.03)
    scheduler.slots.resize(1)
    with pytest.raises(KeyboardInterrupt):
        task.result()
    assert isinstance(task.exception(), KeyboardInterrupt)
    assert isinstance(after.exception(), TaskError)
    check_alive()


def test_ctrl_c_in_a_block_cancels_the_rest(slow):
    scheduler.employ(2, scheduler._helpers)
    ran = []

    def block():
        with sync():
            asked.append(spawn(work))
            spawn(ran.append, asked[0])
            raise KeyboardInterrupt

    def work():
        while not cancelled():
            time.sleep(0.002)

    asked = []
    start = time.perf_counter()
    with pytest.raises(KeyboardInterrupt):
        block()
    assert time.perf_counter() - start < 5
    asked[0].exception() if not asked[0].cancelled() else None
    assert not ran


def program():
    def work(n):
        return sum(task.result() for task in [spawn(abs, n), spawn(abs, -n)])

    with sync():
        tasks = [spawn(work, n) for n in range(20)]
        total = spawn(sum, tasks)
    assert total.result() == 380
    assert list(map(abs, range(5), window=2)) == [*range(5)]
    assert sum(task.result() for task in as_completed(tasks)) == 380
    wait([spawn(abs, spawn(time.sleep, 0) and 1)], timeout=20)


def only_in_programs(number, frame):
    """Raise `KeyboardInterrupt`, but not in the test's own lines."""
    while frame is not None:
        if frame.f_code is program.__code__:
            raise KeyboardInterrupt
        frame = frame.f_back


@pytest.mark.parametrize("threads", [1, 3])
def test_ctrl_c_at_random_moments(threads, monkeypatch):
    # Some come while garbage is collected, where Python can only report them.
    monkeypatch.setattr(sys, "unraisablehook", lambda report: None)
    scheduler.employ(threads, scheduler._helpers)
    signal.signal(signal.SIGALRM, only_in_programs)
    random = np.random.default_rng(threads)
    for delay in random.uniform(1e-5, 4e-3, 300):
        signal.setitimer(signal.ITIMER_REAL, delay, 1e-3)
        with pytest.raises(KeyboardInterrupt):
            while True:
                program()
        signal.setitimer(signal.ITIMER_REAL, 0)
    check_alive()


SCRIPT = """
import time
from lazydag.task import spawn, sync, wait

def work():
    while True:
        time.sleep(0.01)

{code}
"""


@pytest.mark.parametrize(
    "code",
    [
        "t = spawn(work); print('up', flush=True); t.result()",
        "t = [spawn(work) for _ in range(9)]; print('up', flush=True); wait(t)",
        "with sync():\n    spawn(work); print('up', flush=True)",
        """import lazydag as ld; ld.set_num_threads(3)
from lazydag.compiler.session import session
session().executor.pool.start(); time.sleep(0.1)
t = [spawn(work) for _ in range(9)]; print('up', flush=True); wait(t)""",
    ],
)
def test_ctrl_c_ends_a_script(code):
    command = [sys.executable, "-c", SCRIPT.format(code=code)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as script:
        assert script.stdout.readline() == "up\n"
        time.sleep(0.1)
        script.send_signal(signal.SIGINT)
        start = time.perf_counter()
        _, errors = script.communicate(timeout=20)
    assert time.perf_counter() - start < 5
    assert "\nKeyboardInterrupt\n" in errors
    assert "Exception ignored" not in errors
    assert script.returncode == -signal.SIGINT
