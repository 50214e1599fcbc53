"""Numbers that differ from one evaluation to the next become parameters."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lazydag as ld
from lazydag.compiler import cache
from lazydag.compiler.varying import find_varying
from lazydag.ir.graph import Graph

X = np.linspace(0.0, 1.0, 200_000)


def graph(function: Any) -> Graph:
    return ld.jit(function, static_argnames="k").trace(X)


def plans() -> int:
    return sum(entry.plan is not None for entry in cache._entries.values())


def test_a_loop_with_other_numbers_is_planned_once() -> None:
    ld.compute(ld.asarray(X) * 0.5 + 0.3)  # comes first, with its own numbers
    ld.compute(ld.asarray(X) * 0.75 + 0.3)
    before = plans()
    for t in range(2, 12):
        got = np.asarray(ld.asarray(X) * (t / 8) + 0.3)
        np.testing.assert_array_equal(got, X * (t / 8) + 0.3)
    assert plans() == before


def test_only_what_differs_is_a_parameter() -> None:
    first, again = (graph(lambda x, k=k: ld.exp(x * k) - 1.5) for k in (3.0, 4.0))
    assert find_varying(first) is None
    lift = find_varying(again)
    assert lift is not None
    assert len(lift.places) == 1
    assert [float(a) for a in lift.arrays(again)] == [4.0]
    assert len(lift.graph(again).params) == 2


def test_exponents_stay() -> None:
    for k in (2.0, 3.0, 4.5):
        assert find_varying(graph(lambda x, k=k: x**k + ld.log1p(x))) is None


def test_signed_zeros_differ() -> None:
    for zero in (0.0, -0.0, 0.0, -0.0):
        got = np.asarray(ld.copysign(ld.asarray(X[:9]), zero) * 1.0)
        np.testing.assert_array_equal(
            np.signbit(got), np.signbit(np.copysign(X[:9], zero))
        )


def test_failures_keep_their_lines() -> None:
    x = ld.asarray(np.eye(3))
    for shift in (0.5, 0.25):
        ld.compute(ld.linalg.inv(x * 1.0 + shift * x))
    with pytest.raises(np.linalg.LinAlgError) as caught:
        ld.compute(ld.linalg.inv(x * 1.0 + -1.0 * x))
    assert "test_varying.py" in str(caught.value)


@settings(max_examples=40)
@given(st.lists(st.floats(-4, 4), min_size=4, max_size=4), st.integers(1, 9))
def test_results_are_the_same_bits(numbers: list[float], size: int) -> None:
    a, b, c, d = numbers
    x = np.linspace(-1.0, 1.0, size)
    got = np.asarray((ld.asarray(x) * a + b) * (ld.asarray(x) - c) / (d + 0.5))
    with np.errstate(all="ignore"):
        want = (x * a + b) * (x - c) / (d + 0.5)
    np.testing.assert_array_equal(got, want)
