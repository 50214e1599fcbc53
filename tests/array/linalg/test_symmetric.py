"""`linalg.eigh` and `linalg.eigvalsh`: triangles, dtypes, and results in place."""

import numpy as np
import pytest
from scipy import linalg

import lazydag as ld
from lazydag.errors import MatrixError

RNG = np.random.default_rng(4)


@pytest.mark.parametrize("lower", [True, False])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128])
@pytest.mark.parametrize("shape", [(5, 5), (2, 4, 4), (320, 320)])
def test_one_triangle_is_read(shape, dtype, lower):
    a = RNG.normal(size=shape).astype(dtype)
    values, vectors = map(np.asarray, ld.compute(*ld.linalg.eigh(a, lower=lower)))
    expected = np.linalg.eigvalsh(a, "L" if lower else "U")
    np.testing.assert_allclose(values, expected, atol=1e-4)
    np.testing.assert_allclose(ld.linalg.eigvalsh(a, lower=lower), expected, atol=1e-4)
    half = np.tril(a) if lower else np.triu(a)
    step = -1 if lower else 1
    other = (np.tril if lower else np.triu)(a, step).conj().swapaxes(-1, -2)
    np.testing.assert_allclose(
        (half + other) @ vectors, vectors * values[..., None, :], atol=1e-3
    )


def test_like_scipys():
    a = RNG.normal(size=(40, 40))
    found = ld.linalg.eigvalsh(a, lower=False)
    np.testing.assert_allclose(found, linalg.eigvalsh(a, lower=False))


@pytest.mark.parametrize("make", [np.array, ld.asarray])
def test_overwriting(make):
    source = RNG.normal(size=(20, 20))
    a = make(source)
    values, vectors = ld.linalg.eigh(a, overwrite_a=True)
    np.testing.assert_array_equal(a, vectors)
    low = np.tril(source) + np.tril(source, -1).T
    np.testing.assert_allclose(low @ a, np.asarray(a) * np.asarray(values), atol=1e-12)


def test_not_square():
    with pytest.raises(MatrixError, match="square"):
        ld.linalg.eigh(np.ones((3, 4)))
