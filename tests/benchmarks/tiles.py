"""Operations on tiles: what a call and its recording cost, how near BLAS they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazydag.backends.cpu.blas import Arguments, make_block, single_threaded_blas
from lazydag.backends.cpu.blas.arrays import ArrayCall
from lazydag.tiles import gemm
from tests.benchmarks.harness import OURS, Call, Settings, race
from tests.benchmarks.libraries import load
from tests.benchmarks.limits import Product
from tests.benchmarks.report import Goal, Row

Matrix = NDArray[np.float64]

SMALL = 8  # a product of this order takes less than calling it
LARGE = 512
NUMBER = 2000  # calls a measurement


def rows(settings: Settings) -> Iterator[Row]:
    """Measure a call, its recording, and a large product."""
    yield calling(settings)
    yield binding(settings)
    yield in_place(settings)


def matrices(n: int) -> list[Matrix]:
    """Return three tiles of larger matrices."""
    random = np.random.default_rng(0)
    return [np.asfortranarray(random.random((2 * n, 2 * n)))[:n, :n] for _ in range(3)]


def kernel(arrays: list[Matrix]) -> Call:
    """Return the native kernel of a product with its arguments made before."""
    n, ld = len(arrays[0]), arrays[0].strides[1] // 8
    arguments: Arguments = {
        **dict.fromkeys(("transa", "transb"), "N"),
        **dict.fromkeys(("m", "n", "k"), n),
        "alpha": 1.0,
        "beta": 0.5,
        "a": 0,
        "b": 1,
        "c": 2,
        **dict.fromkeys(("lda", "ldb", "ldc"), ld),
    }
    block = make_block("gemm", "f64", arguments)
    run, held = ArrayCall(block, arrays, ()).run, tuple(arrays)
    return lambda: run(held)


def scipy_product(arrays: list[Matrix]) -> Call | None:
    """Return SciPy's wrapper, which gives a new array unless c is contiguous."""
    blas: Any = load("scipy.linalg.blas")
    a, b, c = arrays
    return blas and (lambda: blas.dgemm(1.0, a, b, 0.5, c, overwrite_c=True))


def calling(settings: Settings) -> Row:
    """One small product called from Python, over the kernel alone."""
    a, b, c = arrays = matrices(SMALL)
    alone = kernel(arrays)
    calls = {OURS: lambda: gemm(a, b, c, beta=0.5), "kernel alone": alone}
    if (scipy := scipy_product(arrays)) is not None:
        calls["SciPy dgemm"] = scipy
    times = race(calls, settings, number=NUMBER)
    ours, least = times.median(OURS), times.median("kernel alone")
    over = ours - least if ours is not None and least is not None else None
    return Row(
        name=f"gemm called, n = {SMALL}",
        threads=settings.threads,
        ours=ours,
        peers=times.peers(),
        ratios=times.ratios(),
        goals=(Goal("over the kernel", 3e-6, over, at_most=True, unit="s"),),
    )


def binding(settings: Settings) -> Row:
    """What a recorder pays for the kernel and the argument block of a task."""
    a, b, c = matrices(SMALL)
    calls = {OURS: lambda: gemm.bind(a, b, c, alpha=-1.0, trans_b=True)}
    times = race(calls, settings, number=NUMBER)
    ours = times.median(OURS)
    return Row(
        name="gemm recorded",
        threads=settings.threads,
        ours=ours,
        peers={},
        ratios={},
        goals=(Goal("", 3e-6, ours, at_most=True, unit="s"),),
    )


def in_place(settings: Settings) -> Row:
    """A tile's update, on one BLAS thread."""
    a, b, c = arrays = matrices(LARGE)

    def numpy() -> None:
        c[...] -= a @ b

    calls: dict[str, Call] = {
        OURS: lambda: gemm(a, b, c, alpha=-1.0),
        "NumPy": numpy,
    }
    if (scipy := scipy_product(arrays)) is not None:
        calls["SciPy dgemm"] = scipy
    with single_threaded_blas():
        times = race(calls, settings)
        peak = Product().flops_per_s
    ours = times.median(OURS)
    rate = 2.0 * LARGE**3 / ours if ours is not None else None
    share = rate / peak if rate is not None else None
    return Row(
        name=f"gemm on tiles of {2 * LARGE}, n = {LARGE}, one BLAS thread",
        threads=1,
        ours=ours,
        peers=times.peers(),
        ratios=times.ratios(),
        goals=(Goal("of a large product's rate", 0.85, share, unit="%"),),
        limit=f"{peak / 1e9:.0f} Gflop/s",
    )
