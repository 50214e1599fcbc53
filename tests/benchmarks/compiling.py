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
        yield compile_row(count, seconds, settings)
    yield reload_row(settings)


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


def reload_row(settings: Settings) -> Row:
    """Measure first calls in a second process, which finds the kernels on disk."""
    seconds = {
        library: statistics.median(times)
        for library in LIBRARIES
        if settings.wants(library) and (times := second_process(library))
    }
    ours = seconds.pop(OURS, None)
    ratios = {name: s / ours for name, s in seconds.items()} if ours else {}
    return Row(
        name="first call, 10 ops, kernel on disk",
        threads=settings.threads,
        ours=ours,
        peers=seconds,
        ratios=ratios,
        goals=(Goal("", 1e-3, ours, at_most=True, unit="s"),),
    )


def second_process(library: str) -> list[float]:
    """Return the times of the first calls in the second of two processes."""
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
        times: list[float] = json.loads(run.stdout)
        return times


def time_first_calls(library: str) -> list[float]:
    """Return the seconds of the first calls of a fixed set of programs."""
    first: Any = first_call(library, 10)
    if first is None:
        return []
    first(0)  # what a process does once is not a kernel's
    times = []
    for seed in range(1, KERNELS + 1):
        start = time.perf_counter()
        first(seed)
        times.append(time.perf_counter() - start)
    return times


if __name__ == "__main__":
    print(json.dumps(time_first_calls(sys.argv[1])))
