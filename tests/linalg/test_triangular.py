"""Systems with triangles of LAPACK's matrices, in LAPACK's measure."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

import lazydag as ld
from tests.linalg import residuals
from tests.linalg.cases import Case, cases
from tests.linalg.matrices import DEFINITE, Matrix, lower, random, rounding

L = ld.linalg

OPTIONS = list(product([False, True], ["N", "T", "C"], [False, True]))


def dominated(m: int, n: int, dtype: Any) -> Matrix:
    """Return a matrix both of whose triangles solve stably."""
    return random(m, n, dtype) / n + np.eye(m, n, dtype=dtype)


def fading(m: int, n: int, dtype: Any) -> Matrix:
    """Return one whose rows shrink over half of the digits."""
    steps = rounding(dtype) ** np.linspace(0, 0.5, m)
    return (dominated(m, n, dtype) * steps[:, None]).astype(dtype)


TABLE = {"dominated": dominated, "fading": fading}


@pytest.mark.parametrize("case", cases(TABLE, ((5, 5),), ((333, 333),)), ids=str)
@pytest.mark.parametrize(("is_lower", "trans", "unit"), OPTIONS)
def test_solve_triangular(case: Case, is_lower: bool, trans: Any, unit: bool) -> None:
    """The other triangle is NaN, and so is the diagonal if it is taken as ones."""
    a, b = case.matrix(), case.right(7)
    mask = np.tri(len(a), k=-1 if unit else 0, dtype=bool)
    mask = mask if is_lower else mask.T
    triangle = np.where(mask, a, np.eye(len(a)) if unit else 0).astype(a.dtype)

    def solved(a: Any, b: Any) -> Any:
        return L.solve_triangular(a, b, trans, lower=is_lower, unit_diagonal=unit)

    x = case.call(solved, np.where(mask, a, np.nan).astype(a.dtype), b)
    turned = {"N": triangle, "T": triangle.T, "C": triangle.conj().T}[trans]
    assert (x.shape, x.dtype) == (b.shape, a.dtype)
    assert residuals.solution(turned, x, b) < residuals.THRESHOLD


@pytest.mark.parametrize("case", cases(DEFINITE, small=((1, 1), (20, 20))), ids=str)
@pytest.mark.parametrize("is_lower", [False, True])
def test_cholesky_solutions(case: Case, is_lower: bool) -> None:
    a, b = case.matrix(), case.right()

    def solved(a: Any, b: Any) -> Any:
        return L.cho_solve(L.cho_factor(a, lower=is_lower), b)

    assert residuals.solution(a, case.call(solved, a, b), b) < residuals.THRESHOLD


@pytest.mark.parametrize("columns", [1, 2, 333, 900])
def test_right_hand_sides_of_any_number(columns: int) -> None:
    a, b = lower(333, 333, np.float64), np.ones((333, columns))
    x = np.asarray(L.solve_triangular(a, b, lower=True))
    assert residuals.solution(a, x, b) < residuals.THRESHOLD
    alone = np.asarray(L.solve_triangular(a, b[:, 0], lower=True))
    assert residuals.solution(a, alone, b[:, 0]) < residuals.THRESHOLD
