"""Reductions that leave NaN out, with all of NumPy's arguments."""

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tests.array.beyond.both import agrees, dispatches, refuses
from tests.array.beyond.lanes import TAME, arrays, axes

SOME = settings(max_examples=40, deadline=None)
WITH_NAN = st.one_of(TAME, st.just(float("nan")))
CLOSE: Any = {"rtol": 1e-5, "atol": 1e-5}
X = arrays(floats=WITH_NAN)


@SOME
@given(X, st.booleans(), st.data())
def test_sums(x: Any, keepdims: bool, data: st.DataObject) -> None:
    options: Any = {"axis": data.draw(axes(x, several=True)), "keepdims": keepdims}
    mask = data.draw(hnp.arrays("?", x.shape))
    for name in ("nansum", "nanprod"):

        def plain(xp: Any, x: Any, name: str = name) -> Any:
            return getattr(xp, name)(x, **options)

        def masked(xp: Any, x: Any, mask: Any, name: str = name) -> Any:
            return getattr(xp, name)(x, initial=2, where=mask, **options)

        agrees(plain, x, **CLOSE)
        agrees(masked, x, mask, **CLOSE)
        dispatches(plain, x, rtol=1e-5)


@SOME
@given(X, st.booleans(), st.data())
def test_moments(x: Any, keepdims: bool, data: st.DataObject) -> None:
    options: Any = {"axis": data.draw(axes(x, several=True)), "keepdims": keepdims}
    mask = data.draw(hnp.arrays("?", x.shape))
    for name in ("nanmean", "nanvar", "nanstd"):

        def plain(xp: Any, x: Any, name: str = name) -> Any:
            return getattr(xp, name)(x, **options)

        def masked(xp: Any, x: Any, mask: Any, name: str = name) -> Any:
            return getattr(xp, name)(x, where=mask, **options)

        agrees(plain, x, **CLOSE)
        agrees(masked, x, mask, **CLOSE)
        dispatches(plain, x, rtol=1e-5)
    agrees(lambda xp, x: xp.nanvar(x, ddof=1), x, **CLOSE)
    agrees(lambda xp, x: xp.nanstd(x, correction=1, dtype="f8"), x, **CLOSE)


@SOME
@given(X, st.booleans(), st.data())
def test_extremes(x: Any, keepdims: bool, data: st.DataObject) -> None:
    options: Any = {"axis": data.draw(axes(x, several=True)), "keepdims": keepdims}
    mask = data.draw(hnp.arrays("?", x.shape))
    for name in ("nanmin", "nanmax"):

        def plain(xp: Any, x: Any, name: str = name) -> Any:
            return getattr(xp, name)(x, **options)

        def masked(xp: Any, x: Any, mask: Any, name: str = name) -> Any:
            return getattr(xp, name)(x, initial=1, where=mask, **options)

        agrees(plain, x, rtol=0)
        agrees(masked, x, mask, rtol=0)
        dispatches(plain, x, rtol=0)


def test_known_mean() -> None:
    x = np.array([[1.0, np.nan, 4.0], [2.0, 2.0, np.nan]])

    def both(xp: Any, x: Any) -> Any:
        mean = xp.nanmean(x, axis=1, keepdims=True)
        return xp.nanvar(x, axis=1, mean=mean)

    agrees(both, x, rtol=1e-12)


def test_into_an_array() -> None:
    def write(xp: Any, x: Any, out: Any) -> Any:
        xp.nansum(x, axis=0, out=out)
        return xp.nanmin(x, axis=1)

    agrees(write, np.array([[1.0, np.nan], [2.0, 5.0]]), np.zeros(2))


def test_nothing_to_reduce() -> None:
    nothing = np.empty((0, 3))
    agrees(lambda xp, x: xp.nanmin(x, axis=0, initial=2.0), nothing)
    agrees(lambda xp, x: (xp.nansum(x), xp.nanmean(x, axis=0)), nothing)
    refuses(lambda xp, x: xp.nanmin(x), nothing)
    refuses(lambda xp, x: xp.nanmin(x, where=[True]), np.ones(1))
