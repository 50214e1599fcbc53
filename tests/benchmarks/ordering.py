"""Sorting, the first few elements, and running sums of long arrays.

Ours are lazy expressions, recorded anew each time; NumPy's sort is its quickest kind,
which is not stable. The limit is the memory that has to be read and written once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.harness import OURS, Call, Settings, race
from tests.benchmarks.libraries import load_jax, load_lazydag
from tests.benchmarks.limits import Stream, show_limit
from tests.benchmarks.report import Goal, Row

Array = NDArray[Any]

ELEMENTS = 20_000_000
K = 100
DTYPES = ("f8", "f4", "i8")


@dataclass(frozen=True, slots=True)
class Case:
    """A function of one array: ours, NumPy's, JAX's; bytes written for each read."""

    name: str
    ours: Callable[[Any, Any], Any]
    numpy: Callable[[Array], Any]
    jax: Callable[[Any, Any], Any]
    goal: float
    written: float = 1.0


CASES = (
    Case(
        "sort", lambda ld, x: ld.sort(x), np.sort, lambda jax, x: jax.numpy.sort(x), 1.5
    ),
    Case(
        "argsort",
        lambda ld, x: ld.argsort(x),
        np.argsort,
        lambda jax, x: jax.numpy.argsort(x),
        1.5,
    ),
    Case(
        f"{K} largest",
        lambda ld, x: ld.topk(x, K),
        lambda x: np.argpartition(x, -K)[-K:],
        lambda jax, x: jax.lax.top_k(x, K),
        1.5,
        written=0.0,
    ),
    Case(
        "running sum",
        lambda ld, x: ld.cumulative_sum(x),
        lambda x: np.cumsum(x, dtype=x.dtype),
        lambda jax, x: jax.numpy.cumsum(x),
        1.5,
    ),
    Case(
        "running maximum",
        lambda ld, x: ld.cumulative_max(x),
        np.maximum.accumulate,
        lambda jax, x: jax.lax.cummax(x),
        1.5,
    ),
)


def rows(settings: Settings) -> Iterator[Row]:
    """Measure each function of each type."""
    size = settings.size(ELEMENTS)
    values = np.random.default_rng(0).normal(0.0, 1e6, size)
    bandwidth = Stream(size, settings.threads).bytes_per_s
    for case in CASES:
        for dtype in DTYPES:
            name = f"{case.name} {dtype}, {size:.0e}"
            if settings.matches(name):
                yield row(case, name, values.astype(dtype), settings, bandwidth)


def row(case: Case, name: str, x: Array, settings: Settings, bandwidth: float) -> Row:
    """Return the row of one function."""
    times = race(contenders(case, x), settings, least=3, most=9)
    goals = (Goal("NumPy", case.goal, times.ratio("NumPy")),)
    return Row(
        name=name,
        threads=settings.threads,
        ours=times.median(OURS),
        peers=times.peers(),
        ratios=times.ratios(),
        goals=goals if settings.threads > 1 else (),
        limit=show_limit(int(x.nbytes * (1 + case.written)), bandwidth),
    )


def contenders(case: Case, x: Array) -> dict[str, Call]:
    """Return the calls of all that are installed."""
    calls: dict[str, Call] = {"NumPy": lambda: case.numpy(x)}
    ld, jax = load_lazydag(), load_jax()
    if ld is not None:
        held = ld.asarray(x)

        def ours() -> Any:
            found = case.ours(ld, held)
            return ld.compute(*found) if isinstance(found, tuple) else ld.compute(found)

        calls[OURS] = ours
    if jax is not None:
        jitted = jax.jit(lambda x: case.jax(jax, x))
        there = jax.numpy.asarray(x)
        calls["JAX"] = lambda: jax.block_until_ready(jitted(there))
    return calls
