"""Least squares with LAPACK's matrices, in LAPACK's measure."""

import numpy as np
import pytest

import lazydag as ld
from tests.linalg import residuals
from tests.linalg.cases import Case, cases
from tests.linalg.matrices import REGULAR, SINGULAR, random, rounding

L = ld.linalg
TALL = ((2999, 37), (1201, 101), (701, 257))


def optimality(a: np.ndarray, x: np.ndarray, b: np.ndarray) -> float:
    """Return ``|A^H r| / (n |A|^2 |x| eps + n |A| |b| eps)``, as LAPACK's ``xQRT17``.

    It tells how far the residual is from being orthogonal to all columns.
    """
    by = residuals.scale(a)
    left, right = residuals.wide(a) * by, residuals.wide(b)
    found = residuals.wide(x) / by
    gap = left.conj().T @ (right - left @ found)
    size = np.linalg.norm(left) ** 2 * np.linalg.norm(found)
    size += np.linalg.norm(left) * np.linalg.norm(right)
    return float(np.linalg.norm(gap) / (size * max(a.shape) * rounding(a.dtype)))


@pytest.mark.parametrize("case", cases(REGULAR, ((9, 4), (4, 9)), TALL), ids=str)
def test_the_residual_is_orthogonal(case: Case) -> None:
    a, b = case.matrix(), case.right()
    x, _, rank, s = case.call(L.lstsq, a, b)
    assert x.shape == (a.shape[1], b.shape[1])
    expected = np.linalg.svdvals(residuals.wide(a))
    assert residuals.values(expected, s, max(a.shape)) < residuals.THRESHOLD
    if rank == min(a.shape):
        assert optimality(a, x, b) < residuals.THRESHOLD


@pytest.mark.parametrize("case", cases(SINGULAR, ((9, 4),), ((701, 257),)), ids=str)
def test_the_least_of_all_solutions(case: Case) -> None:
    """Compare with the solution by singular values, cut off well above rounding."""
    a, b = case.matrix(), case.right()
    part = 1e-4 if a.dtype.char in "fF" else 1e-8
    x, _, rank, _ = case.call(lambda a, b: L.lstsq(a, b, rcond=part), a, b)
    wide = residuals.wide(a)
    assert rank == np.linalg.matrix_rank(wide, rtol=part)
    expected = np.linalg.pinv(wide, rcond=part) @ residuals.wide(b)
    near = 100 * rounding(a.dtype) / part * max(1.0, np.linalg.norm(expected))
    np.testing.assert_allclose(x, expected, atol=near)


def test_sums_of_squares() -> None:
    a, b = random(1201, 101, np.float64), random(1201, 2, np.float64, 4)
    found, expected = ld.compute(*L.lstsq(a, b)), np.linalg.lstsq(a, b)
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-8)
    np.testing.assert_allclose(found[1], expected[1], rtol=1e-10)
    assert found[2] == 101
