"""Functions of single elements, against NumPy."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import lazydag.numpy as lnp
from tests.array.beyond.both import agrees, dispatches, refuses

QUICK = settings(max_examples=40, deadline=None)
SHAPES = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)
DTYPES = st.sampled_from(["?", "i1", "i8", "u4", "f4", "f8", "c8", "c16"])
ANY = hnp.arrays(DTYPES, SHAPES)
REAL = hnp.arrays(st.sampled_from(["i8", "f4", "f8"]), SHAPES)
Z = np.array([[1.0, 1j, -1.0], [0.0, 1 - 1j, 2.0]])
X = np.array([[0.25, -0.5, np.nan], [np.inf, -np.inf, -3.0]])


@QUICK
@given(ANY)
def test_complex_numbers(x: Any) -> None:
    agrees(lambda np, x: (np.iscomplex(x), np.isreal(x)), x)
    agrees(lambda np, x: (np.real(x), np.imag(x)), x)
    agrees(lambda np, x: [np.iscomplexobj(x), np.isrealobj(x)], x)
    if x.dtype.itemsize > 1:  # of others in float16
        agrees(lambda np, x: np.angle(x), x, rtol=1e-5)


def test_angles_in_degrees() -> None:
    dispatches(lambda np, z: np.angle(z, deg=True), Z, rtol=1e-12)


def test_real_if_close() -> None:
    agrees(lambda np, z: np.real_if_close(z), Z, jit=False)
    agrees(lambda np, z: np.real_if_close(z.real + 1e-15j), Z, jit=False)
    agrees(lambda np, z: np.real_if_close(z.real + 0.5j, tol=0.6), Z, jit=False)
    agrees(lambda np, x: np.real_if_close(x), X, jit=False)


@QUICK
@given(REAL)
def test_sinc_and_i0(x: Any) -> None:
    x = np.nan_to_num(x) % 20
    agrees(lambda np, x: np.sinc(x), x, rtol=1e-4, atol=1e-5)
    agrees(lambda np, x: np.i0(x), x, rtol=1e-5)


@QUICK
@given(ANY)
def test_nan_to_num(x: Any) -> None:
    agrees(lambda np, x: np.nan_to_num(x), x)
    agrees(lambda np, x: np.nan_to_num(x, nan=1, posinf=2, neginf=3), x)


def _in_place(np: Any, x: Any) -> Any:
    return np.nan_to_num(x, copy=False, nan=7)


def test_nan_to_num_in_place() -> None:
    agrees(_in_place, X)


@pytest.mark.parametrize("p", [X[0, :2], np.array([[0, 5, 11, 2], [7, 1, 0, 9]])])
def test_unwrap(p: Any) -> None:
    agrees(lambda np, p: np.unwrap(p), p, rtol=1e-12)
    agrees(lambda np, p: np.unwrap(p, axis=0), p, rtol=1e-12)
    agrees(lambda np, p: np.unwrap(p, discont=4.0, period=4), p, rtol=1e-12)
    agrees(lambda np, p: np.unwrap(p, period=3.5), p, rtol=1e-12)
    agrees(lambda np, p: np.unwrap(p, period=3), p, rtol=1e-12)


@pytest.mark.parametrize(
    "call",
    [
        lambda np, x: np.clip(x, -1, 1),
        lambda np, x: np.clip(x, a_min=-1, a_max=None),
        lambda np, x: np.clip(a=x, a_max=0.5, a_min=None),
        lambda np, x: np.clip(x, min=0.0),
        lambda np, x: np.clip(x, max=[0.0, 1.0, 2.0]),
        lambda np, x: np.clip(x),
        lambda np, x: np.clip(x, 0, 1, out=np.zeros((2, 3))),
        lambda np, x: np.clip(x, 0, 1, np.zeros((2, 3), int), casting="unsafe"),
        lambda np, x: np.clip(x, 0, 1, dtype="f4"),
        lambda np, x: x.clip(0, 1),
        lambda np, x: x.clip(max=0),
        lambda np, x: np.round(x, 1),
        lambda np, x: np.around(x, decimals=1, out=np.zeros((2, 3))),
        lambda np, x: x.round(1),
        lambda np, x: np.fix(x),
        lambda np, x: np.fix(x, out=np.zeros((2, 3))),
        lambda np, x: np.isposinf(x),
        lambda np, x: np.isneginf(x, out=np.zeros((2, 3), bool)),
        lambda np, x: np.isclose(x, x + 1e-9),
        lambda np, x: np.isclose(a=x, b=x, equal_nan=True),
        lambda np, x: np.isclose(x.astype("f4"), 1 - 1e-9, rtol=0, atol=0),
        lambda np, x: np.isclose(2, x),
        lambda np, x: np.allclose(x, x, equal_nan=True),
        lambda np, x: np.array_equal(x, x, equal_nan=True),
        lambda np, x: np.array_equal(a1=x, a2=x[0]),
        lambda np, x: np.array_equiv(x[:, :2], x[0, :2]),
        lambda np, x: np.array_equiv(x[0, :2], x[0, :1]),
        lambda np, x: np.array_equiv(x[0, :2], x[0]),
        lambda np, x: np.where(x > 0, x, 0),
        lambda np, x: np.degrees(np.deg2rad(x)),
        lambda np, x: np.rad2deg(x),
    ],
)
def test_keywords(call: Any) -> None:
    agrees(call, X, rtol=1e-12)


@given(st.integers(-(10**6), 10**6), st.integers(-3, 2))
def test_rounding_integers(n: int, decimals: int) -> None:
    x = np.array([n, -n, n // 7])
    agrees(lambda np, x: np.round(x, decimals), x, jit=False)


@pytest.mark.parametrize(
    "call",
    [
        lambda np, x: np.clip(x, 0, 1, min=0),
        lambda np, x: np.clip(x, [1, 2], 3),
        lambda np, x: np.clip(x, 0, 1, out=np.zeros((2, 3), int)),
        lambda np, x: np.i0(x * 1j),
        lambda np, x: np.isposinf(x * 1j),
        lambda np, x: np.unwrap(x, axis=2),
        lambda np, x: np.var(x, ddof=1, correction=1),
        lambda np, x: np.nanstd(x, ddof=1, correction=1),
    ],
)
def test_mistakes(call: Any) -> None:
    refuses(call, X)


def test_they_stay_lazy() -> None:
    for name in ("sinc", "angle", "isreal", "iscomplex", "nan_to_num", "unwrap", "i0"):
        dispatches(lambda np, x, name=name: getattr(np, name)(x), X[:1, :2], rtol=1e-6)
    assert not lnp.sinc(lnp.asarray(X) + 1).is_computed


def test_numbers_alone_are_computed_at_once() -> None:
    assert type(lnp.clip(3.0, 0.0, 1.0)) is np.float64
    assert lnp.isclose(1.0, 1.0 + 1e-12) is np.True_
    assert lnp.round(2.567, 1) == 2.6
    assert lnp.real(1 + 2j) == 1.0
