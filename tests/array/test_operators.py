"""Numbers that are known are compared at once, as NumPy compares them."""

import operator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lazydag as ld

COMPARE = [getattr(operator, name) for name in ("eq", "ne", "lt", "le", "gt", "ge")]
NUMBERS = st.one_of(
    st.integers(-(2**63), 2**63 - 1).map(np.int64),
    st.integers(0, 2**64 - 1).map(np.uint64),
    st.integers(-128, 127).map(np.int8),
    st.floats(width=32).map(np.float32),
    st.floats().map(np.float64),
    st.booleans().map(np.bool_),
)


@pytest.mark.parametrize("compare", COMPARE)
@settings(max_examples=40)
@given(NUMBERS, st.one_of(NUMBERS, st.floats(), st.integers(-100, 100)))
def test_known_numbers(compare, one, two):
    want = compare(np.asarray(one), two)
    lazy = ld.asarray(one)
    other = ld.asarray(two) if isinstance(two, np.generic) else two
    found = compare(lazy, other)
    assert found.is_computed
    assert found.dtype == np.bool_
    assert bool(found) == want
    assert bool(compare(lazy + 0 if one.dtype != bool else lazy, other)) == want


def test_what_is_not_known_stays_lazy():
    x = ld.asarray(np.arange(3.0))
    assert not (x.sum() > 1.0).is_computed
    assert not (x > 1.0).is_computed


def test_numbers_are_compared_in_traces():
    @ld.jit
    def larger(a, b):
        return ld.where(a > b, a, b)

    assert float(larger(np.float64(1.0), np.float64(2.0))) == 2.0


def test_the_largest_of_many():
    values = np.random.default_rng(0).random(1000)
    assert float(max(ld.asarray(values))) == values.max()
