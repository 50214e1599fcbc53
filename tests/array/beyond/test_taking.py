"""Elements at positions against NumPy: lazily, in jitted functions, by dispatch."""

from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra import numpy as hnp

from tests.array.beyond.both import agrees, dispatches, refuses

QUICK = settings(max_examples=40, deadline=None)
DTYPES = st.sampled_from(("?", "i1", "u2", "i8", "f4", "f8", "c8", "c16"))
SHAPES = hnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=4)
MODES = st.sampled_from(("raise", "wrap", "clip"))


def values(data: st.DataObject, shape: tuple[int, ...]) -> Any:
    return data.draw(hnp.arrays(data.draw(DTYPES), shape))


def places(data: st.DataObject, extent: int, mode: str, dtype: str = "i8") -> Any:
    most = extent if mode == "raise" else 3 * extent
    kind = st.integers(-most, most - 1)
    shape = data.draw(hnp.array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=3))
    return data.draw(hnp.arrays(dtype, shape, elements=kind))


@QUICK
@given(st.data(), SHAPES, MODES)
def test_take(data: st.DataObject, shape: tuple[int, ...], mode: Any) -> None:
    x = values(data, shape)
    axis = data.draw(st.none() | st.integers(-len(shape), len(shape) - 1))
    extent = x.size if axis is None else shape[axis]
    where = places(data, extent, mode, data.draw(st.sampled_from(("i8", "i4"))))
    agrees(lambda np, x, i: np.take(x, i, axis, mode=mode), x, where)
    dispatches(lambda np, x, i: np.take(x, i, axis, mode=mode), x, where)


def test_take_into() -> None:
    x, out = np.arange(6.0), np.zeros((2, 2))
    where = np.array([[0, 5], [-1, 2]])
    agrees(lambda np, x, i, out: np.take(x, i, out=out), x, where, out)


@QUICK
@given(st.data(), SHAPES)
def test_take_along_axis(data: st.DataObject, shape: tuple[int, ...]) -> None:
    x = values(data, shape)
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    beside = [data.draw(st.sampled_from((1, n))) for n in shape]
    beside[axis] = data.draw(st.integers(0, 3))
    kind = st.integers(-shape[axis], shape[axis] - 1)
    where = data.draw(hnp.arrays("i8", tuple(beside), elements=kind))
    agrees(lambda np, x, i: np.take_along_axis(x, i, axis), x, where)
    agrees(lambda np, x, i: np.take_along_axis(x, i, None), x, where.ravel() * 0)


@QUICK
@given(st.data(), SHAPES)
def test_compress(data: st.DataObject, shape: tuple[int, ...]) -> None:
    x = values(data, shape)
    axis = data.draw(st.none() | st.integers(0, len(shape) - 1))
    extent = x.size if axis is None else shape[axis]
    mask = data.draw(hnp.arrays(bool, data.draw(st.integers(0, extent))))
    agrees(lambda np, m, x: np.compress(m, x, axis), mask, x)
    dispatches(lambda np, m, x: np.compress(m, x, axis), mask, x)


@QUICK
@given(st.data(), SHAPES, MODES)
def test_choose(data: st.DataObject, shape: tuple[int, ...], mode: Any) -> None:
    choices = [values(data, shape), values(data, shape[-1:]), np.float32(2.0)]
    kind = st.integers(0, 2) if mode == "raise" else st.integers(-9, 9)
    which = data.draw(hnp.arrays("i8", shape, elements=kind))
    agrees(lambda np, w, *c: np.choose(w, c, mode=mode), which, *choices)


@QUICK
@given(st.data(), SHAPES)
def test_select(data: st.DataObject, shape: tuple[int, ...]) -> None:
    count = data.draw(st.integers(1, 3))
    masks = [data.draw(hnp.arrays(bool, shape)) for _ in range(count)]
    choices = [values(data, shape[-1:]) for _ in range(count)]

    def select(np: Any, *given: Any) -> Any:
        return np.select(list(given[:count]), list(given[count:]), 1)

    agrees(select, *masks, *choices)


@pytest.mark.parametrize(
    "call",
    [
        lambda np, x: np.take(x, [7], axis=0),
        lambda np, x: np.take(x, [0], axis=2),
        lambda np, x: np.take(x, [0], mode="wrapped"),
        lambda np, x: np.take(x[:0], [0], axis=0, mode="wrap"),
        lambda np, x: np.take_along_axis(x, np.array([0]), 1),
        lambda np, x: np.take_along_axis(x, np.array([[0.5]]), 1),
        lambda np, x: np.take_along_axis(x, np.array([[0, 3]]), 1),
        lambda np, x: np.compress([True, False, False, True], x, axis=1),
        lambda np, x: np.compress(x > 0, x),
        lambda np, x: np.select([x], [x]),
        lambda np, x: np.select([x > 0], [x, x]),
        lambda np, x: np.select([], []),
    ],
)
def test_mistakes(call: Any) -> None:
    refuses(call, np.arange(6.0).reshape(2, 3))
