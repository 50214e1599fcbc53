"""Measure the kernels of the plans in `scaling`, and write a target with their speeds.

Each kernel is measured on one core, on tiles that lie as those of the plan do, in
matrices of the full size of which only the tiles have memory:
``python -m tests.benchmarks.kernel_speeds [program ...]``.
"""

from __future__ import annotations

import argparse
import datetime as dt
import mmap
import platform
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from lazydag.backends.cpu.blas import single_threaded_blas
from lazydag.compiler.planned_region import PlannedRegion
from lazydag.cost import Speed, Target, amount
from lazydag.cost.store import dump
from lazydag.runtime.regions.access import unwrapped
from tests.benchmarks.scaling import MACHINE, PROGRAMS, machine, planned

# Memory that is reserved, and given pages only where it is touched.
_NO_RESERVE = 0x4000
_LEAST_RUNS, _MOST_RUNS, _SECONDS = 3, 15, 0.4

Key = tuple[str, str]


@dataclass
class Sample:
    """A native call as a program makes it."""

    operation: Any
    arrays: tuple[Any, ...]
    options: dict[str, Any]
    amount: float


def samples(name: str) -> dict[Key, Sample]:
    """Return a call of each kernel and shape bucket of a program."""
    found: dict[Key, Sample] = {}
    record = PlannedRegion._record_native

    def listening(region: Any, operation: Any, args: Any, kwargs: Any) -> None:
        arrays = tuple(map(unwrapped, args))
        call, _ = operation.bind(*arrays, **kwargs)
        sample = Sample(operation, arrays, kwargs, amount(call.work))
        found.setdefault((call.key, call.bucket), sample)
        record(region, operation, args, kwargs)

    with patch.object(PlannedRegion, "_record_native", listening):
        planned(PROGRAMS[name], machine())
    return found


def like(array: Any, rng: np.random.Generator, rows: int) -> Any:
    """Return an array that lies as a placeholder does, of numbers that suit kernels.

    Matrices are well-conditioned, and symmetric if they are square. Whole numbers are
    pivots of a matrix of so many rows, from 1.
    """
    ends = [(n - 1) * s for n, s in zip(array.shape, array.strides, strict=True)]
    memory = mmap.mmap(
        -1,
        max(1, sum(ends) + array.itemsize),
        flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _NO_RESERVE,
    )
    made = np.ndarray(array.shape, array.dtype, memory, strides=array.strides)
    if array.dtype.kind == "i":
        first = np.minimum(np.arange(array.size), rows - 1)
        made[...] = 1 + rng.integers(first, rows)
        return made
    made[...] = rng.standard_normal(array.shape) / max(1, *array.shape)
    if made.ndim == 2:
        n = min(made.shape)
        square = made[:n, :n]
        square[...] = (square + square.T.copy()) / 2
        square[np.arange(n), np.arange(n)] += 2.0
    return made


def runs(sample: Sample) -> Iterator[float]:
    """Yield the seconds of call after call."""
    rng = np.random.default_rng(0)
    rows = max(len(array) for array in sample.arrays if array.ndim == 2)
    arrays = [like(array, rng, rows) for array in sample.arrays]
    fresh = [array.copy() for array in arrays]
    while True:
        for array, values in zip(arrays, fresh, strict=True):
            array[...] = values
        start = time.thread_time()
        sample.operation(*arrays, **sample.options)
        yield time.thread_time() - start


def best(measured: Iterator[float]) -> float:
    """Return the least seconds of some runs; others only disturb."""
    found: list[float] = []
    for seconds in measured:
        found.append(seconds)
        is_enough = len(found) >= _LEAST_RUNS and sum(found) > _SECONDS
        if is_enough or len(found) >= _MOST_RUNS:
            break
    return max(min(found), 1e-7)


def speeds(name: str, known: dict[Key, float]) -> None:
    """Measure the kernels of a program that are not known."""
    for key, sample in samples(name).items():
        if key not in known:
            seconds = best(runs(sample))
            known[key] = float(f"{sample.amount / seconds:.4g}")
            print(f"{name}: {' '.join(key):40} {known[key] / 1e9:8.3g} G/s", flush=True)


def written(target: Target) -> str:
    """Return the target's file, and what it was measured on."""
    day = dt.datetime.now(tz=dt.UTC).date()
    return (
        f"# Kernels: measured {day} on one core of {processor()},\n"
        "# by `python -m tests.benchmarks.kernel_speeds`, numbers of float64 as the\n"
        "# programs of `tests.benchmarks.scaling` make them. The machine is made up.\n"
        f"\n{dump(target)}"
    )


def processor() -> str:
    """Return the name of this machine's processor."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    names = [line.partition(":")[2] for line in lines if line.startswith("model name")]
    return names[0].strip() if names else platform.machine()


def main() -> None:
    """Measure what is not in the file yet, of all programs or of some."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(PROGRAMS)}")
    target = machine()
    known = dict(target.speeds)
    import_module("scipy.linalg.cython_blas")  # what is loaded later is not held
    for name in parser.parse_args().names or PROGRAMS:
        with single_threaded_blas():
            speeds(name, known)
        rows = tuple(Speed(*key, per_s) for key, per_s in sorted(known.items()))
        MACHINE.write_text(written(replace(target, kernels=rows)))


if __name__ == "__main__":
    main()
