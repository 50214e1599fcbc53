"""Tasks at the edges of a process's life, each in one of its own."""

import os
import subprocess
import sys

import pytest

HEAD = """
import os, sys, threading, time, warnings
from lazydag.errors import TaskError
from lazydag.task import options, spawn, sync
from lazydag.runtime.dynamic import scheduler
"""
FORK = """
warnings.simplefilter("ignore", DeprecationWarning)
child = os.fork()
if child == 0:
    try:
        in_child()
    except BaseException:
        import traceback
        traceback.print_exc()
        os._exit(1)
    os._exit(0)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")


def run(code):
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", HEAD + code],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_what_was_spawned_is_run_before_the_end():
    code = """
def later(n):
    time.sleep(0.05)
    if n:
        spawn(later, n - 1)
    print(n, flush=True)

spawn(later, 2)
async def coroutine():
    import asyncio
    await asyncio.sleep(0.1)
    print("async", flush=True)
spawn(coroutine)
tries = []
def flaky():
    tries.append(1)
    if len(tries) < 2:
        raise OSError
    print("retried", flush=True)
spawn(flaky, options=options(retries=1, backoff=0.2))
"""
    status, out, errors = run(code)
    assert (status, errors) == (0, "")
    assert sorted(out.split()) == ["0", "1", "2", "async", "retried"]


def test_a_task_that_is_late_does_not_keep_the_process():
    code = """
task = spawn(time.sleep, 100, options=options(timeout=0.05))
assert task.exception()
print("end")
"""
    assert run(code) == (0, "end\n", "")


def test_a_script_that_fails_ends():
    assert run("spawn(abs, 1)\nraise SystemExit(3)") == (3, "", "")


def test_threads_are_joined():
    code = """
def nested(n):
    return n and spawn(nested, n - 1).result()
spawn(nested, 500).result()
scheduler.shut_down()
left = [t.name for t in threading.enumerate() if t.name.startswith("lazydag-spare")]
print(left)
"""
    assert run(code) == (0, "[]\n", "")


def test_other_threads_may_spawn_after_the_main_one_ended():
    code = """
def later():
    time.sleep(0.2)
    print(spawn(abs, -1).result())
threading.Thread(target=later).start()
"""
    assert run(code) == (0, "1\n", "")


@needs_fork
def test_a_forked_child_has_tasks_of_its_own():
    code = (
        """
with sync():
    [spawn(abs, n) for n in range(100)]
def in_child():
    assert [t.result() for t in [spawn(abs, -n) for n in range(100)]] == [*range(100)]
    assert spawn(pow, 2, 3, options=options(runs_on="process")).result() == 8
    assert spawn(time.sleep, 9, options=options(timeout=0.01)).exception()
spawn(pow, 2, 3, options=options(runs_on="process")).result()
"""
        + FORK
    )
    assert run(code) == (0, "0\n", "")


@needs_fork
def test_tasks_of_the_parent_in_a_child():
    code = (
        """
gate = threading.Event()
def in_child():
    assert done.result() == 1
    try:
        running.result()
    except TaskError as error:
        assert "was running when this process was forked" in str(error)
    else:
        raise AssertionError
    assert queued.result() == 2
    assert after.cancel()
scheduler.employ(1, None)
done = spawn(abs, -1)
done.result()
running = spawn(gate.wait, 20)
while not running.running():
    time.sleep(0.001)
queued = spawn(abs, -2)
after = spawn(abs, running)
"""
        + FORK
        + "gate.set()\nassert queued.result() == 2\n"
    )
    assert run(code) == (0, "0\n", "")


@needs_fork
def test_forks_while_other_threads_spawn():
    code = """
warnings.simplefilter("ignore", DeprecationWarning)
stop = threading.Event()
def busy():
    while not stop.is_set():
        with sync():
            total = spawn(sum, [spawn(abs, n) for n in range(20)])
        assert total.result() == 190
threads = [threading.Thread(target=busy) for _ in range(3)]
for thread in threads:
    thread.start()
codes = []
for _ in range(20):
    child = os.fork()
    if child == 0:
        with sync():
            total = spawn(sum, [spawn(abs, n) for n in range(20)])
        os._exit(0 if total.result() == 190 else 1)
    codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
stop.set()
for thread in threads:
    thread.join()
print(set(codes))
"""
    assert run(code) == (0, "{0}\n", "")


def test_memory_stays_flat():
    code = """
from pathlib import Path
import gc

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

def once():
    with sync():
        tasks = [spawn(abs, -n) for n in range(50)]
        total = spawn(sum, tasks)
    task = spawn(int, "x")
    assert spawn(abs, task).exception()
    assert spawn(lambda: spawn(abs, 1).result()).result() == 1

if Path("/proc/self/statm").exists():
    for _ in range(300):
        once()
    gc.collect()
    before = resident()
    for _ in range(1000):
        once()
    gc.collect()
    assert resident() - before < 2 << 20, resident() - before
"""
    assert run(code) == (0, "", "")
