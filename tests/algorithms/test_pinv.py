"""Pseudo-inverses of oblong matrices, against NumPy's."""

import numpy as np
import pytest

import lazydag as ld
from lazydag.errors import LinAlgError


def random(*shape, dtype=np.float64):
    return np.random.default_rng(0).standard_normal(shape).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(4001, 31), (31, 4001), (640, 160)])
def test_like_numpys(shape, dtype):
    a = random(*shape, dtype=dtype)
    found = np.asarray(ld.linalg.pinv(a))
    assert (found.shape, found.dtype) == (shape[::-1], dtype)
    np.testing.assert_allclose(found, np.linalg.pinv(a), atol=100 * np.finfo(dtype).eps)


@pytest.mark.parametrize("shape", [(4001, 31), (31, 4001)])
def test_rank_deficient(shape):
    a = random(shape[0], 4) @ random(4, shape[1])
    np.testing.assert_allclose(ld.linalg.pinv(a), np.linalg.pinv(a), atol=1e-14)


def test_cutoff():
    a = random(8000, 20) * np.geomspace(1, 1e-8, 20)
    for rtol in (1e-4, np.float64(0.1)):
        expected = np.linalg.pinv(a, rtol=rtol)
        np.testing.assert_allclose(
            ld.linalg.pinv(a, rtol=rtol), expected, atol=1e-10 * abs(expected).max()
        )


def test_not_finite():
    a = random(4000, 30)
    a[5, 5] = np.inf
    with pytest.raises(LinAlgError, match="did not converge") as found:
        np.asarray(ld.linalg.pinv(a))
    assert found.value.at is not None
