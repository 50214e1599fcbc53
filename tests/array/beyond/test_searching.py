"""Where elements are, against NumPy."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import lazydag as ld
import lazydag.numpy as lnp
from tests.array.beyond.both import agrees, dispatches, refuses
from tests.array.beyond.lanes import arrays, axes

SOME = settings(max_examples=40, deadline=None)


@SOME
@given(arrays(), st.booleans(), st.data())
def test_extremes_that_are_not_nan(x: Any, keepdims: bool, data: st.DataObject) -> None:
    axis = data.draw(axes(x))
    if x.dtype.kind == "f":
        x = np.where(np.isnan(x).all(axis=axis, keepdims=True), x.dtype.type(1), x)

    def both(xp: Any, x: Any) -> Any:
        greatest = xp.nanargmax(x, axis, keepdims=keepdims)
        return greatest, xp.nanargmin(x, axis=axis, keepdims=keepdims)

    agrees(both, x)
    dispatches(both, x)


def test_extremes_of_nothing_but_nan() -> None:
    lost = lnp.nanargmin(lnp.asarray([np.nan, np.nan]))
    with pytest.raises(Exception, match="All-NaN"):
        int(lost)
    refuses(lambda xp, x: xp.nanargmax(x), np.empty(0))


def test_positions_into_an_array() -> None:
    def write(xp: Any, x: Any, out: Any) -> Any:
        return xp.nanargmax(x, 0, out)

    agrees(write, np.array([[1.0, np.nan], [np.nan, 3.0]]), np.zeros(2, int))
    refuses(write, np.ones((2, 2)), np.zeros(3, int))


@SOME
@given(arrays(min_side=0))
def test_what_is_not_zero(x: Any) -> None:
    agrees(lambda xp, x: xp.nonzero(x), x)
    agrees(lambda xp, x: xp.flatnonzero(x), x)
    agrees(lambda xp, x: xp.argwhere(x), x)
    agrees(lambda xp, x: xp.where(x), x)
    agrees(lambda xp, x: xp.extract(x, x), x)
    dispatches(lambda xp, x: (xp.flatnonzero(x), xp.argwhere(x)), x)
    dispatches(lambda xp, x: (xp.where(x), xp.extract(x > 0, x)), x)


@SOME
@given(arrays(min_side=0), st.data())
def test_where(x: Any, data: st.DataObject) -> None:
    y = data.draw(hnp.arrays("f4", x.shape, elements=st.integers(0, 3)))
    agrees(lambda xp, x, y: xp.where(y > 1, x, y), x, y)
    agrees(lambda xp, x, y: xp.where(y > 1, 2, y), x, y)


def test_where_without_axes() -> None:
    agrees(lambda xp, x: xp.argwhere(x), np.array(3.0))
    agrees(lambda xp, x: xp.flatnonzero(x), np.array(3.0))
    refuses(lambda xp, x: xp.nonzero(x), np.array(3.0))
    refuses(lambda xp, x: xp.where(x > 0, x), np.ones(2))


@SOME
@given(
    arrays(("i4", "f4", "f8")),
    hnp.arrays("f8", st.integers(0, 5), elements=st.sampled_from([0.0, 1.0, 2.5])),
    st.booleans(),
    st.booleans(),
)
def test_digitize(x: Any, bins: Any, right: bool, descending: bool) -> None:
    bins = np.sort(bins)[::-1] if descending else np.sort(bins)
    agrees(lambda xp, x, bins: xp.digitize(x, bins, right), x, bins)
    dispatches(lambda xp, x, bins: xp.digitize(x, bins, right=right), x, bins)


def test_digitize_without_order() -> None:
    refuses(lambda xp, x: xp.digitize(x, [0.0, 1.0]), np.ones(2, complex))
    refuses(lambda xp, x: xp.digitize(x, [[0.0, 1.0]]), np.ones(2))
    with pytest.raises(Exception, match="monotonic"):
        ld.compute(lnp.digitize(lnp.ones(2), [1.0, 0.0, 2.0]))


@SOME
@given(arrays(("i8", "f8"), min_side=0), st.sampled_from(["fb", "f", "B"]), st.data())
def test_trim_zeros(x: Any, trim: str, data: st.DataObject) -> None:
    axis = data.draw(axes(x))
    agrees(lambda xp, x: xp.trim_zeros(x, trim, axis), x)
    dispatches(lambda xp, x: xp.trim_zeros(x, trim, axis=axis), x)


def test_trimmed_zeros_are_a_view() -> None:
    def write(xp: Any, x: Any) -> Any:
        xp.trim_zeros(x)[0] = 7
        return x

    agrees(write, np.array([0, 1, 2, 0]))
    refuses(lambda xp, x: xp.trim_zeros(x, "x"), np.ones(2))


def test_values_that_were_handed_out_stay() -> None:
    found = lnp.flatnonzero(lnp.asarray([0.0, 1.0]))
    with pytest.raises(ValueError, match="read-only"):
        np.asarray(found)[0] = 5
    found[0] = 7
    assert found.tolist() == [7]
