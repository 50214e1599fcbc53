"""What a task costs beyond its work: frozen graphs of tasks that do nothing.

Seconds are per task, except where a row says otherwise. Thread pools and dask run the
same shapes, smaller ones, since their cost per task does not fall with the number.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.harness import OURS, Call, Settings, Times, race
from tests.benchmarks.report import Goal, Row

TASKS = 100_000
PEER_TASKS = 10_000
MILLION = 1_000_000
WIDTH = 316
READY = """
import time, numpy
from lazydag.runtime import Executor
start = time.perf_counter()
from lazydag.backends.cpu.engine import default_engine
Executor(2, default_engine())
print(time.perf_counter() - start)
"""
PROCESSES = 7

Edges = tuple[NDArray[np.int64], NDArray[np.int64]]


def chain(count: int) -> Edges:
    """Return the edges of tasks one after the other."""
    return np.arange(count - 1), np.arange(1, count)


def fan_out(count: int) -> Edges:
    """Return the edges of tasks that all wait for the first."""
    return np.zeros(count - 1, np.int64), np.arange(1, count)


def layered(count: int) -> Edges:
    """Return edges from two random tasks of the layer before."""
    random = np.random.default_rng(0)
    tasks = np.arange(WIDTH, count)
    before = (tasks // WIDTH - 1) * WIDTH
    picks = [before + random.integers(0, WIDTH, len(tasks)) for _ in range(2)]
    return np.concatenate(picks), np.concatenate([tasks, tasks])


def tree(count: int) -> Edges:
    """Return the edges of a binary reduction."""
    tasks = np.arange(1, count)
    return tasks, (tasks - 1) // 2


SHAPES: dict[str, Callable[[int], Edges]] = {
    "chain": chain,
    "fan-out": fan_out,
    "layers of 316, 2 edges": layered,
    "reduction tree": tree,
}


def rows(settings: Settings) -> Iterator[Row]:
    """Measure each shape, then small plans, Python tasks, and starting."""
    for name, shape in SHAPES.items():
        yield empty_tasks(settings, name, shape)
    yield many_tasks(settings)
    yield small_plan(settings)
    yield python_tasks(settings)
    yield ready(settings)


class Native:
    """An executor over the native engine, and graphs for it."""

    def __init__(self, threads: int) -> None:
        from lazydag.backends.cpu.engine import default_engine
        from lazydag.backends.cpu.module import Module
        from lazydag.backends.cpu.objects import default_compiler
        from lazydag.runtime import Executor

        text = "define i32 @nothing(ptr %block, ptr %bases) {\n  ret i32 0\n}\n"
        (self.address,) = default_compiler().load(Module(text, ("nothing",)))
        self.executor = Executor(threads, default_engine())

    def replay(self, count: int, edges: Edges) -> Call:
        """Return what replays a graph of tasks that do nothing."""
        from lazydag.runtime import FrozenGraph

        kernels = np.full(count, self.address)
        graph = FrozenGraph.from_arrays(kernels=kernels, blocks=0, edges=edges)
        return lambda: self.executor.execute(graph, [])


def empty_tasks(settings: Settings, name: str, shape: Callable[[int], Edges]) -> Row:
    """Replay 100,000 native tasks of one shape."""
    calls: dict[str, Call] = {}
    counts = {OURS: TASKS, "thread pool": PEER_TASKS, "dask.threaded": PEER_TASKS}
    native = Native(settings.threads)
    calls[OURS] = native.replay(TASKS, shape(TASKS))
    with ThreadPoolExecutor(settings.threads) as pool:
        calls["thread pool"] = pooled(pool, PEER_TASKS, shape(PEER_TASKS))
        calls |= dask_calls(settings.threads, PEER_TASKS, shape(PEER_TASKS))
        times = per_task(race(calls, settings, least=5, most=15), counts)
    native.executor.close()
    ours = times.median(OURS)
    goals = [Goal("", 60e-9, ours, at_most=True, unit="s")]
    goals += [Goal(peer, 200, ratio) for peer, ratio in times.ratios().items()]
    return Row(
        name=f"empty tasks, {TASKS:,}, {name}",
        threads=settings.threads,
        ours=ours,
        peers=times.peers(),
        ratios=times.ratios(),
        goals=tuple(goals),
    )


def many_tasks(settings: Settings) -> Row:
    """Replay a million tasks; the words no longer fit in the caches."""
    native = Native(settings.threads)
    calls = {OURS: native.replay(MILLION, layered(MILLION))}
    times = per_task(race(calls, settings, least=3, most=5), {OURS: MILLION})
    native.executor.close()
    return alone(f"empty tasks, {MILLION:,}, layers", settings, times, 150e-9)


def small_plan(settings: Settings) -> Row:
    """Replay 100 tasks from Python; seconds are for all of them."""
    native = Native(settings.threads)
    times = race({OURS: native.replay(100, chain(100))}, settings, number=500)
    native.executor.close()
    return alone("replay of a plan of 100 tasks", settings, times, 10e-6)


def python_tasks(settings: Settings) -> Row:
    """Call Python functions that do nothing."""
    from lazydag.runtime import FrozenGraph

    native = Native(settings.threads)
    graph = FrozenGraph.from_arrays(
        kernels=np.zeros(TASKS, np.int64),
        blocks=0,
        calls=dict.fromkeys(range(TASKS), nothing),
    )
    counts = {OURS: TASKS, "thread pool": PEER_TASKS}
    with ThreadPoolExecutor(settings.threads) as pool:
        none = np.zeros(0, np.int64)
        calls: dict[str, Call] = {
            OURS: lambda: native.executor.execute(graph, []),
            "thread pool": pooled(pool, PEER_TASKS, (none, none)),
        }
        times = per_task(race(calls, settings, least=5, most=15), counts)
    native.executor.close()
    ours = times.median(OURS)
    return Row(
        name=f"Python functions as tasks, {TASKS:,}",
        threads=settings.threads,
        ours=ours,
        peers=times.peers(),
        ratios=times.ratios(),
        goals=(Goal("", 0.3e-6, ours, at_most=True, unit="s"),),
    )


def ready(settings: Settings) -> Row:
    """Load the engine from the disk in a new process, and make an executor."""
    command = [sys.executable, "-c", READY]
    took = [
        float(subprocess.run(command, capture_output=True, check=True).stdout)
        for _ in range(PROCESSES)
    ]
    times = Times({OURS: took[1:]})
    return alone("engine ready in a new process", settings, times, 50e-3)


def alone(name: str, settings: Settings, times: Times, goal: float) -> Row:
    """Return a row without peers."""
    ours = times.median(OURS)
    goals = (Goal("", goal, ours, at_most=True, unit="s"),)
    return Row(name, settings.threads, ours, {}, {}, goals)


def per_task(times: Times, counts: dict[str, int]) -> Times:
    """Return seconds a task."""
    return Times(
        {
            name: [seconds / counts[name] for seconds in rounds]
            for name, rounds in times.rounds.items()
        }
    )


def nothing(*_: object) -> None:
    """Do nothing."""


def pooled(pool: ThreadPoolExecutor, count: int, edges: Edges) -> Call:
    """Return what runs a graph on a thread pool: a task submits what it frees."""
    successors: list[list[int]] = [[] for _ in range(count)]
    degrees = [0] * count
    for before, after in zip(*(ends.tolist() for ends in edges), strict=True):
        successors[before].append(after)
        degrees[after] += 1

    def run() -> None:
        missing, left = degrees.copy(), [count]
        lock, over = threading.Lock(), threading.Event()

        def work(task: int) -> None:
            nothing()
            with lock:
                free = [s for s in successors[task] if count_down(missing, s)]
                left[0] -= 1
            for following in free:
                pool.submit(work, following)
            if left[0] == 0:
                over.set()

        for task in range(count):
            if degrees[task] == 0:
                pool.submit(work, task)
        over.wait()

    return run


def count_down(missing: list[int], task: int) -> bool:
    """Count one predecessor of a task; return whether it was the last."""
    missing[task] -= 1
    return missing[task] == 0


def dask_calls(threads: int, count: int, edges: Edges) -> dict[str, Call]:
    """Return what runs a graph by dask's threaded scheduler, if there is dask."""
    try:
        import dask.threaded
    except ImportError:
        return {}
    before: list[list[str]] = [[] for _ in range(count)]
    for source, destination in zip(*(ends.tolist() for ends in edges), strict=True):
        before[destination].append(f"t{source}")
    graph: dict[str, Any] = {
        f"t{task}": (nothing, *names) for task, names in enumerate(before)
    }
    keys = list(graph)
    return {
        "dask.threaded": lambda: dask.threaded.get(graph, keys, num_workers=threads)
    }
