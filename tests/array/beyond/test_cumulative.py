"""Sums and products up to each element, against NumPy."""

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.array.beyond.both import agrees, dispatches, refuses
from tests.array.beyond.lanes import TAME, arrays, axes

SOME = settings(max_examples=40, deadline=None)
WITH_NAN = st.one_of(TAME, st.just(float("nan")))
CLOSE: Any = {"rtol": 1e-5, "atol": 1e-5}


@SOME
@given(arrays(min_side=0, floats=WITH_NAN), st.data())
def test_along_an_axis(x: Any, data: st.DataObject) -> None:
    axis = data.draw(axes(x))
    for name in ("cumsum", "cumprod", "nancumsum", "nancumprod"):

        def one(xp: Any, x: Any, name: str = name) -> Any:
            return getattr(xp, name)(x, axis)

        agrees(one, x, **CLOSE)
        dispatches(one, x, rtol=1e-5)
    agrees(lambda xp, x: xp.cumsum(x, axis=axis, dtype="f4"), x, **CLOSE)


def test_into_an_array() -> None:
    def write(xp: Any, x: Any, out: Any) -> Any:
        xp.cumsum(x, axis=0, out=out)
        return xp.cumprod(x, 1, None, x)

    x = np.arange(1.0, 7).reshape(2, 3)
    agrees(write, x, np.zeros((2, 3)))
    refuses(write, x, np.zeros(3))
    refuses(lambda xp, x: xp.cumsum(x, axis=2), x)


def test_with_the_initial_value() -> None:
    def both(xp: Any, x: Any) -> Any:
        return xp.cumulative_sum(x, include_initial=True), xp.cumulative_prod(x)

    agrees(both, np.arange(1, 5))
    dispatches(both, np.arange(1, 5))
