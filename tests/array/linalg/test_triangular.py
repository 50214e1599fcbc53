"""solve_triangular, cho_factor and cho_solve against SciPy."""

import itertools

import numpy as np
import pytest
from scipy import linalg

import lazydag as ld
from lazydag.errors import MatrixError, ShapeError, UsageError

FLAGS = list(itertools.product([False, True], repeat=2))


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def triangle(n, dtype, rng):
    """Return a matrix both of whose triangles are well conditioned."""
    a = rng.standard_normal((n, n)) / max(1, n) + np.eye(n)
    if np.dtype(dtype).kind == "c":
        a = a + 1j * rng.standard_normal((n, n)) / max(1, n)
    return a.astype(dtype)


@pytest.mark.parametrize(("lower", "unit"), FLAGS)
@pytest.mark.parametrize("trans", [0, 1, 2, "N", "T", "C"])
@pytest.mark.parametrize(("n", "dtype"), [(0, "d"), (4, "D"), (4, "f"), (400, "d")])
def test_solve_triangular(n, dtype, trans, lower, unit, rng):
    a = triangle(n, dtype, rng)
    for b in (np.ones(n, dtype), np.ones((n, 3), dtype)):
        x = ld.linalg.solve_triangular(a, b, trans, lower, unit)
        expected = linalg.solve_triangular(a, b, trans, lower, unit)
        assert x.dtype == expected.dtype
        np.testing.assert_allclose(x, expected, atol=1e-5 if dtype == "f" else 1e-12)


def test_stacks(rng):
    a, b = rng.standard_normal((2, 1, 4, 4)), rng.standard_normal((3, 4, 2))
    a += 5 * np.eye(4)
    x = ld.linalg.solve_triangular(a, b)
    found = np.triu(a) @ np.asarray(x)
    np.testing.assert_allclose(found, np.broadcast_to(b, found.shape), atol=1e-12)


@pytest.mark.parametrize("n", [5, 400])
def test_singular(n):
    a = np.eye(n)
    a[3, 3] = 0
    with pytest.raises(np.linalg.LinAlgError, match="3"):
        np.asarray(ld.linalg.solve_triangular(a, np.ones(n)))
    x = ld.linalg.solve_triangular(a, np.ones(n), unit_diagonal=True)
    np.testing.assert_array_equal(x, np.ones(n))


def test_what_is_refused():
    with pytest.raises(UsageError, match="trans=3 is not possible"):
        ld.linalg.solve_triangular(np.eye(2), np.ones(2), trans=3)
    with pytest.raises(MatrixError, match="no square matrix"):
        ld.linalg.solve_triangular(np.ones((2, 3)), np.ones(2))
    with pytest.raises(ShapeError, match="cannot solve"):
        ld.linalg.solve_triangular(np.eye(2), np.ones(3))


@pytest.mark.parametrize("n", [5, 400])
def test_in_place(n, rng):
    a, b = triangle(n, "d", rng), np.ones((n, 2))
    expected = linalg.solve_triangular(a, b)
    lazy = ld.asarray(b.copy()) * 1
    x = ld.linalg.solve_triangular(a, lazy, overwrite_b=True)
    assert x is lazy
    x += 2
    np.testing.assert_allclose(lazy, expected + 2, atol=1e-12)
    ld.linalg.solve_triangular(a, b, overwrite_b=True)
    np.testing.assert_allclose(b, expected, atol=1e-12)
    whole = [1, 2]
    ld.linalg.solve_triangular(np.eye(2), whole, overwrite_b=True)
    assert whole == [1, 2]


@pytest.mark.parametrize("lower", [False, True])
@pytest.mark.parametrize(("n", "dtype"), [(4, "D"), (400, "d")])
def test_cholesky_factors(n, dtype, lower, rng):
    a = triangle(n, dtype, rng)
    a = a @ a.conj().T
    c, is_lower = ld.linalg.cho_factor(a, lower=lower)
    assert is_lower is lower
    np.testing.assert_allclose(c, np.linalg.cholesky(a, upper=not lower), atol=1e-10)
    for b in (np.ones(n, dtype), np.ones((n, 3), dtype)):
        x = ld.linalg.cho_solve((c, lower), b)
        np.testing.assert_allclose(a @ np.asarray(x), b, atol=1e-9)
    held = ld.asarray(a) * 1
    ld.linalg.cho_factor(held, lower=lower, overwrite_a=True)
    np.testing.assert_array_equal(held, c)
