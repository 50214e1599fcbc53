"""Singular values and vectors of oblong matrices, against their definition."""

import numpy as np
import pytest

import lazydag as ld
from lazydag.errors import LinAlgError

DTYPES = [np.float32, np.float64]


def random(*shape, dtype=np.float64):
    return np.random.default_rng(0).standard_normal(shape).astype(dtype)


def check(a, u, s, vh):
    unit = np.finfo(a.dtype).eps / 2 * max(a.shape)
    expected = np.linalg.svd(a.astype(np.float64), compute_uv=False)
    assert np.abs(s - expected).max() <= 10 * unit * expected[0]
    a, u, s, vh = (each.astype(np.float64) for each in (a, u, s, vh))
    k = len(s)
    gap = a - (u[:, :k] * s) @ vh[:k]
    assert np.abs(gap).sum(0).max() <= 10 * unit * np.abs(a).sum(0).max()
    for rows in (u.T, vh):
        assert np.abs(rows @ rows.T - np.eye(len(rows))).sum(0).max() <= 10 * unit


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("shape", [(1301, 79), (79, 1301), (640, 160)])
def test_decomposition(shape, full, dtype):
    a = random(*shape, dtype=dtype)
    u, s, vh = map(np.asarray, ld.compute(*ld.linalg.svd(a, full_matrices=full)))
    assert [u.shape, s.shape, vh.shape] == [
        each.shape for each in np.linalg.svd(a, full_matrices=full)
    ]
    check(a, u, s, vh)


def test_some_results():
    a = random(30_000, 7)
    everything = ld.compute(*ld.linalg.svd(a, full_matrices=False))
    for number, expected in enumerate(map(np.asarray, everything)):
        found = np.asarray(ld.linalg.svd(a, full_matrices=False)[number])
        np.testing.assert_allclose(found, expected, atol=1e-12)
    np.testing.assert_allclose(ld.linalg.svdvals(a), np.asarray(everything[1]))


def test_views():
    a = random(4000, 90)[::-1, ::3].T
    check(a, *map(np.asarray, ld.compute(*ld.linalg.svd(a, full_matrices=False))))


def test_rank_deficient():
    a = random(4000, 3) @ random(3, 40)
    values = np.asarray(ld.linalg.svdvals(a))
    assert (values[3:] < 1e-10).all()
    assert int(ld.linalg.matrix_rank(a)) == 3


def test_nan_does_not_converge():
    a = random(4000, 40)
    a[17, 3] = np.nan
    for function in (ld.linalg.svdvals, lambda a: ld.linalg.svd(a, k=4).S):
        with pytest.raises(LinAlgError, match="did not converge") as found:
            np.asarray(function(a))
        assert found.value.at is not None
