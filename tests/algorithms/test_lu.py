"""The LU factorisation by panels, against its definition and SciPy's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import linalg

from lazydag.algorithms.lu import Sizes, lu_factor
from tests.algorithms.dense import DTYPES, SIDES, VIEWS, random, residual, run


def factors(a):
    p = min(a.shape)
    return run(lu_factor, (a,), a.shape, (p,), dtypes=(a.dtype, np.int32))


def product(lu, exchanges):
    """Return the matrix that has these factors."""
    k = min(lu.shape)
    lower = np.tril(lu[:, :k], -1).astype(np.float64) + np.eye(len(lu), k)
    found = lower @ np.triu(lu[:k])
    for i, other in reversed(list(enumerate(exchanges))):
        found[[i, other]] = found[[other, i]]
    return found


@settings(max_examples=20)
@given(SIDES, SIDES, st.sampled_from(DTYPES))
def test_factors(m, n, dtype):
    a = random(m, n, dtype=dtype)
    lu, exchanges = factors(a)
    assert residual(product(lu, exchanges), a) < 10
    assert (np.abs(np.tril(lu, -1)[:, : min(m, n)]) <= 1).all()


@pytest.mark.parametrize(("m", "n"), [(400, 400), (700, 150), (150, 700)])
def test_exchanges_are_scipys(m, n):
    a = random(m, n)
    lu, exchanges = factors(a)
    expected, pivots = linalg.lu_factor(a)
    np.testing.assert_array_equal(exchanges, pivots)
    np.testing.assert_allclose(lu, expected, atol=1e-9)


@pytest.mark.parametrize("view", VIEWS)
def test_strides(view):
    a = random(300, 200)
    for found, expected in zip(factors(VIEWS[view](a)), factors(a), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_growth():
    # Wilkinson's matrix, whose last column doubles with each row that is eliminated.
    n = 60
    a = np.eye(n) - np.tril(np.ones((n, n)), -1)
    a[:, -1] = 1
    lu, exchanges = factors(a)
    assert lu[-1, -1] == 2.0 ** (n - 1)
    np.testing.assert_array_equal(exchanges, np.arange(n))


@pytest.mark.parametrize("rank", [0, 1, 100])
def test_singular_matrices_have_factors(rank):
    a = np.zeros((300, 300))
    a[:rank, :rank] = random(rank, rank)
    lu, exchanges = factors(a)
    assert residual(product(lu, exchanges), a) < 10


def test_only_the_exchanges():
    a = random(200, 200)
    _, exchanges = run(lu_factor, (a,), None, (200,), dtypes=(None, np.int32))
    np.testing.assert_array_equal(exchanges, linalg.lu_factor(a)[1])


@pytest.mark.parametrize(
    ("m", "n"), [(400, 400), (700, 333), (333, 700), (257, 256), (300, 265), (3000, 50)]
)
@pytest.mark.parametrize(
    "sizes", [(64, 16, 96, 64), (64, 16, 64, 64), (32, 32, 64, 64), (32, 8, 96, 128)]
)
def test_panels_of_narrow_ones(m, n, sizes, monkeypatch):
    monkeypatch.setattr("lazydag.algorithms.lu._SIZES", ())
    monkeypatch.setattr("lazydag.algorithms.lu._LARGEST", Sizes(*sizes))
    a = random(m, n)
    lu, exchanges = factors(a)
    expected, pivots = linalg.lu_factor(a)
    np.testing.assert_array_equal(exchanges, pivots)
    np.testing.assert_allclose(lu, expected, atol=1e-9)
    assert residual(product(lu, exchanges), a) < 10
