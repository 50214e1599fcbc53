"""Solutions, inverses and determinants of LAPACK's matrices, in LAPACK's measure."""

import numpy as np
import pytest

import lazydag as ld
from tests.linalg import residuals
from tests.linalg.cases import ONCE, Case, cases
from tests.linalg.matrices import REGULAR, random, rounding


@pytest.mark.parametrize("case", cases(REGULAR), ids=str)
def test_solve_many(case: Case) -> None:
    a, b = case.matrix(), case.right()
    x = case.call(ld.linalg.solve, a, b)
    assert (x.shape, x.dtype) == (b.shape, a.dtype)
    assert residuals.solution(a, x, b) < residuals.THRESHOLD


@pytest.mark.parametrize("case", cases(REGULAR, small=((5, 5),)), ids=str)
def test_solve_one(case: Case) -> None:
    a, b = case.matrix(), case.right(1)[:, 0]
    x = case.call(ld.linalg.solve, a, b)
    assert (x.shape, x.dtype) == (b.shape, a.dtype)
    assert residuals.solution(a, x, b) < residuals.THRESHOLD


@pytest.mark.parametrize("case", cases(REGULAR), ids=str)
def test_inv(case: Case) -> None:
    a = case.matrix()
    found = case.call(ld.linalg.inv, a)
    assert found.dtype == a.dtype
    assert residuals.inverse(a, found) < residuals.THRESHOLD


@pytest.mark.parametrize("case", cases(REGULAR), ids=str)
def test_slogdet(case: Case) -> None:
    a = case.matrix()
    sign, logarithm = case.call(ld.linalg.slogdet, a)
    expected = np.linalg.slogdet(a)
    assert (sign.dtype, logarithm.dtype) == tuple(e.dtype for e in expected)
    near = len(a) * float(np.linalg.cond(a)) * rounding(a.dtype)
    if near < 0.1:  # else no digit is known
        np.testing.assert_allclose(sign, expected[0], atol=near)
        np.testing.assert_allclose(logarithm, expected[1], atol=near, rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128])
def test_det(dtype: type) -> None:
    a = REGULAR["condition 2"](20, 20, dtype)
    np.testing.assert_allclose(ld.linalg.det(a), np.linalg.det(a), rtol=1e-5)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_det_of_tiles(dtype: type) -> None:
    a = np.eye(401, dtype=dtype) + np.triu(random(401, 401, dtype), 1)
    a[[0, 1, 2]] = a[[1, 2, 0]]
    a[[5, 400]] = a[[400, 5]]
    assert ld.linalg.det(a) == pytest.approx(-1, rel=1e-4)


def test_large() -> None:
    (shape,) = ONCE
    a, b = random(*shape, np.float64), random(shape[0], 100, np.float64, 2)
    x = np.asarray(ld.linalg.solve(a, b))
    assert residuals.solution(a, x, b) < 1


def test_stacks_and_broadcasting() -> None:
    a, b = np.stack([REGULAR["condition 2"](6, 6, np.float64)] * 3), random(6, 2, float)
    for each in np.asarray(ld.linalg.solve(a, b)):
        assert residuals.solution(a[0], each, b) < residuals.THRESHOLD
