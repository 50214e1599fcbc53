"""Elements put in and left out, and functions of parts, against NumPy."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tests.array.beyond.both import agrees, dispatches, refuses

QUICK = settings(max_examples=30, deadline=None)
DTYPES = st.sampled_from(["?", "i4", "f4", "f8", "c16"])
SHAPES = hnp.array_shapes(max_dims=3, max_side=5)
arrays = hnp.arrays(DTYPES, SHAPES)
X = np.arange(12.0).reshape(3, 4)


def positions(data: st.DataObject, length: int) -> Any:
    one = st.integers(-length, length - 1)
    bound = st.one_of(st.none(), st.integers(-6, 6))
    steps = st.sampled_from([None, 1, 2, -1, -2])
    some = st.one_of(
        one, st.lists(one, max_size=4), st.builds(slice, bound, bound, steps)
    )
    return data.draw(some)


@QUICK
@given(arrays, st.data())
def test_delete(x: Any, data: st.DataObject) -> None:
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
    which = positions(data, x.shape[axis])
    mask = data.draw(hnp.arrays("?", x.shape[axis]))
    agrees(lambda xp, x: xp.delete(x, which, axis), x)
    agrees(lambda xp, x: xp.delete(x, which if isinstance(which, slice) else 0), x)
    agrees(lambda xp, x, m: xp.delete(x, m, axis=axis), x, mask)
    dispatches(lambda xp, x: xp.delete(x, which, axis), x)


@QUICK
@given(arrays, st.data())
def test_insert(x: Any, data: st.DataObject) -> None:
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
    where = positions(data, x.shape[axis])
    agrees(lambda xp, x: xp.insert(x, where, 1, axis), x)
    agrees(lambda xp, x: xp.insert(x, 0, [1, 0, 1]), x)
    dispatches(lambda xp, x: xp.insert(x, where, 1, axis=axis), x)


def test_insert_of_arrays() -> None:
    agrees(lambda xp, x: xp.insert(x, 1, x[0], axis=0), X)
    agrees(lambda xp, x: xp.insert(x, 1, x[:, 0], axis=1), X)
    agrees(lambda xp, x: xp.insert(x, [1], x[:, :1], axis=1), X)
    agrees(lambda xp, x: xp.insert(x, [1], [[7], [8], [9]], axis=1), X)
    agrees(lambda xp, x: xp.insert(x, [0, 2], x[:, :2], axis=1), X)
    agrees(lambda xp, x: xp.insert(x, [3, 1, 1], [10, 20, 30], axis=1), X)
    agrees(lambda xp, x: xp.insert(x, x[0] > 1, 5, axis=1), X)
    agrees(lambda xp, x: xp.insert(x.astype(int), 2, 9.7), X)


@QUICK
@given(hnp.arrays("f8", SHAPES, elements=st.integers(-9, 9)))
def test_select(x: Any) -> None:
    agrees(lambda xp, x: xp.select([x < 0, x > 5], [x, x**2], default=7), x)
    agrees(lambda xp, x: xp.select([x < 0], [1], 0.5), x)
    agrees(lambda xp, x: xp.select([x < 0, True], [x.astype("f4"), 2]), x)
    dispatches(lambda xp, x: xp.select([x < 0], [x]), x)


@QUICK
@given(hnp.arrays("f8", SHAPES, elements=st.integers(-9, 9)))
def test_piecewise(x: Any) -> None:
    def some(xp: Any, x: Any) -> Any:
        return xp.piecewise(x, [x < 0, x > 5], [lambda v: -v, 3])

    def rest(xp: Any, x: Any) -> Any:
        return xp.piecewise(x, [x < 0], [1.5, lambda v, by: v * by], by=2)

    agrees(some, x)
    agrees(rest, x)
    agrees(
        lambda xp, x: xp.piecewise(x.astype(int), x < 1, [2.7, np.square]), x.ravel()
    )
    dispatches(some, x)


def test_functions_of_axes_and_lanes() -> None:
    agrees(lambda xp, x: xp.apply_over_axes(xp.sum, x, [0, -1]), X)
    agrees(lambda xp, x: xp.apply_over_axes(xp.cumsum, x, 1), X)
    agrees(lambda xp, x: xp.apply_along_axis(sorted, 0, -x), X)
    agrees(lambda xp, x: xp.apply_along_axis(lambda v, by: v.sum() * by, 1, x, by=2), X)
    agrees(lambda xp, x: xp.apply_along_axis(np.diag, -1, x), X)


MISTAKES = {
    "position": lambda xp, x: xp.delete(x, 4, axis=1),
    "positions": lambda xp, x: xp.delete(x, [0, 4], axis=1),
    "mask": lambda xp, x: xp.delete(x, [True, False], axis=1),
    "place": lambda xp, x: xp.insert(x, 5, 0, axis=1),
    "places": lambda xp, x: xp.insert(x, [5, 1], 0, axis=1),
    "matrix": lambda xp, x: xp.insert(x, [[1, 2], [1, 2]], 0, axis=1),
    "values": lambda xp, x: xp.insert(x, [1, 2], [1, 2, 3], axis=1),
    "axis": lambda xp, x: xp.delete(x, 0, axis=2),
    "cases": lambda xp, x: xp.select([x > 0], [x, x]),
    "no cases": lambda xp, x: xp.select([], []),
    "conditions": lambda xp, x: xp.select([x], [x]),
    "functions": lambda xp, x: xp.piecewise(x, [x > 0], [1, 2, 3]),
    "axes": lambda xp, x: xp.apply_over_axes(lambda v, axis: v[0, 0], x, 0),
    "lanes": lambda xp, x: xp.apply_along_axis(sum, 2, x),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(name: str) -> None:
    refuses(MISTAKES[name], X)
