"""lu, lu_factor and lu_solve against SciPy."""

import numpy as np
import pytest
from scipy import linalg

import lazydag as ld

TOLERANCE = {"f": 1e-3, "d": 1e-9, "F": 1e-3, "D": 1e-9}
TRANS = [0, 1, 2, "N", "T", "C"]
SHAPES = [(0, 0), (1, 1), (3, 5), (5, 3), (2, 3, 4, 4)]
CASES = [*((shape, "D") for shape in SHAPES), ((400, 300), "d"), ((300, 400), "d")]


def random(shape, dtype, rng):
    a = rng.standard_normal(shape)
    return (a + 1j * rng.standard_normal(shape) if dtype in "FD" else a).astype(dtype)


def same(found, expected):
    found = np.asarray(found)
    assert found.shape == expected.shape
    tolerance = TOLERANCE.get(found.dtype.char, 0)
    scale = max(1.0, float(np.abs(expected).max(initial=0.0)))
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance * scale)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize(("shape", "dtype"), CASES)
def test_lu(shape, dtype, rng):
    a = random(shape, dtype, rng)
    for options in ({}, {"permute_l": True}, {"p_indices": True}):
        found, expected = ld.linalg.lu(a, **options), linalg.lu(a, **options)
        for one, other in zip(found, expected, strict=True):
            same(one, other)


def test_whole_numbers():
    p, lower, upper = ld.linalg.lu([[1, 2], [3, 4]])
    np.testing.assert_allclose(p @ lower @ upper, [[1, 2], [3, 4]])


@pytest.mark.parametrize("trans", TRANS)
@pytest.mark.parametrize(("n", "dtype"), [(1, "d"), (4, "f"), (4, "D"), (350, "d")])
def test_lu_solve(n, dtype, trans, rng):
    a = random((n, n), dtype, rng) + np.dtype(dtype).type(2 * n) * np.eye(n)
    a = a.astype(dtype)
    matrix = (a, a.T, a.conj().T)[TRANS.index(trans) % 3]
    for b in (random((n,), dtype, rng), random((n, 3), dtype, rng)):
        x = ld.linalg.lu_solve(ld.linalg.lu_factor(a), b, trans)
        assert x.dtype == a.dtype
        same(matrix @ np.asarray(x), b)


def test_stacks(rng):
    a, b = rng.standard_normal((2, 1, 4, 4)), rng.standard_normal((3, 4, 2))
    factors = ld.linalg.lu_factor(a)
    same(ld.linalg.lu_solve(factors, b), np.linalg.solve(a, b))
    same(ld.linalg.lu_solve(factors, b, 1), np.linalg.solve(a.swapaxes(-1, -2), b))
    same(ld.linalg.lu_solve(factors, b[0, :, 0]), np.linalg.solve(a, b[0, :, 0]))


@pytest.mark.parametrize("n", [3, 400])
def test_singular_matrices_have_factors_but_no_solutions(n):
    a = np.ones((n, n))
    lu, piv = ld.linalg.lu_factor(a)
    same(lu, np.where(np.eye(1, n) + np.eye(n, 1) > 0, 1.0, 0.0))
    np.testing.assert_array_equal(piv, np.arange(n))
    with pytest.raises(np.linalg.LinAlgError, match="singular"):
        np.asarray(ld.linalg.lu_solve((lu, piv), np.ones(n)))


@pytest.mark.parametrize("n", [5, 400])
def test_in_place(n, rng):
    a, b = rng.standard_normal((n, n)), rng.standard_normal(n)
    expected, pivots = linalg.lu_factor(a)
    lazy, right = ld.asarray(a), ld.asarray(b.copy())
    lu, piv = ld.linalg.lu_factor(lazy, overwrite_a=True)
    assert lu is lazy
    x = ld.linalg.lu_solve((lu, piv), right, overwrite_b=True)
    assert x is right
    same(a @ np.asarray(right), b)
    same(lazy, expected)
    np.testing.assert_array_equal(piv, pivots)


def test_numpys_arrays_in_place(rng):
    a = rng.standard_normal((5, 5))
    expected, pivots = linalg.lu_factor(a)
    _, piv = ld.linalg.lu_factor(a, overwrite_a=True)
    same(a, expected)
    np.testing.assert_array_equal(piv, pivots)
