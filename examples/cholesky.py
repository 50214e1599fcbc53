"""The Cholesky factorisation as a program of tasks on tiles, in place.

The program in `factorise` is the sequential one with `spawn` written in: what each task
reads and writes orders them, and all that can runs at once.

Run it: ``python examples/cholesky.py --n 4096 --tile 512``
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

import lazydag as ld
from lazydag import In, InOut
from lazydag.tiles import gemm, potrf, syrk, trsm

Matrix = NDArray[np.float64]
T = TypeVar("T")


def tiles(matrix: Matrix, size: int) -> list[list[Matrix]]:
    """Return the views of a matrix that cut it into tiles of ``size`` by ``size``."""
    edges = range(0, len(matrix), size)
    return [[matrix[i : i + size, j : j + size] for j in edges] for i in edges]


def factorise(M: list[list[Matrix]]) -> None:
    """Overwrite the lower triangle of a matrix, in tiles, by its Cholesky factor."""
    mt = len(M)
    with ld.datadeps():
        for k in range(mt):
            ld.spawn(potrf, InOut(M[k][k]), lower=True)
            for m in range(k + 1, mt):
                ld.spawn(
                    trsm, In(M[k][k]), InOut(M[m][k]), side="R", lower=True, trans=True
                )
            for n in range(k + 1, mt):
                ld.spawn(syrk, In(M[n][k]), InOut(M[n][n]), alpha=-1.0)
                for m in range(n + 1, mt):
                    ld.spawn(
                        gemm,
                        In(M[m][k]),
                        In(M[n][k]),
                        InOut(M[m][n]),
                        alpha=-1.0,
                        trans_b=True,
                    )


def positive_definite(n: int) -> Matrix:
    """Return a random symmetric positive definite matrix of order `n`."""
    a = np.random.default_rng(0).standard_normal((n, n))
    return a @ a.T / n + np.eye(n)


def main() -> None:
    """Factorise a random matrix by tasks and by SciPy, and compare."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--n", type=int, default=2048, help="order of the matrix")
    parser.add_argument("--tile", type=int, default=256, help="order of a tile")
    options = parser.parse_args()

    a = positive_definite(options.n)
    expected, scipy_seconds = timed(lambda: linalg.cholesky(a, lower=True))
    print(f"n = {options.n}, tiles of {options.tile}, {ld.get_num_threads()} threads")
    # The first time loads the kernels and makes the plan; the second finds it.
    for what in ("first", "again"):
        work = a.copy()
        _, seconds = timed(partial(factorise, tiles(work, options.tile)))
        print(f"lazydag, {what}  {report(options.n, seconds)}")
        error = np.abs(np.tril(work) - expected).max()
        if error > 1e-10:
            raise SystemExit(f"the factors differ by {error:.1e}")
    print(f"SciPy           {report(options.n, scipy_seconds)}")
    print(f"largest difference {error:.1e}")


def timed(function: Callable[[], T]) -> tuple[T, float]:
    """Return what a function returns, and the seconds that it takes."""
    start = time.perf_counter()
    result = function()
    return result, time.perf_counter() - start


def report(n: int, seconds: float) -> str:
    """Return the time and the rate of a factorisation."""
    return f"{seconds * 1e3:8.1f} ms  {n**3 / 3e9 / seconds:6.1f} Gflop/s"


if __name__ == "__main__":
    main()
