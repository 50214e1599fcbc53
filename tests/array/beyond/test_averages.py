"""Averages and covariances, against NumPy."""

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tests.array.beyond.both import agrees, dispatches, refuses
from tests.array.beyond.lanes import TAME, arrays, axes

SOME = settings(max_examples=40, deadline=None)
NUMBERS = ("i4", "i8", "f4", "f8")
CLOSE: Any = {"rtol": 1e-5, "atol": 1e-6}
OBSERVED = arrays(("i8", "f4", "f8"), floats=TAME, max_side=5).filter(
    lambda x: x.ndim < 3
)


@SOME
@given(arrays(("?", *NUMBERS), floats=TAME), st.booleans(), st.data())
def test_average(x: Any, keepdims: bool, data: st.DataObject) -> None:
    axis = data.draw(axes(x, several=True))
    options: Any = {"axis": axis, "keepdims": keepdims, "returned": True}
    agrees(lambda xp, x: xp.average(x, **options), x, **CLOSE)
    weights = np.arange(1.0, x.size + 1, dtype="f4").reshape(x.shape)
    agrees(lambda xp, x, w: xp.average(x, weights=w, **options), x, weights, **CLOSE)
    one = data.draw(st.integers(-x.ndim, x.ndim - 1))
    row = np.arange(1, x.shape[one] + 1)
    agrees(lambda xp, x: xp.average(x, one, row), x, **CLOSE)
    dispatches(lambda xp, x: xp.average(x, weights=weights), x, rtol=1e-5)


def test_weights_of_two_axes() -> None:
    x = np.arange(24.0).reshape(2, 3, 4)
    weights = np.arange(1.0, 9).reshape(4, 2)
    agrees(lambda xp, x: xp.average(x, axis=(2, 0), weights=weights), x, rtol=1e-12)


def test_weights_that_do_not_suit() -> None:
    x = np.arange(6.0).reshape(2, 3)
    refuses(lambda xp, x: xp.average(x, weights=[1, 2]), x)
    refuses(lambda xp, x: xp.average(x, axis=1, weights=[1, 2]), x)
    refuses(lambda xp, x: xp.average(x, axis=0, weights=[0, 0]), x)


@SOME
@given(OBSERVED, st.booleans(), st.booleans(), st.sampled_from([None, 0, 2]))
def test_cov(x: Any, rowvar: bool, bias: bool, ddof: Any) -> None:
    options: Any = {"rowvar": rowvar, "bias": bias, "ddof": ddof}
    agrees(lambda xp, x: xp.cov(x, **options), x, **CLOSE)
    if rowvar or len(x) > 1:  # else NumPy turns only one of both
        agrees(lambda xp, x: xp.cov(x, x, **options), x, **CLOSE)
    dispatches(lambda xp, x: xp.cov(x, rowvar=rowvar, dtype="f4"), x, rtol=1e-3)


@SOME
@given(hnp.arrays("f8", (2, 4), elements=TAME), st.sampled_from([None, 0, 1]))
def test_cov_with_weights(x: Any, ddof: Any) -> None:
    often, heavy = [1, 2, 0, 3], np.array([0.5, 1.0, 2.0, 0.25])
    agrees(lambda xp, x: xp.cov(x, fweights=often, ddof=ddof), x, **CLOSE)
    agrees(lambda xp, x, w: xp.cov(x, aweights=w, ddof=ddof), x, heavy, **CLOSE)
    agrees(
        lambda xp, x, w: xp.cov(x, fweights=often, aweights=w, ddof=ddof),
        x,
        heavy,
        **CLOSE,
    )


@SOME
@given(hnp.arrays("f8", (3, 5), elements=st.integers(-9, 9)), st.booleans())
def test_corrcoef(x: Any, rowvar: bool) -> None:
    agrees(lambda xp, x: xp.corrcoef(x, rowvar=rowvar), x, rtol=1e-9, atol=1e-9)
    agrees(lambda xp, x: xp.corrcoef(x[0], x[1]), x, rtol=1e-9, atol=1e-9)
    dispatches(lambda xp, x: xp.corrcoef(x[0]), x)


def test_complex_variables() -> None:
    x = np.array([[1 + 2j, 3, -1j], [2, 2j, 5]])
    agrees(lambda xp, x: (xp.cov(x), xp.corrcoef(x)), x, rtol=1e-12, atol=1e-12)


def test_mistakes() -> None:
    x = np.ones((2, 3))
    refuses(lambda xp, x: xp.cov(x[None]), x)
    refuses(lambda xp, x: xp.cov(x, fweights=[0.5, 1, 1]), x)
    refuses(lambda xp, x: xp.cov(x, aweights=[-0.5, 1, 1]), x)
