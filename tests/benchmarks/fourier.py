"""Fourier transforms of planes, volumes, batches and one long lane.

The limit is memory bandwidth: each pass along an axis reads and writes the array once.
Peers have the same number of threads.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from functools import partial
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.harness import OURS, Call, Settings, race
from tests.benchmarks.libraries import load, load_jax, load_lazydag
from tests.benchmarks.limits import Stream, show_limit
from tests.benchmarks.report import Goal, Row

Array = NDArray[Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Case:
    """One transform.

    Parameters
    ----------
    function
        Name in ``scipy.fft``; the others have the same.
    shape, dtype
        Of the operand.
    passes
        How often it goes through memory at least.
    goal
        SciPy's time over ours.
    """

    function: str
    shape: tuple[int, ...]
    dtype: str
    passes: int
    goal: float = 1.0
    options: tuple[tuple[str, Any], ...] = ()


CASES = (
    Case("fft2", (4096, 4096), "c16", 2),
    Case("fft2", (4096, 4096), "c8", 2),
    Case("rfft2", (4096, 4096), "f8", 2),
    Case("irfft2", (4096, 2049), "c16", 2),
    Case("fftn", (256, 256, 256), "c16", 2),
    Case("fft", (10_000, 1024), "c16", 1, options=(("axis", 1),)),
    Case("fft", (1024, 10_000), "c16", 1, options=(("axis", 0),)),
    Case("fft", (1 << 22,), "c16", 2, goal=1.3),
    Case("fft", (1 << 24,), "c16", 2, goal=1.3),
    Case("rfft", (1 << 24,), "f8", 3, goal=1.3),
    Case("irfft", ((1 << 23) + 1,), "c16", 3, goal=1.3),
)


def rows(settings: Settings) -> Iterator[Row]:
    """Measure each case."""
    speed = Stream(settings.size(20_000_000), settings.threads).bytes_per_s
    for case in CASES:
        yield row(case, settings, speed)


def row(case: Case, settings: Settings, speed: float) -> Row:
    """Measure one case, and compare the results."""
    x = operand(case, settings)
    calls = contenders(case, x, settings.threads)
    results = {
        name: np.asarray(calls[name]()) for name in calls if settings.wants(name)
    }
    for name, result in results.items():
        assert np.allclose(result, np.asarray(calls["SciPy"]()), 1e-4, 1e-2), name
    times = race(calls, dataclasses.replace(settings, seconds=settings.seconds / 3))
    nbytes = 2 * case.passes * x.nbytes
    return Row(
        name=f"{case.function}, {x.shape} {x.dtype}",
        threads=settings.threads,
        ours=times.median(OURS),
        peers=times.peers(),
        ratios=times.ratios(),
        goals=(Goal("SciPy", case.goal, times.ratio("SciPy")),),
        limit=show_limit(nbytes, speed),
    )


def operand(case: Case, settings: Settings) -> Array:
    """Return random numbers, fewer rows of them on smaller machines."""
    first = case.shape[0]
    shape = (settings.size(first) + first % 2, *case.shape[1:])
    rng = np.random.default_rng(0)
    x = rng.normal(size=shape)
    if case.dtype.startswith("c"):
        x = x + 1j * rng.normal(size=prod(shape)).reshape(shape)
    return x.astype(case.dtype)


def contenders(case: Case, x: Array, threads: int) -> dict[str, Call]:
    """Return the ways to compute a transform."""
    options = dict(case.options)
    scipy_fft, ld, jax = load("scipy.fft"), load_lazydag(), load_jax()
    theirs: Callable[..., Any] = getattr(scipy_fft, case.function)
    calls: dict[str, Call] = {"SciPy": partial(theirs, x, workers=threads, **options)}
    if ld is not None:
        ours = ld.jit(lambda x: getattr(ld.fft, case.function)(x, **options))
        calls[OURS] = lambda: np.asarray(ours(x))
    if jax is not None:
        held = jax.numpy.asarray(x)
        jitted = jax.jit(lambda x: getattr(jax.numpy.fft, case.function)(x, **options))
        calls["JAX"] = lambda: jitted(held).block_until_ready()
    return calls
