"""First calls: of new functions, and of some compiled by an earlier process."""

from __future__ import annotations

import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.benchmarks.harness import OURS, Call, Settings, race
from tests.benchmarks.libraries import load_jax, load_lazydag
from tests.benchmarks.programs import fresh, small_inputs
from tests.benchmarks.report import Goal, Row

# Operations, and the seconds that the first call may take.
SIZES = ((10, 5e-3), (1000, 50e-3))
KERNELS = 20
# Programs traced before the compiler is timed.
PREPARED = 25
LIBRARIES = (OURS, "JAX")


def first_call(library: str, count: int) -> Callable[[int], None] | None:
    """Return what traces, compiles and calls a fresh program, given a seed."""
    if library == OURS:
        ld = load_lazydag()
        arrays = small_inputs()
        return ld and (lambda seed: ld.jit(fresh(ld, count, seed))(*arrays))
    jax = load_jax()
    if jax is None:
        return None
    held = [jax.numpy.asarray(x) for x in small_inputs()]

    def call(seed: int) -> None:
        jax.jit(fresh(jax.numpy, count, seed))(*held).block_until_ready()

    return call


def rows(settings: Settings) -> Iterator[Row]:
    """Measure compiling, then reloading."""
    for count, seconds in SIZES:
        yield kernel_row(count, seconds, settings)
        yield compile_row(count, seconds, settings)
    yield from reload_rows(settings)


def kernel_row(count: int, seconds: float, settings: Settings) -> Row:
    """Measure planning and compiling alone, of programs traced beforehand."""
    seeds = range(time.time_ns(), time.time_ns() + PREPARED)
    calls: dict[str, Call] = {}
    for library in LIBRARIES:
        compiles = (
            compilations(library, count, seeds) if settings.wants(library) else None
        )
        if compiles is not None:
            calls[library] = _Queue(compiles)
    times = race(calls, settings, most=PREPARED - 5)
    return Row(
        name=f"compile of a new {count}-op kernel, traced before",
        threads=settings.threads,
        ours=times.median(OURS),
        peers=times.peers(),
        ratios=times.ratios(),
        goals=(
            Goal("", seconds, times.median(OURS), at_most=True, unit="s"),
            Goal("JAX", 10.0, times.ratio("JAX")),
        ),
    )


class _Queue:
    """Runs the next of some calls each time it is called."""

    def __init__(self, calls: Iterator[Call]) -> None:
        self.calls = calls

    def __call__(self) -> object:
        return next(self.calls)()


def compilations(library: str, count: int, seeds: range) -> Iterator[Call] | None:
    """Return compilations of fresh programs, one a seed, traced already."""
    if library == OURS:
        ld, arrays = load_lazydag(), small_inputs()
        if ld is None:
            return None
        from lazydag.compiler import plan

        graphs = [ld.jit(fresh(ld, count, seed)).trace(*arrays) for seed in seeds]
        return iter([lambda graph=graph: plan(graph) for graph in graphs])
    jax = load_jax()
    if jax is None:
        return None
    held = [jax.numpy.asarray(x) for x in small_inputs()]
    programs = [fresh(jax.numpy, count, seed) for seed in seeds]
    return iter([jax.jit(program).lower(*held).compile for program in programs])


def compile_row(count: int, seconds: float, settings: Settings) -> Row:
    """Measure the first call: trace, all passes, compile and run on a small array."""
    seeds = itertools.count(time.time_ns())
    calls: dict[str, Call] = {}
    for library in LIBRARIES:
        first = first_call(library, count)
        if first is not None:
            calls[library] = lambda f=first: f(next(seeds))  # type: ignore[misc]
    times = race(calls, settings, most=30)
    return Row(
        name=f"first call of a new {count}-op function",
        threads=settings.threads,
        ours=times.median(OURS),
        peers=times.peers(),
        ratios=times.ratios(),
        goals=(
            Goal("", seconds, times.median(OURS), at_most=True, unit="s"),
            Goal("JAX", 10.0, times.ratio("JAX")),
        ),
    )


def reload_rows(settings: Settings) -> Iterator[Row]:
    """Measure first calls in a second process, which finds the kernels on disk."""
    calls: dict[str, float] = {}
    loads: float | None = None
    for library in LIBRARIES:
        if settings.wants(library) and (times := second_process(library)):
            calls[library] = statistics.median(call for call, _ in times)
            if library == OURS:
                loads = statistics.median(load for _, load in times)
    ours = calls.pop(OURS, None)
    yield Row(
        name="reload of a 10-op kernel from disk",
        threads=settings.threads,
        ours=loads,
        peers={},
        ratios={},
        goals=(Goal("", 1e-3, loads, at_most=True, unit="s"),),
    )
    yield Row(
        name="first call, 10 ops, kernel on disk",
        threads=settings.threads,
        ours=ours,
        peers=calls,
        ratios={name: s / ours for name, s in calls.items()} if ours else {},
        goals=(),
    )


def second_process(library: str) -> list[tuple[float, float]]:
    """Return times of first calls and of loading their kernels, in a second process."""
    with tempfile.TemporaryDirectory() as cache:
        environment = os.environ | {
            "LAZYDAG_CACHE_DIR": str(Path(cache, "lazydag")),
            "JAX_COMPILATION_CACHE_DIR": str(Path(cache, "jax")),
            "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
            "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
        }
        command = [sys.executable, "-m", __name__, library]
        for _ in range(2):
            run = subprocess.run(
                command, env=environment, capture_output=True, text=True, check=True
            )
        times: list[tuple[float, float]] = json.loads(run.stdout)
        return times


def time_first_calls(library: str) -> list[tuple[float, float]]:
    """Return the seconds of the first calls of a fixed set of programs.

    Beside each those that loading its kernel took; 0 for others than lazydag.
    """
    first: Any = first_call(library, 10)
    if first is None:
        return []
    first(0)  # what a process does once is not a kernel's
    loads = watch_loads() if library == OURS else []
    times = []
    for seed in range(1, KERNELS + 1):
        start = time.perf_counter()
        first(seed)
        times.append((time.perf_counter() - start, loads.pop() if loads else 0.0))
    return times


def watch_loads() -> list[float]:
    """Return a list to which every kernel loaded from now on adds its seconds."""
    from lazydag.backends.cpu.backend import kernel_compiler

    seconds: list[float] = []
    compiler: Any = kernel_compiler()
    load = compiler.load

    def watched(module: Any) -> Any:
        start = time.perf_counter()
        found = load(module)
        seconds.append(time.perf_counter() - start)
        return found

    compiler.load = watched
    return seconds


if __name__ == "__main__":
    print(json.dumps(time_first_calls(sys.argv[1])))
