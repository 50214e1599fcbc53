"""Elements of given ranks, against NumPy's sort."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazydag.ir import selection

RNG = np.random.default_rng(0)


def _check(x: Any, kth: Any, axis: int = 0) -> None:
    found = selection.ranked(x, tuple(kth), axis)
    np.testing.assert_array_equal(found, np.take(np.sort(x, axis), kth, axis))


@pytest.fixture(autouse=True)
def _short_lanes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "LONG", 64)
    monkeypatch.setattr(selection, "BLOCK", 50)


@settings(max_examples=150, deadline=None)
@given(st.integers(1, 600), st.integers(0, 99), st.integers(1, 200), st.data())
def test_ranks(size: int, seed: int, different: int, data: st.DataObject) -> None:
    x = np.random.default_rng(seed).integers(0, different, size).astype("f8")
    if data.draw(st.booleans()):
        x[data.draw(st.integers(0, size - 1))] = data.draw(
            st.sampled_from([np.nan, np.inf, -np.inf])
        )
    kth = data.draw(st.sets(st.integers(0, size - 1), min_size=1, max_size=6))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(selection, "LONG", 64)
        patch.setattr(selection, "BLOCK", 50)
        _check(x, sorted(kth))


@pytest.mark.parametrize("dtype", ["?", "i2", "u8", "f4", "c16"])
def test_dtypes(dtype: str) -> None:
    x = RNG.integers(0, 50, 3000).astype(dtype)
    _check(x, (0, 1499, 1500, 2999))


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_lanes(axis: int) -> None:
    x = RNG.normal(size=(70, 80, 90))
    _check(x, (3, 34, 35), axis)


def test_samples_that_mislead() -> None:
    """The lane has the period of the sample, so that its bracket misses."""
    size = 27_000
    stride = int(size ** (1 / 3)) | 1
    x = RNG.normal(size=size)
    x[::stride] += 100.0
    _check(x, (13_499, 13_500))


def test_what_is_sorted_or_equal() -> None:
    x = np.arange(5000.0)
    for lane in (x, x[::-1], x // 1000, x // 2500, x * 0):
        _check(lane, (0, 1, 2499, 2500, 4998, 4999))
        _check(lane, (1249, 3750))


def test_many_ranks() -> None:
    _check(RNG.normal(size=5000), range(0, 5000, 100))


@pytest.mark.parametrize("axis", [0, 1])
def test_ranks_that_differ_between_lanes(axis: int) -> None:
    x = RNG.normal(size=(300, 200))
    x[RNG.random(x.shape) < 0.1] = np.nan
    x[:, 7], x[5] = np.nan, np.nan
    shape = (4, 200) if axis == 0 else (300, 4)
    places = RNG.integers(0, x.shape[axis], shape)
    found = selection.ranked_at(x, places, axis)
    want = np.take_along_axis(np.sort(x, axis), places, axis)
    np.testing.assert_array_equal(found, want)


def test_ranks_of_integers_that_differ_between_lanes() -> None:
    x = RNG.integers(0, 99, (3, 500))
    places = np.array([[0, 499], [250, 3], [250, 250]])
    want = np.take_along_axis(np.sort(x), places, 1)
    np.testing.assert_array_equal(selection.ranked_at(x, places, 1), want)
