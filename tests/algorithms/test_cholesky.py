"""The Cholesky factorisation by tiles, against its definition and NumPy's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lazydag as ld
from lazydag.algorithms.cholesky import cholesky
from lazydag.errors import LinAlgError
from tests.algorithms.dense import (
    DTYPES,
    SIDES,
    VIEWS,
    definite,
    residual,
    run,
    with_threads,
)


def factor(a, *, upper=False):
    return run(cholesky, (a,), a.shape, upper=upper)[0]


@settings(max_examples=15)
@given(SIDES, st.sampled_from(DTYPES), st.booleans())
def test_factor(n, dtype, upper):
    a = definite(n, dtype)
    found = factor(np.triu(a) if upper else np.tril(a), upper=upper)
    np.testing.assert_array_equal(found, np.triu(found) if upper else np.tril(found))
    left = found.T if upper else found
    assert residual(left.astype(np.float64) @ left.T, a) < 10
    expected = np.linalg.cholesky(a, upper=upper)
    np.testing.assert_allclose(found, expected, atol=1e-3 * n**0.5)


@pytest.mark.parametrize("upper", [False, True])
@pytest.mark.parametrize("view", VIEWS)
def test_strides(view, upper):
    a = definite(300)
    found = factor(VIEWS[view](a), upper=upper)
    assert residual(found, np.linalg.cholesky(a, upper=upper)) < 10


@pytest.mark.parametrize("minor", [1, 71, 400])
def test_which_leading_minor(minor):
    a = definite(400)
    a[minor - 1, minor - 1] = -1
    with pytest.raises(LinAlgError, match=f"order {minor} is not positive definite"):
        np.asarray(ld.linalg.cholesky(a))
    with pytest.raises(np.linalg.LinAlgError):
        np.linalg.cholesky(a)


def test_nan_is_no_error():
    a = definite(400)
    a[5, 5] = np.nan
    np.testing.assert_array_equal(
        np.isnan(ld.linalg.cholesky(a)), np.isnan(np.linalg.cholesky(a))
    )


@pytest.mark.parametrize("dtype", DTYPES)
def test_threads_change_no_bit(dtype):
    one, several = with_threads(ld.linalg.cholesky, definite(700, dtype))
    np.testing.assert_array_equal(one, several)
