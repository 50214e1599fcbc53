"""What lazydag itself costs: calls on small arrays, recording, importing."""

from __future__ import annotations

import itertools
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator

import numpy as np

from tests.benchmarks.chain import chain
from tests.benchmarks.harness import OURS, Call, Settings, race
from tests.benchmarks.libraries import load_jax, load_lazydag
from tests.benchmarks.programs import fresh, small_inputs
from tests.benchmarks.report import Goal, Row

NODES = 100_000
IMPORTS = 9
IMPORT = """
import sys, time, numpy
start = time.perf_counter()
import {name}
print(time.perf_counter() - start, 'numba' in sys.modules)
"""


def rows(settings: Settings) -> Iterator[Row]:
    """Measure each kind of overhead."""
    yield cached_call(settings)
    yield forced_once(settings)
    yield recording(settings)
    yield importing(settings)


def cached_call(settings: Settings) -> Row:
    """A jitted call on arrays of 100 elements, all caches warm."""
    arrays = [*small_inputs(), np.ones(100)]
    calls: dict[str, Call] = {"NumPy": lambda: chain(*arrays)}
    ld, jax = load_lazydag(), load_jax()
    if ld is not None:
        mine = ld.jit(chain)
        calls[OURS] = lambda: mine(*arrays)
    if jax is not None:
        jitted = jax.jit(chain)
        held = [jax.numpy.asarray(x) for x in arrays]
        calls["JAX"] = lambda: jitted(*held).block_until_ready()
    times = race(calls, settings, number=2000, most=50)
    ours = times.median(OURS)
    return Row(
        name="cached jit call, a*b+c-d/e, 100 f64",
        threads=settings.threads,
        ours=ours,
        peers=times.peers(),
        ratios=times.ratios(),
        goals=(Goal("", 20e-6, ours, at_most=True, unit="s"),),
    )


def forced_once(settings: Settings) -> Row:
    """Record three operations never seen before and force them, outside of jit."""
    ld, arrays = load_lazydag(), small_inputs()
    seeds = itertools.count(time.time_ns())
    calls: dict[str, Call] = {"NumPy": lambda: fresh(np, 3, next(seeds))(*arrays)}
    if ld is not None:
        lazy = [ld.asarray(x) for x in arrays]
        calls[OURS] = lambda: np.asarray(fresh(ld, 3, next(seeds))(*lazy))
    times = race(calls, settings, number=20, most=50)
    ours = times.median(OURS)
    return Row(
        name="3 new ops forced once, 100 f64",
        threads=settings.threads,
        ours=ours,
        peers=times.peers(),
        ratios=times.ratios(),
        goals=(Goal("", 100e-6, ours, at_most=True, unit="s"),),
    )


def recording(settings: Settings) -> Row:
    """Record 100,000 additions of new constants, none forced; seconds are per node.

    Each makes three nodes: the constant, its broadcast and the sum.
    """
    ld, calls = load_lazydag(), {}
    starts = itertools.count(1)
    if ld is not None:
        x = ld.asarray(np.ones(8))

        def record() -> None:
            value, start = x, float(next(starts))
            for i in range(NODES):
                value = value + (start + i / NODES)

        calls[OURS] = record
    times = race(calls, settings, least=3, most=5)
    total = times.median(OURS)
    ours = total and total / (3 * NODES)
    return Row(
        name=f"recording a node, {3 * NODES:,} of them",
        threads=settings.threads,
        ours=ours,
        peers={},
        ratios={},
        goals=(Goal("", 10e-6, ours, at_most=True, unit="s"),),
    )


def importing(settings: Settings) -> Row:
    """Import lazydag in a process that has NumPy; it must not load Numba."""
    names = {OURS: "lazydag", "JAX": "jax", "dask": "dask.array"}
    seconds: dict[str, float] = {}
    loads_numba = 0
    for name, module in names.items():
        if settings.wants(name) and (runs := time_imports(module)):
            seconds[name] = statistics.median(took for took, _ in runs)
            loads_numba += sum(numba for _, numba in runs if name == OURS)
    ours = seconds.pop(OURS, None) if load_lazydag() is not None else None
    return Row(
        name="import beyond NumPy",
        threads=settings.threads,
        ours=ours,
        peers={name: s for name, s in seconds.items() if name != OURS},
        ratios={n: s / ours for n, s in seconds.items() if n != OURS} if ours else {},
        goals=(
            Goal("", 0.150, ours, at_most=True, unit="s"),
            Goal("loads of numba", 0, ours and loads_numba, at_most=True, unit=""),
        ),
    )


def time_imports(module: str) -> list[tuple[float, bool]]:
    """Return seconds and whether Numba was loaded, for each of a few processes."""
    results = []
    for _ in range(IMPORTS):
        run = subprocess.run(
            [sys.executable, "-c", IMPORT.format(name=module)],
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode == 0:
            took, numba = run.stdout.split()
            results.append((float(took), numba == "True"))
    return results
