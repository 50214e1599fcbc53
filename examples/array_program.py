"""Linear algebra as one lazy program: products, factors and solutions share one plan.

Nothing is computed until the end, and nothing waits for a whole operation: each line is
tasks on tiles, and a solution starts while the factors that it needs are still made.
``A @ A`` is never stored; what is written in place takes no memory of its own.

Run it: ``python examples/array_program.py --n 2048``
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

import lazydag as ld

Matrix = NDArray[np.float64]
Result = tuple[Any, Any, Any, Any]


def program(A: Any, B: Any, y: Any) -> Result:
    """Return a scaled product, its triangular factor, a solution, and what is left."""
    C = B * (A @ A) / 3
    Q, R = ld.linalg.qr(C)
    x = ld.linalg.solve_triangular(R, Q.T @ y)
    rest = C @ x - y
    x += ld.mean(B, axis=0)[:, None]  # in place, once `rest` has read it
    return C, R, x, rest


def with_scipy(A: Matrix, B: Matrix, y: Matrix) -> tuple[Matrix, Matrix, Matrix]:
    """Return the same, one operation after the other."""
    C = B * (A @ A) / 3
    Q, R = linalg.qr(C, mode="economic")
    x = linalg.solve_triangular(R, Q.T @ y)
    x += B.mean(axis=0)[:, None]
    return C, R, x


def lazy_operands(n: int, columns: int) -> tuple[Any, Any, Any]:
    """Return matrices that are not made before somebody looks at them."""
    random = ld.random.default_rng(0)
    A = random.normal(size=(n, n)) + np.sqrt(n) * ld.eye(n)
    return A, 1 + random.random((n, n)) / n, random.normal(size=(n, columns))


def difference(found: Matrix, expected: Matrix) -> float:
    """Return the norm of a difference, relative to that of what was expected."""
    return float(np.linalg.norm(found - expected) / np.linalg.norm(expected))


def main() -> None:
    """Run the program lazily and by SciPy, and compare."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--n", type=int, default=1024, help="order of the matrices")
    parser.add_argument("--columns", type=int, default=64, help="right-hand sides")
    options = parser.parse_args()

    operands = lazy_operands(options.n, options.columns)
    start = time.perf_counter()
    recorded = program(*operands)
    print(f"recorded in {time.perf_counter() - start:.4f} s")
    start = time.perf_counter()
    C, R, x, rest = map(np.asarray, ld.compute(*recorded))
    print(f"lazydag {time.perf_counter() - start:8.3f} s")

    A, B, y = map(np.asarray, ld.compute(*operands))
    start = time.perf_counter()
    expected = with_scipy(A, B, y)
    print(f"SciPy   {time.perf_counter() - start:8.3f} s")
    report(expected, (C, R, x), float(np.linalg.norm(rest) / np.linalg.norm(y)))


def report(
    expected: tuple[Matrix, ...], found: tuple[Matrix, ...], residual: float
) -> None:
    """Print how far the results are from SciPy's, and stop if it is too far."""
    C, R, x = expected
    errors = {
        "C": difference(found[0], C),
        # The signs of rows are free.
        "|R|": difference(np.abs(found[1]), np.abs(R)),
        "x": difference(found[2], x),
        "residual": residual,
    }
    for name, error in errors.items():
        print(f"{name:8} {error:.1e}")
        if not error < 1e-8:
            raise SystemExit(f"{name} differs too much")


if __name__ == "__main__":
    main()
