"""The QR factorisation by panels and strips, against its definition and NumPy's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lazydag as ld
from lazydag.algorithms import qr

DTYPES = [np.float32, np.float64]
# Around the edges of panels (64 and 128 columns) and strips (1024 rows and more).
SIDES = st.sampled_from([1, 2, 63, 64, 65, 129, 200, 1023, 1025])


def factors(a, mode="reduced"):
    m, n = a.shape
    k = m if mode == "complete" else min(m, n)
    q, r = np.full((m, k), np.nan, a.dtype), np.full((k, n), np.nan, a.dtype)
    with ld.datadeps():
        qr.qr((a,), (q, r), mode)
    return q, r


def check(a, q, r):
    """Hold factors against LAPACK's bound, in its units."""
    unit = np.finfo(a.dtype).eps / 2 * max(a.shape)
    a, q, r = (each.astype(np.float64) for each in (a, q, r))
    assert np.abs(a - q @ r).sum(0).max() <= 10 * unit * np.abs(a).sum(0).max()
    assert np.abs(q.T @ q - np.eye(q.shape[1])).sum(0).max() <= 10 * unit
    assert not np.tril(r, -1).any()


def random(*shape, dtype=np.float64):
    return np.random.default_rng(0).standard_normal(shape).astype(dtype)


@settings(max_examples=15, deadline=None)
@given(SIDES, SIDES, st.sampled_from(DTYPES), st.sampled_from(["reduced", "complete"]))
def test_factors(m, n, dtype, mode):
    a = random(m, n, dtype=dtype)
    check(a, *factors(a, mode))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("columns", [1, 10, 64, 100])
def test_many_strips(columns, dtype):
    a = random(9000, columns, dtype=dtype)
    check(a, *factors(a))


def test_wide():
    a = random(40, 9001)
    check(a, *factors(a))


@pytest.mark.parametrize(
    "view",
    [
        lambda a: a.T,
        np.asfortranarray,
        lambda a: a[::-1, ::2],
        lambda a: np.broadcast_to(a[:, :1], a.shape),
    ],
    ids=["transposed", "by columns", "with steps", "one column"],
)
def test_strides(view):
    a = view(random(300, 260))
    q, r = factors(a)
    check(a, q, r)
    again = factors(np.ascontiguousarray(a))
    np.testing.assert_array_equal((q, r)[0], again[0])
    np.testing.assert_array_equal((q, r)[1], again[1])


def test_one_strip_has_lapacks_signs():
    a = random(500, 300)
    q, r = factors(a)
    expected_q, expected_r = np.linalg.qr(a)
    np.testing.assert_allclose(q, expected_q, atol=1e-12)
    np.testing.assert_allclose(r, expected_r, atol=1e-11)


def test_graded_columns():
    """Each column keeps its own relative accuracy, as with Householder's reflectors."""
    a = random(2500, 200) * 10.0 ** -np.linspace(0, 12, 200)
    q, r = factors(a)
    errors = np.linalg.norm(a - q @ r, axis=0) / np.linalg.norm(a, axis=0)
    assert errors.max() < 1e-13


def test_rank_deficient():
    a = random(3000, 3) @ random(3, 150)
    q, r = factors(a)
    check(a, q, r)
    assert np.abs(r[3:]).max() < 1e-10


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_spreads(bad):
    a = random(2100, 130)
    a[77, 5] = bad
    q, r = factors(a)
    np.testing.assert_allclose(np.abs(r[:5, :5]), np.abs(np.linalg.qr(a[:, :5])[1]))
    assert np.isnan(r[5:, 6:][np.triu_indices(120)]).all()
    assert np.isnan(q[:, 10:]).any()
    assert not np.tril(r, -1).any()


def test_one_factor():
    a = random(2100, 90)
    q, r = factors(a)
    alone_q, alone_r = np.empty_like(q), np.empty_like(r)
    with ld.datadeps():
        qr.qr((a,), (alone_q, None), "reduced")
        qr.qr((a,), (None, alone_r), "reduced")
    np.testing.assert_array_equal(alone_q, q)
    np.testing.assert_array_equal(alone_r, r)


def test_threads_do_not_change_bits():
    a = random(2500, 300)
    threads = ld.get_num_threads()
    try:
        found = []
        for count in (1, 2):
            ld.set_num_threads(count)
            found.append(factors(a))
    finally:
        ld.set_num_threads(threads)
    (q, r), (other_q, other_r) = found
    np.testing.assert_array_equal(q, other_q)
    np.testing.assert_array_equal(r, other_r)


def test_zeros():
    """Reflectors of zeros are the identity."""
    q, r = factors(np.zeros((1500, 100)))
    assert not r.any()
    np.testing.assert_array_equal(q, np.eye(1500, 100))
