"""Least squares of tall systems, against NumPy's."""

import numpy as np
import pytest

import lazydag as ld
import lazydag.numpy as lnp
from lazydag.algorithms.least_squares import least_squares
from lazydag.errors import LinAlgError

DTYPES = [np.float32, np.float64]


def random(*shape, dtype=np.float64, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(30_001, 5), (3000, 35), (720, 150)])
@pytest.mark.parametrize("sides", [(), (1,), (70,)])
def test_like_numpys(shape, sides, dtype):
    a, b = random(*shape, dtype=dtype), random(shape[0], *sides, dtype=dtype, seed=1)
    tolerance = 1e4 * np.finfo(dtype).eps
    for found, expected in zip(
        lnp.linalg.lstsq(a, b), np.linalg.lstsq(a, b), strict=True
    ):
        assert found.shape == np.shape(expected)
        np.testing.assert_allclose(found, expected, tolerance, tolerance)


@pytest.mark.parametrize("rcond", [None, -1, 1e-9, 0.5])
def test_cutoff(rcond):
    a = random(8000, 20) * np.geomspace(1, 1e-8, 20)
    b = random(8000, 2, seed=1)
    expected = np.linalg.lstsq(a, b, rcond)
    found = lnp.linalg.lstsq(a, b, rcond)
    assert int(found[2]) == expected[2]
    assert found[1].shape == expected[1].shape
    np.testing.assert_allclose(found[0], expected[0], 1e-5)


def test_rank_deficient_has_the_least_norm():
    a = random(8000, 3) @ random(3, 20)
    b = random(8000, 2, seed=1)
    x, sums, rank, _ = lnp.linalg.lstsq(a, b)
    assert (int(rank), sums.shape) == (3, (0,))
    np.testing.assert_allclose(x, np.linalg.lstsq(a, b)[0], atol=1e-12)


def test_exact_solution():
    a, x = random(4000, 30), random(30, 2, seed=1)
    found, sums, *_ = lnp.linalg.lstsq(a, a @ x)
    np.testing.assert_allclose(found, x, atol=1e-12)
    assert (np.asarray(sums) < 1e-20).all()


def test_some_results():
    a, b = random(4000, 30), random(4000, 2, seed=1)
    x, rank = np.empty((30, 2)), np.empty((), np.int32)
    with ld.datadeps():
        least_squares((a, b), (x, None, rank, None))
    np.testing.assert_allclose(x, np.linalg.lstsq(a, b)[0])
    assert rank == 30


def test_nan_does_not_converge():
    a = random(4000, 30)
    a[3, 3] = np.nan
    with pytest.raises(LinAlgError, match="did not converge") as found:
        np.asarray(ld.linalg.lstsq(a, a[:, 0]).x)
    assert found.value.at is not None
