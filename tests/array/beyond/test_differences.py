"""Differences between neighbours, against NumPy."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import lazydag.numpy as lnp

DTYPES = st.sampled_from(["i4", "i8", "f4", "f8"])


@given(hnp.arrays(DTYPES, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0)))
def test_ediff1d(x: np.ndarray) -> None:  # type: ignore[type-arg]
    want = np.ediff1d(x, to_begin=[1, 2], to_end=3)
    got = lnp.ediff1d(x, to_begin=[1, 2], to_end=3)
    assert got.dtype == want.dtype
    np.testing.assert_array_equal(got, want)
    np.testing.assert_array_equal(np.ediff1d(lnp.asarray(x)), np.ediff1d(x))
