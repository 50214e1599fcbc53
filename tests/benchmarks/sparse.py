"""Products with sparse matrices, and conjugate gradients.

SciPy has one thread for products. The limit is memory bandwidth: elements and their
columns once, what they are multiplied by and the result once.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tests.benchmarks.harness import OURS, Call, Settings, race
from tests.benchmarks.libraries import load, load_jax, load_lazydag
from tests.benchmarks.limits import Stream, show_limit
from tests.benchmarks.report import Goal, Row

STEPS = 50


def poisson(side: int) -> Any:
    """Return the five-point matrix of a square grid."""
    sparse = load("scipy.sparse")
    ones = np.ones(side)
    chain = sparse.diags_array(
        [-ones[1:], 2 * ones, -ones[1:]], offsets=[-1, 0, 1], format="csr"
    )
    unit = sparse.eye_array(side, format="csr")
    return sparse.csr_array(sparse.kron(chain, unit) + sparse.kron(unit, chain))


def scattered(n: int) -> Any:
    """Return a matrix with 20 elements in random places of each row."""
    rng = np.random.default_rng(1)
    sparse = load("scipy.sparse")
    return sparse.random_array((n, n), density=20 / n, format="csr", rng=rng)


MATRICES: dict[str, tuple[Callable[[int], Any], int]] = {
    "five-point": (poisson, 1000),
    "20 a row": (scattered, 200_000),
}
# What is computed, columns of x, and the goal with two threads, SciPy's time over ours.
PRODUCTS: tuple[tuple[str, int, float], ...] = (
    ("A @ x", 1, 1.5),
    ("A @ X", 16, 1.5),
    ("A.T @ x", 1, 1.0),
)


def rows(settings: Settings) -> Iterator[Row]:
    """Measure products with each matrix, then a solver."""
    speed = Stream(settings.size(20_000_000), settings.threads).bytes_per_s
    for name, (make, size) in MATRICES.items():
        matrix = make(settings.size(size))
        for what, columns, goal in PRODUCTS:
            yield product(f"{what}, {name}", matrix, columns, goal, settings, speed)
    for side in (100, 1000):
        yield solver(poisson(settings.size(side)), settings)


def product(
    name: str, a: Any, columns: int, goal: float, settings: Settings, speed: float
) -> Row:
    """Measure one product."""
    shape = (a.shape[1], columns) if columns > 1 else (a.shape[1],)
    x = np.random.default_rng(2).normal(size=shape)
    is_turned = name.startswith("A.T")
    calls = contenders(a.T if is_turned else a, x, turned=is_turned)
    elements = a.data.nbytes + a.indices.nbytes + a.indptr.nbytes
    limit = show_limit(elements + 2 * x.nbytes, speed)
    goals = (("SciPy", goal if settings.threads > 1 else goal / 2),)
    return row(f"{name}, {a.nnz:.0e} elements", calls, goals, settings, limit)


def contenders(a: Any, x: Any, *, turned: bool) -> dict[str, Call]:
    """Return the ways to compute ``a @ x``."""
    calls: dict[str, Call] = {"SciPy": lambda: a @ x}
    ld, jax = load_lazydag(), load_jax()
    if ld is not None:
        ours = ld.sparse.csr_array(a.T).T if turned else ld.sparse.csr_array(a)
        times = ld.jit(lambda a, x: a @ x)
        calls[OURS] = lambda: np.asarray(times(ours, x))
    if jax is not None and not turned:
        bcsr = load("jax.experimental.sparse").BCSR.from_scipy_sparse(a)
        held = jax.numpy.asarray(x)
        jitted = jax.jit(lambda a, x: a @ x)
        calls["JAX"] = lambda: jitted(bcsr, held).block_until_ready()
    return calls


def solver(a: Any, settings: Settings) -> Row:
    """Measure steps of conjugate gradients."""
    b = np.random.default_rng(2).normal(size=a.shape[0])
    cg = load("scipy.sparse.linalg").cg
    calls: dict[str, Call] = {"SciPy": lambda: cg(a, b, rtol=0, maxiter=STEPS)}
    ld = load_lazydag()
    if ld is not None:
        ours = ld.sparse.csr_array(a)
        solve = ld.jit(lambda a, b: ld.sparse.cg(a, b, rtol=0, maxiter=STEPS)[0])
        calls[OURS] = lambda: np.asarray(solve(ours, b))
    name = f"cg, {STEPS} steps, {a.shape[0]} unknowns"
    return row(name, calls, (("SciPy", 1.0),), settings, "")


def row(
    name: str,
    calls: dict[str, Call],
    goals: tuple[tuple[str, float], ...],
    settings: Settings,
    limit: str,
) -> Row:
    """Let the contenders take turns."""
    times = race(calls, dataclasses.replace(settings, seconds=settings.seconds / 3))
    return Row(
        name=name,
        threads=settings.threads,
        ours=times.median(OURS),
        peers=times.peers(),
        ratios=times.ratios(),
        goals=tuple(Goal(peer, need, times.ratio(peer)) for peer, need in goals),
        limit=limit,
    )
