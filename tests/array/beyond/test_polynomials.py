"""Polynomials and fits of them, against NumPy."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import lazydag.numpy as lnp
from tests.array.beyond.both import agrees, dispatches, refuses

QUICK = settings(max_examples=30, deadline=None)
DTYPES = st.sampled_from(["i4", "i8", "f4", "f8", "c16"])
rows = hnp.arrays(DTYPES, st.integers(1, 5), elements=st.integers(0, 9))
X = np.random.default_rng(4).normal(size=8)
Y = X**2 - 3 * X + 0.5
TWO = np.stack([Y, Y**2], axis=1)
CLOSE = {"rtol": 1e-9, "atol": 1e-10}


@QUICK
@given(rows, hnp.arrays(DTYPES, hnp.array_shapes(min_dims=0, min_side=0)))
def test_polyval(p: Any, x: Any) -> None:
    agrees(lambda xp, p, x: xp.polyval(p, x), p, x)
    agrees(lambda xp, p, x: xp.polyval([3, 0.5], x), p, x)
    dispatches(lambda xp, p, x: xp.polyval(p, x), p, x)


@QUICK
@given(rows, rows, st.integers(0, 3))
def test_arithmetic(p: Any, q: Any, m: int) -> None:
    agrees(lambda xp, p, q: (xp.polyadd(p, q), xp.polysub(p, q)), p, q)
    agrees(lambda xp, p, q: (xp.polyder(p, m), xp.polyint(p, m)), p, q)
    agrees(lambda xp, p, q: xp.polyint(p, m, k=2.5), p, q)
    agrees(lambda xp, p, q: xp.polyint(p, m, k=[3, 2, 1]), p, q)
    agrees(lambda xp, p, q: xp.polymul(p, q), p, q)
    agrees(lambda xp, p, q: xp.polydiv(p, q + 1), p, q)
    dispatches(lambda xp, p, q: (xp.polyadd(p, q), xp.polyder(p)), p, q)


@QUICK
@given(rows)
def test_zeros(p: Any) -> None:
    agrees(lambda xp, p: (xp.roots(p), xp.poly(p)), p, **CLOSE)
    agrees(lambda xp, p: xp.poly(p * 1j), p, **CLOSE)


def test_poly_of_other_things() -> None:
    agrees(lambda xp: xp.poly([[2.0, 0.0], [0.0, 3.0]]), **CLOSE)
    agrees(lambda xp: xp.poly([1j, -1j]), **CLOSE)
    assert float(lnp.poly([])) == 1.0


FITS = {
    "a row": lambda xp, x, y, c: xp.polyfit(x, y, 2),
    "columns": lambda xp, x, y, c: xp.polyfit(x, c, deg=3),
    "weights": lambda xp, x, y, c: xp.polyfit(x, y, 1, w=xp.abs(x) + 1),
    "weights of columns": lambda xp, x, y, c: xp.polyfit(x, c, 1, w=xp.abs(x) + 1),
    "everything": lambda xp, x, y, c: xp.polyfit(x, y, 1, full=True)[:4],
    "few places": lambda xp, x, y, c: xp.polyfit(x[:2], y[:2], 1, full=True)[0],
    "covariance": lambda xp, x, y, c: xp.polyfit(x, y, 1, cov=True),
    "covariance of columns": lambda xp, x, y, c: xp.polyfit(x, c, 1, cov=True),
    "unscaled": lambda xp, x, y, c: xp.polyfit(x, y, 1, cov="unscaled"),
    "cut off": lambda xp, x, y, c: xp.polyfit(x, y, 3, rcond=0.3, full=True)[0],
    "integers": lambda xp, x, y, c: xp.polyfit([1, 2, 3], [1, 4, 9], 2),
    "complex": lambda xp, x, y, c: xp.polyfit(x, y * 1j, 1),
}


@pytest.mark.parametrize("name", FITS)
def test_polyfit(name: str) -> None:
    dtypes = name != "everything"  # NumPy's rank is an int
    agrees(FITS[name], X, Y, TWO, dtypes=dtypes, **CLOSE)


def test_polynomials_of_numpys_class() -> None:
    p = np.poly1d([1, 2])
    assert lnp.polyadd(p, [1]) == np.poly1d([1, 3])
    assert lnp.polyval([1.0, 1.0], p) == np.poly1d([1.0, 3.0])


MISTAKES = {
    "degree": lambda xp, x: xp.polyfit(x, x, -1),
    "axes of x": lambda xp, x: xp.polyfit(x[None], x, 1),
    "nothing": lambda xp, x: xp.polyfit(x[:0], x[:0], 1),
    "axes of y": lambda xp, x: xp.polyfit(x, x[:, None, None], 1),
    "lengths": lambda xp, x: xp.polyfit(x, x[1:], 1),
    "weights": lambda xp, x: xp.polyfit(x, x, 1, w=x[1:]),
    "axes of weights": lambda xp, x: xp.polyfit(x, x, 1, w=x[None]),
    "covariance": lambda xp, x: xp.polyfit(x[:2], x[:2], 1, cov=True),
    "derivative": lambda xp, x: xp.polyder(x, -1),
    "integral": lambda xp, x: xp.polyint(x, -1),
    "constants": lambda xp, x: xp.polyint(x, 3, [1, 2]),
    "poly": lambda xp, x: xp.poly(x.reshape(2, 4)),
    "roots": lambda xp, x: xp.roots(x.reshape(2, 4)),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(name: str) -> None:
    refuses(MISTAKES[name], X)
