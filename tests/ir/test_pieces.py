"""Long lanes in pieces, against NumPy."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazydag.ir import pieces

RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def _short_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "SUMMED", 8)
    monkeypatch.setattr(pieces, "SORTED", 8)


def _sums(x: Any, axis: int) -> Any:
    out = np.empty_like(x)
    pieces.run(pieces.sums(out, x, axis))
    return out


def _sorted(x: Any, *, descending: bool = False, kind: str = "quicksort") -> Any:
    out = np.empty_like(x)
    pieces.run(pieces.sort(out, x, 0, descending, kind))
    return out


@pytest.mark.parametrize("dtype", ["i2", "u8", "i8", "f4", "f8", "c16"])
@pytest.mark.parametrize("shape", [(5,), (16,), (100,), (37, 3), (2, 40)])
def test_sums(dtype: str, shape: tuple[int, ...]) -> None:
    x = RNG.integers(0, 99, shape).astype(dtype)
    for axis in range(len(shape)):
        want = np.add.accumulate(x, axis, x.dtype)
        np.testing.assert_array_equal(_sums(x, axis), want)


def test_integers_wrap() -> None:
    x = RNG.integers(-(2**62), 2**62, 200)
    np.testing.assert_array_equal(_sums(x, 0), np.cumsum(x))


def test_sums_do_not_depend_on_how_lanes_lie() -> None:
    x = RNG.normal(size=(50, 70))
    want = _sums(x, 0)
    np.testing.assert_array_equal(_sums(np.asfortranarray(x), 0), want)
    np.testing.assert_array_equal(_sums(x.T, 1).T, want)
    np.testing.assert_allclose(want, np.cumsum(x, 0), atol=1e-13)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from([0.0, -0.0, 1.0, -2.0, float("inf"), float("nan")]),
        max_size=80,
    ),
    st.booleans(),
)
def test_floats_with_zeros_and_nan(values: list[float], descending: bool) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pieces, "SORTED", 8)
        x = np.array(values)
        found = _sorted(x, descending=descending)
        want = np.sort(x)[::-1] if descending else np.sort(x)
        np.testing.assert_array_equal(found, want)
        if x.size >= 16 and not descending:
            zeros = np.signbit(found[found == 0])
            assert (np.sort(zeros)[::-1] == zeros).all()


@pytest.mark.parametrize("dtype", ["?", "i1", "u2", "i8", "f4", "c8"])
@pytest.mark.parametrize("kind", ["quicksort", "stable", "heapsort"])
def test_sorts(dtype: str, kind: str) -> None:
    for size in (0, 1, 15, 16, 17, 64, 200):
        x = RNG.integers(0, 9, size).astype(dtype)
        np.testing.assert_array_equal(_sorted(x, kind=kind), np.sort(x))


def test_zeros_stay_in_order_in_a_stable_sort() -> None:
    x = np.array([0.0, -0.0] * 20)
    found = _sorted(x, kind="stable")
    np.testing.assert_array_equal(np.signbit(found), np.signbit(x))


def _positions(x: Any, *, descending: bool = False, kind: str = "stable") -> Any:
    out = np.empty(x.shape, np.int64)
    pieces.run(pieces.argsort(out, x, 0, descending, kind))
    return out


@pytest.mark.parametrize("dtype", ["?", "i1", "u8", "f4", "c8"])
def test_positions(dtype: str) -> None:
    for size in (0, 1, 15, 16, 17, 64, 200):
        x = RNG.integers(0, 9, size).astype(dtype)
        np.testing.assert_array_equal(_positions(x), np.argsort(x, kind="stable"))
        backwards = _positions(x, descending=True)
        want = size - 1 - np.argsort(x[::-1], kind="stable")[::-1]
        np.testing.assert_array_equal(backwards, want)
        found = _positions(x, kind="quicksort")
        np.testing.assert_array_equal(x[found], np.sort(x))
        np.testing.assert_array_equal(np.sort(found), np.arange(size))


def test_positions_of_nan() -> None:
    x = np.where(RNG.random(100) < 0.3, np.nan, RNG.normal(size=100))
    np.testing.assert_array_equal(_positions(x), np.argsort(x, kind="stable"))


def test_positions_of_lanes() -> None:
    x = RNG.integers(0, 5, (40, 3))
    np.testing.assert_array_equal(_positions(x), np.argsort(x, 0, kind="stable"))
    backwards = x.shape[0] - 1 - np.flip(np.argsort(x[::-1], 0, kind="stable"), 0)
    np.testing.assert_array_equal(_positions(x, descending=True), backwards)
