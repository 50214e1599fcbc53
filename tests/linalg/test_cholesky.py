"""Cholesky factors of LAPACK's matrices, in LAPACK's measure."""

import numpy as np
import pytest

import lazydag as ld
from tests.linalg import residuals
from tests.linalg.cases import ONCE, Case, cases
from tests.linalg.matrices import DEFINITE


@pytest.mark.parametrize("case", cases(DEFINITE), ids=str)
def test_lower(case: Case) -> None:
    a = case.matrix()
    factor = case.call(ld.linalg.cholesky, a)
    assert factor.dtype == a.dtype
    assert not np.triu(factor, 1).any()
    assert residuals.cholesky(a, factor) < residuals.THRESHOLD


@pytest.mark.parametrize("case", cases(DEFINITE, small=((5, 5),)), ids=str)
def test_upper(case: Case) -> None:
    a = case.matrix()
    factor = case.call(lambda a: ld.linalg.cholesky(a, upper=True), a)
    assert not np.tril(factor, -1).any()
    assert residuals.cholesky(a, factor.conj().T) < residuals.THRESHOLD


@pytest.mark.parametrize("n", [20, 517])
def test_one_triangle_is_read(n: int) -> None:
    a = DEFINITE["condition 2"](n, n, np.float64)
    expected = np.asarray(ld.linalg.cholesky(a))
    half = np.where(np.tri(n, dtype=bool), a, np.nan)
    np.testing.assert_array_equal(ld.linalg.cholesky(half), expected)


def test_a_stack() -> None:
    a = np.stack([DEFINITE["condition 2"](9, 9, np.float64) * k for k in (1, 2)])
    for each, factor in zip(a, np.asarray(ld.linalg.cholesky(a)), strict=True):
        assert residuals.cholesky(each, factor) < residuals.THRESHOLD


def test_large() -> None:
    (shape,) = ONCE
    a = DEFINITE["condition sqrt(0.1/eps)"](*shape, np.float64)
    assert residuals.cholesky(a, np.asarray(ld.linalg.cholesky(a))) < 1
