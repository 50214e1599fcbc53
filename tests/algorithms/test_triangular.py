"""Triangular solves by tiles, against their definition and SciPy's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import linalg

from lazydag.algorithms.triangular import solve_triangular
from tests.algorithms.dense import DTYPES, SIDES, VIEWS, random, residual, run

FLAG = st.booleans()


def triangle(n, dtype=np.float64):
    """Return a matrix both of whose triangles are well conditioned."""
    a = random(n, n, dtype=dtype) / dtype(n)
    return a + np.eye(n, dtype=dtype)


def solution(a, b, *, lower=False, trans=False, unit=False):
    options = {"lower": lower, "trans": trans, "unit": unit}
    return run(solve_triangular, (a, b), b.shape, **options)[0]


@settings(max_examples=30)
@given(
    SIDES,
    st.sampled_from([(), (1,), (130,)]),
    st.sampled_from(DTYPES),
    FLAG,
    FLAG,
    FLAG,
)
def test_solution(n, more, dtype, lower, trans, unit):
    a, b = triangle(n, dtype), random(n, *more, dtype=dtype)
    x = solution(a, b, lower=lower, trans=trans, unit=unit)
    used = np.tril(a) if lower else np.triu(a)
    if unit:
        np.fill_diagonal(used, 1)
    used = used.T if trans else used
    assert residual(used.astype(np.float64) @ x, b) < 30


@pytest.mark.parametrize("view", VIEWS)
def test_strides(view):
    a, b = triangle(300), random(300, 70)
    found = solution(VIEWS[view](a), VIEWS[view](b))
    np.testing.assert_allclose(found, linalg.solve_triangular(a, b), atol=1e-12)


@pytest.mark.parametrize("lower", [False, True])
def test_the_other_triangle_is_not_read(lower):
    a, b = triangle(300), random(300)
    spoilt = np.where(np.tri(300, k=0 if lower else -1) == lower, a, np.nan)
    found = solution(spoilt, b, lower=lower)
    np.testing.assert_array_equal(found, solution(a, b, lower=lower))
