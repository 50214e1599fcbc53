"""Arrays as sets, against NumPy."""

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tests.array.beyond.both import agrees, dispatches, refuses
from tests.array.beyond.lanes import arrays, axes

SOME = settings(max_examples=30, deadline=None)
ROWS = hnp.arrays(
    st.sampled_from(["i4", "f8"]),
    hnp.array_shapes(max_dims=2, min_side=0, max_side=6),
    elements=st.integers(0, 5),
)


@SOME
@given(arrays(), st.booleans(), st.data())
def test_unique(x: Any, equal_nan: bool, data: st.DataObject) -> None:
    axis = data.draw(axes(x))

    def all_of_it(xp: Any, x: Any) -> Any:
        return xp.unique(
            x,
            return_index=True,
            return_inverse=True,
            return_counts=True,
            axis=axis,
            equal_nan=equal_nan,
        )

    agrees(all_of_it, x)
    agrees(lambda xp, x: xp.unique(x, axis=axis), x)
    dispatches(all_of_it, x)
    agrees(lambda xp, x: xp.sort(xp.unique(x, sorted=False)), x)
    agrees(lambda xp, x: tuple(xp.unique_all(x)), x)


@SOME
@given(ROWS, ROWS, st.booleans())
def test_two_sets(x: Any, y: Any, invert: bool) -> None:
    agrees(lambda xp, x, y: xp.intersect1d(x, y), x, y)
    agrees(lambda xp, x, y: xp.intersect1d(x, y, return_indices=True), x, y)
    agrees(lambda xp, x, y: xp.union1d(x, y), x, y)
    agrees(lambda xp, x, y: xp.setdiff1d(x, y), x, y)
    agrees(lambda xp, x, y: xp.setxor1d(x, y), x, y)
    agrees(lambda xp, x, y: xp.isin(x, y, False, invert, kind="sort"), x, y)
    dispatches(lambda xp, x, y: (xp.intersect1d(x, y), xp.union1d(x, y)), x, y)
    dispatches(lambda xp, x, y: (xp.setdiff1d(x, y), xp.setxor1d(x, y)), x, y)
    dispatches(lambda xp, x, y: xp.isin(x, test_elements=y, invert=invert), x, y)


def test_nan_is_in_no_set() -> None:
    x = np.array([1.0, np.nan, 3.0])
    agrees(lambda xp, x: xp.isin(x, [np.nan, 3.0]), x)
    agrees(lambda xp, x: xp.isin(x, []), x)
    agrees(lambda xp, x: xp.isin(x[0], [1, 2]), x)
    refuses(lambda xp, x: xp.isin(x, x, kind="hash"), x)
