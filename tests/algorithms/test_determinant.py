"""Determinants by LU factors, against NumPy's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazydag.algorithms.determinant import det, slogdet
from tests.algorithms.dense import DTYPES, SIDES, random, run


@settings(max_examples=15)
@given(SIDES, st.sampled_from(DTYPES))
def test_like_numpy(n, dtype):
    a = random(n, n, dtype=dtype) / dtype(n**0.5)
    sign, logarithm = run(slogdet, (a,), (), ())
    expected = np.linalg.slogdet(a)
    tolerance = 1e-3 if dtype is np.float32 else 1e-9
    assert sign == expected.sign
    np.testing.assert_allclose(logarithm, expected.logabsdet, tolerance, tolerance)
    (found,) = run(det, (a,), ())
    np.testing.assert_allclose(found, np.linalg.det(a), 100 * tolerance)


def test_singular():
    a = np.ones((300, 300))
    assert run(det, (a,), ()) == [0]
    assert run(slogdet, (a,), (), ()) == [0, -np.inf]
    assert tuple(np.linalg.slogdet(a)) == (0, -np.inf)


@pytest.mark.parametrize(("scale", "expected"), [(100, np.inf), (1e-3, 0)])
def test_out_of_range(scale, expected):
    (found,) = run(det, (scale * np.eye(400),), ())
    assert found == expected


def test_nan():
    a = np.eye(300)
    a[7, 7] = np.nan
    sign, logarithm = run(slogdet, (a,), (), ())
    assert sign == 1
    assert np.isnan(logarithm)
    assert np.isnan(run(det, (a,), ())[0])


def test_only_the_sign():
    sign, _ = run(slogdet, (-np.eye(301),), (), None)
    assert sign == -1
