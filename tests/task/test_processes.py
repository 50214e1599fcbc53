"""Tasks that run in other processes."""

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from lazydag.errors import TaskCancelledError, TaskError, TaskTimeoutError
from lazydag.task import options, spawn, sync

pytestmark = pytest.mark.timeout(60)
process = options(runs_on="process")


def test_a_call_in_another_process():
    task = spawn(os.getpid, options=process)
    assert task.result() != os.getpid()


def test_functions_travel_whole():
    factor = 3
    with process:
        tasks = [spawn(lambda x: x * factor, n) for n in range(10)]
    assert [task.result() for task in tasks] == [3 * n for n in range(10)]


@pytest.mark.parametrize("n", [10, 20_000, 2_000_000])
def test_arrays_travel_and_are_writable(n):
    def twice(x, names):
        x *= 2
        return {"x": x, "names": names, "half": x[::2]}

    x = np.arange(float(n))
    found = spawn(twice, x, ["a"], options=process).result()
    assert (found["x"] == 2 * x).all()
    assert (found["half"] == 2 * x[::2]).all()
    assert x[1] == 1
    assert found["x"].flags.writeable


def test_an_exception_says_where():
    def divide(x):
        return 1 / x

    error = spawn(divide, 0, options=process).exception()
    assert isinstance(error, ZeroDivisionError)
    notes = "\n".join(error.__notes__)
    assert "in another process:\nTraceback" in notes
    assert "return 1 / x" in notes
    assert "in task test_an_exception_says_where.divide" in notes


def test_an_exception_that_cannot_travel():
    class OddError(Exception):
        def __init__(self, a, b):
            super().__init__("odd")

    def fail():
        raise OddError(1, 2)

    error = spawn(fail, options=process).exception()
    assert isinstance(error, TaskError)
    assert "OddError: odd" in "\n".join(error.__notes__)


def test_a_value_that_cannot_travel():
    import threading

    assert isinstance(
        spawn(id, threading.Lock(), options=process).exception(), TypeError
    )
    assert isinstance(spawn(threading.Lock, options=process).exception(), TypeError)
    assert spawn(abs, -1, options=process).result() == 1


def test_a_process_that_dies_fails_its_task_only(threads):
    threads(2)
    with process:
        good = [spawn(lambda n: time.sleep(0.01) or n, n) for n in range(10)]
        bad = spawn(os._exit, 3)
        killed = spawn(lambda: os.kill(os.getpid(), 9))
        more = [spawn(abs, -n) for n in range(10)]
    with pytest.raises(TaskError, match=r"_exit died \(exit code 3\)"):
        bad.result()
    assert "SIGKILL" in str(killed.exception())
    assert [task.result() for task in good + more] == [*range(10), *range(10)]


def test_retries_and_dependencies(tmp_path):
    def attempt(path):
        path.write_text(path.read_text() + "x" if path.exists() else "x")
        if len(path.read_text()) < 3:
            os._exit(1)
        return len(path.read_text())

    chosen = options(runs_on="process", retries=3, backoff=0.01)
    task = spawn(attempt, tmp_path / "n", options=chosen)
    assert spawn(lambda x: x + 1, task, options=process).result() == 4


def test_a_timeout_ends_the_process():
    task = spawn(time.sleep, 30, options=options(runs_on="process", timeout=0.3))
    start = time.perf_counter()
    assert isinstance(task.exception(), TaskTimeoutError)
    assert time.perf_counter() - start < 10
    assert spawn(abs, -1, options=process).result() == 1


def test_cancelling_ends_the_process():
    task = spawn(time.sleep, 30, options=process)
    while not task.running():
        time.sleep(0.01)
    time.sleep(0.1)
    task.cancel()
    with pytest.raises(TaskCancelledError):
        task.result()


def test_in_a_sync_block():
    with sync(), process:
        tasks = [spawn(os.getpid) for _ in range(6)]
    assert all(task.done() for task in tasks)


SCRIPT = """
import numpy as np
from lazydag.task import options, spawn

def total(x):
    print("child", flush=True)
    return x.sum(), x

big = np.ones(100_000)
with options(runs_on="process"):
    value, same = spawn(total, big).result()
print(value, len(same))
"""


def shared_memory():
    return set(Path("/dev/shm").glob("psm_*"))


def test_a_script_needs_no_guard_and_leaves_nothing_behind(tmp_path):
    path = tmp_path / "script.py"
    path.write_text(SCRIPT)
    before = shared_memory()
    done = subprocess.run(
        [sys.executable, "-W", "always", str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("child\n100000.0 100000\n", "")
    assert shared_memory() <= before
