"""Runs at the edges of a process's life, each in one of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAD = """
import sys
sys.path.insert(0, {folder!r})
import os, threading, time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import mkdtemp
import numpy as np
from conftest import KERNELS, NAMES, Native
from lazydag.backends.cpu.cache import ObjectCache
from lazydag.backends.cpu.engine import load_engine
from lazydag.backends.cpu.objects import Compiler, Module
from lazydag.backends.cpu.target import host
from lazydag.runtime import Executor, MemoryPool, address_of

compiler = Compiler(host(), {{}}, ObjectCache(Path({cache!r})))
kernels = dict(zip(NAMES, compiler.load(Module(KERNELS, NAMES))))
native = Native(compiler, kernels, load_engine(compiler.objects))
executor = Executor(3, native.engine)
graph = native.graph(native.mix(0, 0, 64, 8), nbytes=512)
long = native.graph(native.task("spin", np.full((10**6, 1), 20_000)))

def check():
    array = np.zeros(64, np.int64)
    executor.run(graph, [address_of(array)])
    assert (array == 1).all()

check()
"""


@pytest.fixture
def run(tmp_path):
    def run(code):
        head = HEAD.format(
            folder=str(Path(__file__).parent), cache=str(tmp_path / "objects")
        )
        done = subprocess.run(
            [sys.executable, "-X", "faulthandler", "-c", head + code],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    return run


def test_a_script_ends_without_closing(run):
    assert run("print('end')") == (0, "end\n", "")


def test_a_script_that_fails_ends(run):
    code, _, errors = run("raise SystemExit(3)")
    assert (code, errors) == (3, "")


def test_a_thread_may_run_graphs_after_the_main_one_ends(run):
    code = """
def later():
    time.sleep(0.2)
    check()
    print("later")

threading.Thread(target=later).start()
"""
    assert run(code) == (0, "later\n", "")


def test_the_process_ends_while_a_daemon_runs_a_graph(run):
    code = """
threading.Thread(target=executor.run, args=(long, [0]), daemon=True).start()
time.sleep(0.1)
sys.stdout.flush()
os._exit(0)
"""
    assert run(code) == (0, "", "")


def test_arrays_may_outlive_their_pool(run):
    code = """
pool = MemoryPool()
keep = pool.empty((10**6,), np.dtype("f8"))
keep[:] = 1
del pool
print(keep.sum())
"""
    assert run(code) == (0, "1000000.0\n", "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_has_threads_of_its_own(run):
    code = """
import warnings
warnings.simplefilter("ignore", DeprecationWarning)
child = os.fork()
if child == 0:
    check()
    names = [thread.name for thread in threading.enumerate()]
    assert sum("lazydag" in name for name in names) == 2, names
    sys.exit(7)
check()
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    assert run(code) == (0, "7\n", "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_fork_during_a_run_on_another_thread(run):
    code = """
import warnings
warnings.simplefilter("ignore", DeprecationWarning)
stop = threading.Event()
def busy():
    while not stop.is_set():
        check()
thread = threading.Thread(target=busy)
thread.start()
codes = []
for _ in range(10):
    child = os.fork()
    if child == 0:
        check()
        os._exit(0)
    codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
stop.set()
thread.join()
print(set(codes))
"""
    assert run(code) == (0, "{0}\n", "")


def test_memory_stays_flat_over_many_runs(run):
    code = """
def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

if Path("/proc/self/statm").exists():
    pool = MemoryPool()
    def once():
        array = pool.empty((64,), np.dtype("i8"))
        array[:] = 0
        executor.run(graph, [address_of(array)])
        try:
            executor.run(native.graph(native.task("fail", [[1]])), [0])
        except RuntimeError:
            pass
    for _ in range(2000):
        once()
    before = resident()
    for _ in range(5000):
        once()
    assert resident() - before < 1 << 20, resident() - before
    assert pool.stats().held_nbytes == 512
"""
    assert run(code) == (0, "", "")


def test_threads_end_with_the_process_whatever_they_do(run):
    """Helpers asleep, in a task, and in Python; a leader that sleeps."""
    code = """
from lazydag.runtime import FrozenGraph
graph = FrozenGraph.from_arrays(
    kernels=[0] * 8,
    blocks=0,
    calls=dict.fromkeys(range(8), lambda bases: time.sleep(0.01)),
    holds_gil=False,
)
executor.pool.serve(lambda: time.sleep(0.05))
executor.execute(graph, [])
executor.pool.rouse(2)
print("end")
"""
    assert run(code) == (0, "end\n", "")


def test_memory_stays_flat_over_failing_python_tasks(run):
    code = """
from lazydag.runtime import FrozenGraph
def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
def fail(bases):
    raise ValueError("x" * 1000)
graph = FrozenGraph.from_arrays(
    kernels=[0] * 20, blocks=0, edges=(range(9), range(10, 19)),
    calls={i: fail if i % 7 == 3 else (lambda bases: [0] * 100) for i in range(20)},
)
if Path("/proc/self/statm").exists():
    for _ in range(1000):
        executor.execute(graph, [])
    before = resident()
    for _ in range(2000):
        assert executor.execute(graph, []).failures
    assert resident() - before < 1 << 20, resident() - before
"""
    assert run(code) == (0, "", "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_child_forked_inside_a_task_runs_graphs(run):
    code = """
import warnings
warnings.simplefilter("ignore", DeprecationWarning)
from lazydag.runtime import FrozenGraph
codes = []
def fork(bases):
    child = os.fork()
    if child == 0:
        check()
        os._exit(0)
    codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
calls = dict.fromkeys(range(4), fork)
executor.execute(FrozenGraph.from_arrays(kernels=[0] * 4, blocks=0, calls=calls), [])
check()
print(codes)
"""
    assert run(code) == (0, "[0, 0, 0, 0]\n", "")
