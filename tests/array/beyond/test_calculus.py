"""Differences, slopes, integrals, interpolation, convolution and windows."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import lazydag as ld
from lazydag.ir.text import dump
from tests.array.beyond.both import agrees, dispatches, refuses

QUICK = settings(max_examples=30, deadline=None)
DTYPES = st.sampled_from(["?", "i1", "u4", "i8", "f4", "f8", "c16"])
SIGNED = st.sampled_from(["i4", "i8", "f4", "f8", "c16"])
REAL = st.sampled_from(["i4", "f4", "f8"])
SHAPES = hnp.array_shapes(max_dims=3, max_side=5)
SMALL = st.integers(-20, 20)
X = np.random.default_rng(3).normal(size=(4, 5))
V = np.arange(6.0) ** 2
CLOSE = {"rtol": 1e-12, "atol": 1e-14}


@QUICK
@given(hnp.arrays(DTYPES, SHAPES), st.integers(0, 3), st.data())
def test_diff(x: Any, n: int, data: st.DataObject) -> None:
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
    agrees(lambda xp, x: xp.diff(x, n, axis), x)
    agrees(lambda xp, x: xp.diff(x, n, axis=axis, prepend=1, append=x), x)
    dispatches(lambda xp, x: xp.diff(x, axis=axis, append=2.5), x)


@QUICK
@given(hnp.arrays(SIGNED, SHAPES, elements=SMALL.map(abs)), st.data())
def test_gradient(x: Any, data: st.DataObject) -> None:
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
    order = data.draw(st.sampled_from([1, 2]))
    if min(x.shape) <= order:
        return
    by = data.draw(st.sampled_from([1, 0.5, np.float32(2), np.int64(3)]))
    agrees(lambda xp, x: xp.gradient(x, edge_order=order), x)
    agrees(lambda xp, x: xp.gradient(x, by, axis=axis, edge_order=order), x)
    dispatches(lambda xp, x: xp.gradient(x, by, axis=axis), x)
    places = np.cumsum(data.draw(st.permutations(range(1, x.shape[axis] + 1))))

    def unevenly(xp: Any, x: Any, places: Any) -> Any:
        return xp.gradient(x, places, axis=axis, edge_order=order)

    agrees(unevenly, x, places)
    agrees(unevenly, x, np.linspace(0, 1, x.shape[axis]))
    agrees(unevenly, x, np.arange(x.shape[axis], dtype="u1"))


def test_gradient_along_axes() -> None:
    agrees(lambda xp, x: xp.gradient(x, 2.0, [1, 2, 4, 8, 16]), X)
    agrees(lambda xp, x: xp.gradient(x, axis=(1, 0)), X)
    agrees(lambda xp, x: xp.gradient(x, axis=()), X)
    agrees(lambda xp, x, by: xp.gradient(x, by[3], axis=0), X, V)


@QUICK
@given(
    hnp.arrays(st.sampled_from(["i4", "f4", "f8"]), SHAPES, elements=SMALL), st.data()
)
def test_trapezoid(y: Any, data: st.DataObject) -> None:
    axis = data.draw(st.integers(-y.ndim, y.ndim - 1))
    places = np.cumsum(np.arange(y.shape[axis]))
    agrees(lambda xp, y: xp.trapezoid(y, dx=0.25, axis=axis), y, rtol=1e-6)
    agrees(lambda xp, y, x: xp.trapezoid(y, x, axis=axis), y, places, rtol=1e-6)
    agrees(lambda xp, y: xp.trapezoid(y, y + 1.0, axis=axis), y, rtol=1e-6)


@QUICK
@given(
    hnp.arrays(st.sampled_from(["i4", "i8", "f8"]), SHAPES, elements=SMALL),
    st.sampled_from([None, 3]),
    st.sampled_from([4, 5, 2 * np.pi]),
)
def test_unwrap(p: Any, discont: Any, period: Any) -> None:
    agrees(lambda xp, p: xp.unwrap(p, discont, period=period), p, **CLOSE)
    agrees(lambda xp, p: xp.unwrap(p * 1.0, axis=0), p, **CLOSE)


@QUICK
@given(
    hnp.arrays("f8", st.sampled_from([(), (5,), (2, 3)]), elements=SMALL),
    st.sets(SMALL, min_size=1, max_size=6),
    st.sampled_from(["i4", "f4", "f8", "c16"]),
)
def test_interp(x: Any, places: set[int], dtype: str) -> None:
    xp_, fp = np.array(sorted(places)), np.arange(len(places)).astype(dtype) ** 2
    agrees(lambda xp, x, p, f: xp.interp(x, p, f), x, xp_, fp)
    agrees(lambda xp, x, p, f: xp.interp(x, p, f, left=-1, right=9.5), x, xp_, fp)
    agrees(lambda xp, x, p, f: xp.interp(x, p, f, period=50), x, xp_, fp, **CLOSE)
    dispatches(lambda xp, x, p, f: xp.interp(x, p, f, right=0), x, xp_, fp)


def test_interp_at_one_place() -> None:
    agrees(lambda xp: xp.interp(2.5, [1, 2, 3], [3, 2, 0]))
    agrees(lambda xp: xp.interp([np.nan, 1.0], [1, 2], [3, 2], left=7))


ROWS = hnp.arrays(DTYPES, st.integers(1, 7), elements=st.integers(0, 1))
MODES = st.sampled_from(["full", "same", "valid"])


@QUICK
@given(ROWS, ROWS, MODES)
def test_short_convolutions(a: Any, v: Any, mode: Any) -> None:
    agrees(lambda xp, a, v: xp.convolve(a, v, mode), a, v)
    agrees(lambda xp, a, v: xp.correlate(a, v, mode=mode), a, v)
    dispatches(lambda xp, a, v: (xp.convolve(a, v), xp.correlate(a, v)), a, v)


@settings(max_examples=20, deadline=None)
@given(
    hnp.arrays(DTYPES, st.integers(1, 40), elements=st.integers(0, 1)),
    MODES,
    st.booleans(),
)
def test_long_convolutions(v: Any, mode: Any, longer_first: bool) -> None:
    a = (np.arange(1100) % 3).astype(v.dtype)
    rows = (a, v) if longer_first else (v, a)
    agrees(lambda xp, a, v: xp.convolve(a, v, mode), *rows)
    agrees(lambda xp, a, v: xp.correlate(a, v, mode), *rows)


def test_ends_of_convolutions_are_not_spoiled() -> None:
    v = np.array([1.0, np.inf, 2.0])
    agrees(lambda xp, a, v: xp.convolve(a, v), np.ones(2000), v)
    agrees(lambda xp, a, v: xp.convolve(a, v, 1), np.ones(2000), v)


@pytest.mark.parametrize("name", ["hanning", "hamming", "blackman", "bartlett"])
@pytest.mark.parametrize("count", [-1, 0, 1, 2, 7])
def test_windows(name: str, count: int) -> None:
    agrees(lambda xp: getattr(xp, name)(count))
    agrees(lambda xp: xp.kaiser(count, beta=8.6))


MISTAKES = {
    "diff of a number": lambda xp, x: xp.diff(x[0, 0]),
    "negative order": lambda xp, x: xp.diff(x, -1),
    "axis": lambda xp, x: xp.diff(x, axis=2),
    "ends": lambda xp, x: xp.diff(x, prepend=x[0]),
    "order of edges": lambda xp, x: xp.gradient(x, edge_order=3),
    "too short": lambda xp, x: xp.gradient(x[:1]),
    "spacings": lambda xp, x: xp.gradient(x, 1, 2, 3),
    "lengths": lambda xp, x: xp.gradient(x, [1, 2], axis=0),
    "matrix": lambda xp, x: xp.gradient(x, x, axis=0),
    "bools": lambda xp, x: xp.gradient(x > 0),
    "lengths of x": lambda xp, x: xp.trapezoid(x, [1, 2, 3]),
    "samples": lambda xp, x: xp.interp(x, [1, 2], [1]),
    "no samples": lambda xp, x: xp.interp(x, [], []),
    "axes of samples": lambda xp, x: xp.interp(x, x, x),
    "complex places": lambda xp, x: xp.interp(x * 1j, [1], [1]),
    "period": lambda xp, x: xp.interp(x, [1], [1], period=0),
    "empty": lambda xp, x: xp.convolve(x[0], []),
    "axes": lambda xp, x: xp.convolve(x, x[0]),
    "mode": lambda xp, x: xp.correlate(x[0], x[0], "whole"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(name: str) -> None:
    refuses(MISTAKES[name], X)


def test_long_rows_are_shifted_and_added() -> None:
    traced = ld.jit(lambda x: np.convolve(2.0 * x, [1.0, 2.0], "valid")).trace(V)
    assert "function" in dump(traced)
    traced = ld.jit(lambda x: np.convolve(x, [1.0, 2.0], "valid")).trace(np.ones(5000))
    assert "function" not in dump(traced)
