"""Solutions and inverses by LU factors, against their definition and NumPy's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lazydag as ld
from lazydag.algorithms.equations import inv, solve
from lazydag.errors import LinAlgError
from tests.algorithms.dense import (
    DTYPES,
    SIDES,
    VIEWS,
    random,
    residual,
    run,
    with_threads,
)


@settings(max_examples=15)
@given(SIDES, st.sampled_from([(), (1,), (3,), (130,)]), st.sampled_from(DTYPES))
def test_solve(n, more, dtype):
    a = random(n, n, dtype=dtype) + dtype(2 * n**0.5) * np.eye(n, dtype=dtype)
    b = random(n, *more, dtype=dtype)
    (x,) = run(solve, (a, b), b.shape)
    assert residual(a.astype(np.float64) @ x, b.reshape(b.shape)) < 100


@settings(max_examples=10)
@given(SIDES, st.sampled_from(DTYPES))
def test_inv(n, dtype):
    a = random(n, n, dtype=dtype) + dtype(2 * n**0.5) * np.eye(n, dtype=dtype)
    (x,) = run(inv, (a,), a.shape)
    assert residual(a.astype(np.float64) @ x, np.eye(n, dtype=dtype)) < 100


@pytest.mark.parametrize("view", VIEWS)
def test_strides(view):
    a, b = random(250, 250), random(250, 70)
    given = VIEWS[view](a), VIEWS[view](b)
    np.testing.assert_array_equal(
        run(solve, given, b.shape), run(solve, (a, b), b.shape)
    )
    np.testing.assert_array_equal(run(inv, given[:1], a.shape), run(inv, (a,), a.shape))


@pytest.mark.parametrize("zero", [0, 200, 399])
@pytest.mark.parametrize("function", ["inv", "solve"])
def test_singular(function, zero):
    a = np.diag((np.arange(400) != zero).astype(float))
    given = (a,) if function == "inv" else (a, np.ones(400))
    with pytest.raises(LinAlgError, match=rf"U\[{zero}, {zero}\] is exactly zero"):
        np.asarray(getattr(ld.linalg, function)(*given))
    with pytest.raises(np.linalg.LinAlgError):
        getattr(np.linalg, function)(*given)


@pytest.mark.parametrize("function", ["inv", "solve"])
def test_nan_is_no_error(function):
    a = random(400, 400)
    a[5, 5] = np.nan
    given = (a,) if function == "inv" else (a, np.ones(400))
    found = np.asarray(getattr(ld.linalg, function)(*given))
    expected = getattr(np.linalg, function)(*given)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))


@pytest.mark.parametrize("function", [ld.linalg.inv, lambda a: ld.linalg.solve(a, a.T)])
def test_threads_change_no_bit(function):
    one, several = with_threads(function, random(500, 500))
    np.testing.assert_array_equal(one, several)
