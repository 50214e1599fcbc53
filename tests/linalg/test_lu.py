"""LU factors of LAPACK's matrices, in LAPACK's measure, and how elements grow."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import linalg

import lazydag as ld
from tests.linalg import residuals
from tests.linalg.cases import OBLONG, ONCE, TILED_OBLONG, Case, cases
from tests.linalg.matrices import GENERAL, REGULAR, growing, random

L = ld.linalg


@pytest.mark.parametrize("case", cases(GENERAL, OBLONG, TILED_OBLONG), ids=str)
def test_lu(case: Case) -> None:
    a = case.matrix()
    p, low, up = case.call(L.lu, a)
    (m, n), k = a.shape, min(a.shape)
    assert (p.shape, low.shape, up.shape) == ((m, m), (m, k), (k, n))
    assert low.dtype == up.dtype == a.dtype
    assert not np.tril(up, -1).any()
    np.testing.assert_array_equal(np.triu(low), np.eye(m, k))
    np.testing.assert_array_equal(p.sum(0) * p.sum(1), 1)
    bound = 1 if a.dtype.kind == "f" else 2**0.5  # LAPACK compares |re| + |im|
    assert abs(low).max() <= bound * (1 + 1e-6)
    assert residuals.product(a, p @ low, up) < residuals.THRESHOLD


@pytest.mark.parametrize("case", cases(REGULAR, small=((5, 5), (20, 20))), ids=str)
@pytest.mark.parametrize("trans", ["N", "T", "C"])
def test_factor_and_solve(case: Case, trans: Any) -> None:
    a, b = case.matrix(), case.right()

    def solved(a: Any, b: Any) -> Any:
        return L.lu_solve(L.lu_factor(a), b, trans=trans)

    x = case.call(solved, a, b)
    turned = {"N": a, "T": a.T, "C": a.conj().T}[trans]
    assert residuals.solution(turned, x, b) < residuals.THRESHOLD


@pytest.mark.parametrize("shape", [(5, 5), (401, 401), (501, 257), (257, 501)])
def test_factors_are_scipys(shape: tuple[int, int]) -> None:
    a = random(*shape, np.float64)
    lu, piv = map(np.asarray, ld.compute(*L.lu_factor(a)))
    expected, exchanges = linalg.lu_factor(a)
    np.testing.assert_array_equal(piv, exchanges)
    np.testing.assert_allclose(lu, expected, atol=1e-9)


@pytest.mark.parametrize("n", [20, 401])
def test_elements_grow_as_in_lapack(n: int) -> None:
    """Partial pivoting is defeated by Wilkinson's matrix, exactly as LAPACK's is."""
    a = growing(n, n, np.float64)
    np.testing.assert_array_equal(np.asarray(L.lu(a)[2]), linalg.lu(a)[2])
    typical = random(n, n, np.float64)
    ours, theirs = np.asarray(L.lu(typical)[2]), linalg.lu(typical)[2]
    assert abs(ours).max() < 1.1 * abs(theirs).max()


def test_large() -> None:
    (shape,) = ONCE
    a = random(*shape, np.float64)
    p, low, up = map(np.asarray, ld.compute(*L.lu(a)))
    assert residuals.product(a, p @ low, up) < 1
