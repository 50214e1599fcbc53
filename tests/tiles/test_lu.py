"""getrf and laswp against SciPy."""

import numpy as np
import pytest
from scipy import linalg

from lazydag.errors import AxisError, DTypeError, LinAlgError, ShapeError, UsageError
from lazydag.tiles import getrf, laswp
from tests.tiles.tiles import ORDERS, Placed, assert_near, f64, random

SIZES = ((6, 6), (9, 4), (4, 9), (1, 5), (5, 1), (1, 1), (60, 50))


@pytest.mark.parametrize(("m", "n"), SIZES)
def test_getrf(m, n, dtype, rng):
    a = random(rng, (m, n), dtype)
    A, pivots = Placed(a, "F"), np.full(min(m, n), -1, np.int32)
    getrf(A.tile, pivots)
    expected, exchanged = linalg.lu_factor(a)
    assert (pivots - 1 == exchanged).all()
    assert_near(A.tile, f64(expected))
    A.check()


def test_singular(dtype):
    a = np.asfortranarray(np.diag([1.0, 0.0, 2.0]).astype(dtype))
    with pytest.raises(LinAlgError, match=r"U\[1, 1\] is exactly zero"):
        getrf(a, np.empty(3, np.int32))


def test_singular_is_allowed(dtype):
    a, pivots = np.zeros((3, 3), dtype, "F"), np.empty(3, np.int32)
    getrf(a, pivots, allow_singular=True)
    assert (a == 0).all()
    assert (pivots == [1, 2, 3]).all()


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(("m", "n"), SIZES)
def test_laswp(order, m, n, dtype, rng):
    a = random(rng, (m, n), dtype)
    for k in {0, 1, m // 2, m}:
        pivots = rng.integers(1, m + 1, k).astype(np.int32)
        expected = a.copy()
        for row, pivot in enumerate(pivots):
            expected[[row, pivot - 1]] = expected[[pivot - 1, row]]
        A = Placed(a, order)
        laswp(A.tile, pivots)
        assert (A.tile == expected).all()
        A.check()
        laswp(A.tile, pivots, reverse=True)
        assert (A.tile == a).all()
        A.check()


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("bad", [0, -1, 5, 2**31 - 1, -(2**31)])
def test_pivots_outside_of_the_rows(order, bad, rng):
    a = np.asarray(random(rng, (4, 3), float), order=order)
    before = a.copy()
    with pytest.raises(AxisError, match="not the number of a row"):
        laswp(a, np.array([2, bad, 1], np.int32))
    assert (a == before).all()


def test_what_pivots_have_to_be(rng):
    a = np.asfortranarray(random(rng, (4, 3), float))
    with pytest.raises(DTypeError, match="pivots, int64"):
        getrf(a, np.empty(3, np.int64))
    with pytest.raises(ShapeError, match=r"p is 3 in min\(m, n\) and 4 in pivots"):
        getrf(a, np.empty(4, np.int32))
    with pytest.raises(ShapeError, match="5 pivots for 4 rows"):
        laswp(a, np.ones(5, np.int32))
    with pytest.raises(UsageError, match="strides"):
        laswp(a, np.ones(4, np.int32)[::2])


def test_rows_are_refused(rng):
    a = random(rng, (4, 3), float)
    with pytest.raises(UsageError, match=r"a, f64\[4,3\] lies in memory by rows") as e:
        getrf(a, np.empty(3, np.int32))
    assert "asfortranarray(a)" in str(e.value)


@pytest.mark.parametrize(("m", "n"), [(0, 3), (3, 0), (0, 0)])
def test_empty(m, n, dtype):
    a = np.empty((m, n), dtype, "F")
    getrf(a, np.empty(0, np.int32))
    laswp(a, np.ones(m, np.int32))
    laswp(np.empty((m, n), dtype), np.ones(m, np.int32))
