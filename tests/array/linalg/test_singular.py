"""`linalg.svd` with `k`: the greatest values, from random samples."""

import numpy as np
import pytest

import lazydag as ld
from lazydag.errors import UsageError

RNG = np.random.default_rng(3)


def decaying(m, n, ratio, dtype=np.float64):
    """Return a matrix with singular values 1, ratio, ratio**2, ..., and the values."""
    k = min(m, n)
    u, v = (np.linalg.qr(RNG.normal(size=(each, k)))[0] for each in (m, n))
    values = ratio ** np.arange(k)
    return ((u * values) @ v.T).astype(dtype), values


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(60, 40), (40, 60), (2000, 90), (90, 2000)])
def test_values_that_fall(shape, dtype):
    a, values = decaying(*shape, 0.7, dtype)
    u, s, vh = map(np.asarray, ld.compute(*ld.linalg.svd(a, k=6)))
    assert [u.shape, s.shape, vh.shape] == [(shape[0], 6), (6,), (6, shape[1])]
    assert u.dtype == s.dtype == vh.dtype == dtype
    np.testing.assert_allclose(s, values[:6], 1e-5)
    np.testing.assert_allclose(u.T @ u, np.eye(6), atol=1e-5)
    np.testing.assert_allclose(vh @ vh.T, np.eye(6), atol=1e-5)
    error = np.linalg.norm(a - (u * s) @ vh, 2)
    assert error < 1.01 * values[6]


def test_low_rank_is_exact():
    a = RNG.normal(size=(500, 8)) @ RNG.normal(size=(8, 300))
    u, s, vh = map(np.asarray, ld.compute(*ld.linalg.svd(a, k=8)))
    np.testing.assert_allclose((u * s) @ vh, a, atol=1e-11)
    np.testing.assert_allclose(s, np.linalg.svd(a)[1][:8])


def test_the_bound_of_the_error_holds():
    a, (k, p, i) = RNG.normal(size=(400, 300)), (20, 10, 2)
    next_value = np.linalg.svd(a)[1][k]
    u, s, vh = map(np.asarray, ld.compute(*ld.linalg.svd(a, k=k)))
    c = np.sqrt(k / (p - 1)) + np.e * np.sqrt((k + p) * (300 - k)) / p
    error = np.linalg.norm(a - (u * s) @ vh, 2)
    assert error <= next_value * (1 + (1 + c) ** (1 / (2 * i + 1)))


def test_more_iterations_come_closer():
    a = RNG.normal(size=(300, 200))
    expected = np.linalg.svd(a)[1][:10]
    gaps = []
    for count in (0, 2, 8):
        s = np.asarray(ld.linalg.svd(a, k=10, power_iterations=count).S)
        gaps.append((expected - s).max())
    assert gaps[0] > gaps[1] > gaps[2] > 0


def test_all_values_are_exact():
    a = RNG.normal(size=(30, 20))
    np.testing.assert_allclose(ld.linalg.svd(a, k=20).S, np.linalg.svd(a)[1])


def test_complex_numbers():
    a = RNG.normal(size=(50, 4)) @ (RNG.normal(size=(4, 30)) * (1 + 2j))
    u, s, vh = map(np.asarray, ld.compute(*ld.linalg.svd(a, k=4)))
    np.testing.assert_allclose((u * s) @ vh, a, atol=1e-12)


def test_seeds():
    a = RNG.normal(size=(100, 80))
    values = [
        np.asarray(ld.linalg.svd(a, k=5, seed=seed).S)
        for seed in (0, 0, 1, ld.random.default_rng(1))
    ]
    np.testing.assert_array_equal(values[0], values[1])
    assert (values[0] != values[2]).any()
    np.testing.assert_array_equal(values[2], values[3])


def test_stacks_in_a_jitted_function():
    a = RNG.normal(size=(3, 20, 2)) @ RNG.normal(size=(3, 2, 10))
    s = ld.jit(lambda a: ld.linalg.svd(a, k=2).S)(a)
    np.testing.assert_allclose(s, np.linalg.svd(a)[1][:, :2])


@pytest.mark.parametrize(
    "options",
    [
        {"k": 0},
        {"k": 4},
        {"k": 2, "oversampling": -1},
        {"k": 2, "power_iterations": -1},
    ],
)
def test_mistakes(options):
    with pytest.raises(UsageError):
        ld.linalg.svd(np.eye(3), **options)
