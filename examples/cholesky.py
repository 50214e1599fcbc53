"""The Cholesky factorisation as a program of tasks on tiles, in place.

The program in `factorise` is the sequential one with `spawn` written in: what each task
reads and writes orders them, and all that can runs at once.

Run it: ``python examples/cholesky.py --n 4096 --tile 512``
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

import lazydag as ld
from lazydag import In, InOut
from lazydag.tiles import gemm, potrf, syrk, trsm

Matrix = NDArray[np.float64]


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
    start = time.perf_counter()
    expected = linalg.cholesky(a, lower=True)
    scipy_seconds = time.perf_counter() - start

    start = time.perf_counter()
    factorise(tiles(a, options.tile))
    seconds = time.perf_counter() - start

    error = np.abs(np.tril(a) - expected).max()
    gflops = options.n**3 / 3e9
    print(f"n = {options.n}, tiles of {options.tile}, {ld.get_num_threads()} threads")
    print(f"lazydag {seconds * 1e3:8.1f} ms  {gflops / seconds:6.1f} Gflop/s")
    print(
        f"SciPy   {scipy_seconds * 1e3:8.1f} ms  {gflops / scipy_seconds:6.1f} Gflop/s"
    )
    print(f"largest difference {error:.1e}")
    if error > 1e-10:
        raise SystemExit("the factors differ")


if __name__ == "__main__":
    main()
