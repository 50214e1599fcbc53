"""The variance of a plan is as exact as NumPy's two passes, whatever the mean."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import lazydag as ld

EPS = float(np.finfo(np.float64).eps)
# Rows and blocks of 1024, columns and blocks of 64; with partial last blocks.
COUNTS = (2, 3, 5, 31, 64, 65, 66, 130, 1000, 1024, 1025, 2500, 5000)


def exact(values):
    """The variance as a fraction."""
    numbers = [Fraction(float(x)) for x in values]
    mean = sum(numbers) / len(numbers)
    return sum((x - mean) ** 2 for x in numbers) / len(numbers)


def error(found, wanted):
    """The relative error in units of rounding."""
    return float(abs(Fraction(float(found)) - wanted) / wanted) / EPS


@st.composite
def samples(draw):
    """Normal values about any mean, some of them replaced by outliers in front."""
    count = draw(st.sampled_from(COUNTS))
    x = np.random.default_rng(draw(st.integers(0, 99))).normal(size=count)
    x += draw(st.sampled_from((0.0, 1.0, 1e3, -1e6, 1e9, 1e12)))
    outliers = draw(st.sampled_from((0, 0, 1, 2, 70)))
    x[:outliers] = draw(st.sampled_from((0.0, 1e5, -1e8, 1e15)))
    return np.sort(x) if draw(st.booleans()) else x


def columns(x):
    return np.repeat(x[:, None], 9, axis=1)


@given(samples())
@example(np.r_[1e15, np.random.default_rng(0).normal(size=2499)])
@example(1e6 + np.random.default_rng(0).normal(size=2500))
@example(1e12 + np.random.default_rng(0).normal(size=2500))
def test_no_worse_than_two_passes(x):
    wanted = exact(x)
    if not wanted:
        return
    # A lane adds up 32 squares. All four rows that the first guess at a column's mean
    # is made of may be outliers: that magnifies errors by up to 64 / 4.
    for found, numpy, units in (
        (ld.var(x), np.var(x), 16),
        (ld.var(columns(x), axis=0)[4], np.var(columns(x), axis=0)[4], 64),
    ):
        assert error(found, wanted) <= max(error(numpy, wanted), units)


@pytest.mark.parametrize("shape", [(70, 1100), (3, 1025, 2), (20, 30, 40)])
@pytest.mark.parametrize("offset", [0.0, 1e6, 1e12])
def test_over_several_axes(shape, offset):
    x = offset + np.random.default_rng(0).normal(size=shape)
    assert error(ld.var(x), exact(x.ravel())) <= 8
    for axes in ((0, 1), (0, x.ndim - 1)):
        first = np.moveaxis(x, axes, (-2, -1)).reshape(
            -1, shape[axes[0]] * shape[axes[1]]
        )
        found = np.asarray(ld.var(x, axis=axes)).reshape(-1)
        assert error(found[0], exact(first[0])) <= 8


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_equal_values_have_no_variance(dtype):
    x = np.full((3000, 10), 0.1, dtype)
    assert float(ld.var(x)) == 0
    assert not np.asarray(ld.var(x, axis=0)).any()
    assert not np.asarray(ld.var(x, axis=1)).any()


@pytest.mark.parametrize("axis", [None, 0, 1])
@pytest.mark.parametrize("value", [np.inf, np.nan])
def test_what_is_not_finite_has_none(axis, value):
    x = np.ones((200, 30))
    x[0, 0] = value
    with np.errstate(invalid="ignore"):
        wanted = np.var(x, axis=axis)
    np.testing.assert_array_equal(np.asarray(ld.var(x, axis=axis)), wanted)
