"""Linear algebra on whole arrays against the libraries: the table of factorisations.

Ours are lazy expressions, planned at the first call. Nobody works in place. The goal is
against the faster one of NumPy and SciPy; the physical limit is the rate of matrix
products on all threads, measured in turn with the others. ``--match 'qr f32'`` selects
rows, as does ``--match 'n = 4096'``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.harness import OURS, Call, Settings, Times, race
from tests.benchmarks.libraries import load_lazydag
from tests.benchmarks.linear_algebra_peers import PEERS
from tests.benchmarks.linear_algebra_problems import PROBLEMS, Problem
from tests.benchmarks.report import Goal, Row, show_seconds

Array = NDArray[Any]

DTYPES = {"f64": np.float64, "f32": np.float32}
PRODUCT = 2048  # order of the product that the peak is measured with
LIBRARIES = ("NumPy", "SciPy")  # on the same BLAS: what the goals are against


@dataclass(frozen=True, slots=True)
class Trial:
    """A problem at a size, with its arrays."""

    problem: Problem
    shape: tuple[int, int]
    type_name: str

    @property
    def name(self) -> str:
        """What the row is called."""
        m, n = self.shape
        size = f"n = {n}" if m == n else f"{m} by {n}"
        return f"{self.problem.name} {self.type_name}, {size}"

    def arrays(self) -> tuple[Array, ...]:
        """Return the operands, the same each time."""
        random = np.random.default_rng(0)
        return self.problem.operands(random, *self.shape, DTYPES[self.type_name])


def rows(settings: Settings) -> Iterator[Row]:
    """Measure each problem at each size, in both precisions."""
    for problem, type_name in product(PROBLEMS, DTYPES):
        for shape in problem.shapes:
            m, n = (max(64, int(e * settings.scale)) if e > 64 else e for e in shape)
            trial = Trial(problem, (m, n), type_name)
            if settings.matches(trial.name):
                yield measured(trial, settings)


def measured(trial: Trial, settings: Settings) -> Row:
    """Return the row of one trial."""
    arrays = trial.arrays()
    calls = contenders(trial.problem, arrays)
    if settings.wants(OURS) and OURS in calls:
        check(trial.problem, arrays, calls[OURS]())
    calls["product"] = peak(DTYPES[trial.type_name])
    return row(trial, settings, race(calls, settings, least=3, most=15))


def contenders(problem: Problem, arrays: tuple[Array, ...]) -> dict[str, Call]:
    """Return the calls of all that are installed and can do it."""
    made = {name: make(problem.name, arrays) for name, make in PEERS.items()}
    made = {OURS: ours(problem, arrays), **made}
    return {name: call for name, call in made.items() if call is not None}


def ours(problem: Problem, arrays: tuple[Array, ...]) -> Call | None:
    """Return the expression, recorded anew each time."""
    ld = load_lazydag()
    if ld is None or not hasattr(ld.linalg, problem.needs):
        return None
    held = [ld.asarray(array) for array in arrays]

    def call() -> Any:
        found = problem.expression(ld.linalg, *held)
        return ld.compute(*found) if isinstance(found, tuple) else ld.compute(found)

    return call


def check(problem: Problem, arrays: tuple[Array, ...], found: Any) -> None:
    """Raise AssertionError where a result, times a vector, is off by too much."""
    a, random = arrays[0], np.random.default_rng(1)
    x = random.standard_normal(arrays[-1].shape[1:])
    listed = found if isinstance(found, tuple) else (found,)
    expected, got = problem.probes(arrays, [np.asarray(each) for each in listed], x)
    size = norm(expected) + norm(a[0]) * norm(x)
    error = norm(got - expected) / size
    assert error < 30 * np.finfo(a.dtype).eps * a.shape[1], (problem.name, error)


def norm(x: Array) -> float:
    """Return the length of a vector."""
    return float(np.linalg.norm(x))


def peak(dtype: Any) -> Call:
    """Return the product that the peak is measured with."""
    a, c = np.ones((PRODUCT, PRODUCT), dtype), np.empty((PRODUCT, PRODUCT), dtype)
    return lambda: np.matmul(a, a, out=c)


def row(trial: Trial, settings: Settings, times: Times) -> Row:
    """Return the row; the peak is the product's rate in the same rounds."""
    peers, ratios = times.peers(), times.ratios()
    product = peers.pop("product", None)
    ratios.pop("product", None)
    limit = ""
    if product:
        flops_per_s = 2 * PRODUCT**3 / product
        least = trial.problem.flops(*trial.shape) / flops_per_s
        limit = f"{show_seconds(least)} ({flops_per_s / 1e9:.0f} Gflop/s of products)"
    got = times.best_ratio(LIBRARIES)
    goal = Goal("the best of NumPy and SciPy", trial.problem.goal, got)
    return Row(
        name=trial.name,
        threads=settings.threads,
        ours=times.median(OURS),
        peers=peers,
        ratios=ratios,
        goals=(goal,),
        limit=limit,
    )
