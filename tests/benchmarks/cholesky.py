"""Tiled Cholesky as a region of tasks, in place, against the libraries.

The physical limit is the rate of one matrix product on all threads, measured in turn
with the others.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.harness import OURS, Call, Prepared, Settings, Times, race
from tests.benchmarks.libraries import load, load_jax, load_lazydag
from tests.benchmarks.report import Goal, Row, show_seconds

Matrix = NDArray[np.float64]

# Order, order of a tile, goal against SciPy, share of the peak of dgemm.
SIZES = (
    (1024, 128, 1.3, None),
    (4096, 512, 1.1, None),
    (8192, 1024, 1.0, 0.85),
)
PRODUCT = 2048  # order of the product that the peak is measured with


def positive_definite(n: int) -> Matrix:
    """Return a symmetric positive definite matrix, in Fortran's order."""
    a = np.random.default_rng(0).standard_normal((n, n)) / np.sqrt(n)
    np.fill_diagonal(a, 0.0)
    a += a.T
    np.fill_diagonal(a, 5.0)
    return np.asfortranarray(a)


def ours(source: Matrix, work: Matrix, size: int) -> Call | None:
    """Return the region, recorded anew each time."""
    ld = load_lazydag()
    if ld is None:
        return None
    example = load("examples.cholesky")

    return Prepared(
        lambda: np.copyto(work, source),
        lambda: example.factorise(example.tiles(work, size)),
    )


def with_scipy(source: Matrix, work: Matrix, size: int) -> Call | None:
    """Return LAPACK's factorisation, in place too."""
    linalg = load("scipy.linalg")
    if linalg is None:
        return None
    options = {"lower": True, "overwrite_a": True, "check_finite": False}
    return Prepared(
        lambda: np.copyto(work, source), lambda: linalg.cholesky(work, **options)
    )


def with_jax(source: Matrix, work: Matrix, size: int) -> Call | None:
    """Return JAX's, which makes a new array."""
    jax = load_jax()
    if jax is None:
        return None
    held = jax.numpy.asarray(source)
    jitted = jax.jit(jax.numpy.linalg.cholesky)
    return lambda: jitted(held).block_until_ready()


def with_dask(source: Matrix, work: Matrix, size: int) -> Call | None:
    """Return dask's on threads, with the same tiles."""
    da, dask = load("dask.array"), load("dask")
    if da is None:
        return None
    dask.config.set(scheduler="threads")
    array = da.from_array(source, chunks=(size, size))
    return lambda: da.linalg.cholesky(array, lower=True).compute()


CONTENDERS = {OURS: ours, "SciPy": with_scipy, "JAX": with_jax, "dask": with_dask}


def rows(settings: Settings) -> Iterator[Row]:
    """Measure each size; JAX and dask make new arrays, the others work in place."""
    for full, size, goal, share in SIZES:
        n = max(size, int(full * settings.scale) // size * size)
        source = positive_definite(n)
        work = np.empty_like(source)
        made = {name: make(source, work, size) for name, make in CONTENDERS.items()}
        calls = {name: call for name, call in made.items() if call is not None}
        check(calls, settings, work)
        calls["product"] = product()
        times = race(calls, settings, most=30)
        yield row(n, size, (goal, share), settings, times)


def product() -> Call:
    """Return the product that the peak is measured with."""
    a, c = np.ones((PRODUCT, PRODUCT)), np.empty((PRODUCT, PRODUCT))
    return lambda: np.matmul(a, a, out=c)


def row(
    n: int,
    size: int,
    goal: tuple[float, float | None],
    settings: Settings,
    times: Times,
) -> Row:
    """Return the row; the peak is the product's rate in the same rounds."""
    peers, ratios = times.peers(), times.ratios()
    product = peers.pop("product", None)
    ratios.pop("product", None)
    median = times.median(OURS)
    goals = [Goal("SciPy", goal[0], times.ratio("SciPy"))]
    limit = ""
    if product and median:
        flops_per_s = 2 * PRODUCT**3 / product
        least = n**3 / 3 / flops_per_s
        limit = f"{show_seconds(least)} ({flops_per_s / 1e9:.0f} Gflop/s of dgemm)"
        if goal[1] is not None:
            goals.append(Goal("of dgemm", goal[1], least / median, unit="%"))
    return Row(
        name=f"Cholesky, n = {n}, tiles of {size}",
        threads=settings.threads,
        ours=median,
        peers=peers,
        ratios=ratios,
        goals=tuple(goals),
        limit=limit,
    )


def check(calls: dict[str, Call], settings: Settings, work: Matrix) -> None:
    """Raise AssertionError where the factor in `work` is another than SciPy's."""
    if not (settings.wants(OURS) and settings.wants("SciPy") and OURS in calls):
        return
    calls[OURS]()
    factor = np.tril(work)
    calls["SciPy"]()
    np.testing.assert_allclose(factor, np.tril(work), atol=1e-10)
