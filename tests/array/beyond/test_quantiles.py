"""Medians and quantiles, against NumPy."""

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import lazydag.numpy as lnp
from lazydag.array.functions.beyond.ranks import CONTINUOUS, DISCRETE
from tests.array.beyond.both import agrees, dispatches, refuses
from tests.array.beyond.lanes import FLOATS, TAME, arrays, axes

SOME = settings(max_examples=40, deadline=None)
METHODS = st.sampled_from(sorted(CONTINUOUS | DISCRETE))
NUMBERS = ("i1", "u2", "i8", "f4", "f8")
PARTS = st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9, 1.0])
TIGHT: Any = {"rtol": 1e-6, "atol": 1e-6}
WITH_NAN = st.one_of(TAME, st.just(float("nan")))


@SOME
@given(arrays(min_side=0), st.booleans(), st.data())
def test_median(x: Any, keepdims: bool, data: st.DataObject) -> None:
    axis = data.draw(axes(x, several=x.size > 0))
    agrees(lambda xp, x: xp.median(x, axis, keepdims=keepdims), x, rtol=1e-6)
    dispatches(lambda xp, x: xp.median(x, axis=axis), x, rtol=1e-6)


@SOME
@given(arrays(NUMBERS, min_side=0, floats=FLOATS), st.booleans(), st.data())
def test_median_without_nan(x: Any, keepdims: bool, data: st.DataObject) -> None:
    axis = data.draw(axes(x, several=x.size > 0))
    agrees(lambda xp, x: xp.nanmedian(x, axis, keepdims=keepdims), x, rtol=1e-6)
    dispatches(lambda xp, x: xp.nanmedian(x, axis=axis), x, rtol=1e-6)


def test_median_of_a_number() -> None:
    agrees(lambda xp, x: (xp.median(x), xp.nanmedian(x)), np.array(3.0))
    agrees(lambda xp, x: xp.median(x), np.array([1 + 2j, 5, 3j]))


@SOME
@given(arrays(NUMBERS, floats=WITH_NAN), METHODS, st.booleans(), st.data())
def test_quantile(x: Any, method: Any, keepdims: bool, data: st.DataObject) -> None:
    axis = data.draw(axes(x, several=True))
    q = data.draw(PARTS | st.lists(PARTS, max_size=3))
    options: Any = {"axis": axis, "method": method, "keepdims": keepdims}
    agrees(lambda xp, x: xp.quantile(x, q, **options), x, **TIGHT)
    percent = [part * 100 for part in q] if isinstance(q, list) else q * 100
    dispatches(lambda xp, x: xp.percentile(x, percent, **options), x, rtol=1e-6)
    if isinstance(q, list) and x.dtype == "f4":
        x = x.astype("f8")  # else NumPy's dtype depends on whether there is NaN
    agrees(lambda xp, x: xp.nanquantile(x, q, **options), x, **TIGHT)
    dispatches(lambda xp, x: xp.nanpercentile(x, percent, **options), x, rtol=1e-6)


@SOME
@given(arrays(("i8", "f4", "f8"), floats=WITH_NAN), METHODS, st.data())
def test_quantiles_that_are_computed(x: Any, method: Any, data: st.DataObject) -> None:
    axis = data.draw(axes(x, several=True))
    q = np.asarray(data.draw(PARTS | st.lists(PARTS, min_size=1, max_size=3)))
    agrees(
        lambda xp, x, q: xp.quantile(x, q * 1.0, axis=axis, method=method),
        x,
        q,
        dtypes=False,  # NumPy's depends on whether there is NaN
        **TIGHT,
    )
    agrees(
        lambda xp, x, q: xp.nanpercentile(x, q * 100, axis, method=method),
        x,
        q,
        dtypes=False,
        **TIGHT,
    )


def test_quantiles_that_are_computed_stay_lazy() -> None:
    q = lnp.asarray([0.25, 0.5]) * 1.0
    found = lnp.quantile(lnp.arange(5.0), q)
    assert not q.is_computed
    assert found.tolist() == [1.0, 2.0]


@SOME
@given(arrays(("f4", "f8"), floats=TAME), st.booleans(), st.data())
def test_weighted_quantiles(x: Any, skips: bool, data: st.DataObject) -> None:
    axis = data.draw(axes(x))
    q = data.draw(PARTS | st.lists(PARTS, min_size=1, max_size=3))
    weights = np.arange(1.0, x.size + 1).reshape(x.shape)
    name = "nanquantile" if skips else "quantile"

    def weighted(xp: Any, x: Any) -> Any:
        function = getattr(xp, name)
        return function(x, q, axis, method="inverted_cdf", weights=weights)

    agrees(weighted, x)
    dispatches(weighted, x)


def test_quantiles_of_nothing() -> None:
    for shape in ((0,), (2, 0), (0, 2)):
        x = np.empty(shape)
        agrees(lambda xp, x: xp.nanquantile(x, 0.5, axis=0), x)
        agrees(lambda xp, x: xp.nanmedian(x, axis=-1), x)
    agrees(lambda xp, x: xp.quantile(x, [0.5, 1.0], axis=1), np.empty((0, 2)))


def test_weights_along_an_axis() -> None:
    x = np.arange(12.0).reshape(3, 4)
    agrees(
        lambda xp, x: xp.percentile(
            x, [20, 70], axis=0, method="inverted_cdf", weights=[1, 5, 2]
        ),
        x,
    )


def test_into_an_array() -> None:
    def write(xp: Any, x: Any, out: Any) -> Any:
        return xp.median(x, 0, out), xp.quantile(x, 0.25, 1, out=x[0])

    agrees(write, np.arange(9.0).reshape(3, 3), np.zeros(3))


def test_mistakes() -> None:
    x = np.arange(4.0)
    refuses(lambda xp, x: xp.quantile(x, 1.5), x)
    refuses(lambda xp, x: xp.percentile(x, [-1, 50]), x)
    refuses(lambda xp, x: xp.quantile(x, float("nan")), x)
    refuses(lambda xp, x: xp.quantile(x, 0.5, method="middle"), x)
    refuses(lambda xp, x: xp.quantile(x, [[[0.5]]]), x)
    refuses(lambda xp, x: xp.quantile(x + 1j, 0.5), x)
    refuses(lambda xp, x: xp.quantile(x, 0.5, weights=x), x)
    refuses(lambda xp, x: xp.quantile(x > 1, 0.5), x)
    refuses(lambda xp, x: xp.quantile(x[:0], 0.5), x)
    refuses(lambda xp, x: xp.median(x, axis=1), x)
