"""Writes to positions against NumPy: lazily and in jitted functions."""

from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra import numpy as hnp

import lazydag as ld
from tests.array.beyond.both import agrees, refuses

QUICK = settings(max_examples=40, deadline=None)
DTYPES = st.sampled_from(("i8", "f4", "f8", "c16"))
SHAPES = hnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=4)


def row(data: st.DataObject, least: int = 0) -> Any:
    size = data.draw(st.integers(least, 5))
    return data.draw(hnp.arrays("i1", size, elements=st.integers(-9, 9)))


@QUICK
@given(st.data(), SHAPES, DTYPES, st.sampled_from(("raise", "wrap", "clip")))
def test_put(
    data: st.DataObject, shape: tuple[int, ...], dtype: str, mode: Any
) -> None:
    a = data.draw(hnp.arrays(dtype, shape))
    most = a.size if mode == "raise" else 3 * a.size
    where = st.lists(st.integers(-most, most - 1), max_size=6)
    ind, v = np.array(data.draw(where), np.int64), row(data)
    agrees(lambda np, a, i, v: np.put(a, i, v, mode), a, ind, v)


@QUICK
@given(st.data(), SHAPES, DTYPES)
def test_put_along_axis(
    data: st.DataObject, shape: tuple[int, ...], dtype: str
) -> None:
    a = data.draw(hnp.arrays(dtype, shape))
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    beside = [data.draw(st.sampled_from((1, n))) for n in shape]
    beside[axis] = 1
    kind = st.integers(-shape[axis], shape[axis] - 1)
    where = data.draw(hnp.arrays("i8", tuple(beside), elements=kind))
    agrees(lambda np, a, i: np.put_along_axis(a, i, 7, axis), a, where)


@QUICK
@given(st.data(), SHAPES, DTYPES)
def test_masks(data: st.DataObject, shape: tuple[int, ...], dtype: str) -> None:
    a = data.draw(hnp.arrays(dtype, shape))
    mask, v = data.draw(hnp.arrays(bool, shape)), row(data, 1)
    agrees(lambda np, a, m, v: np.place(a, m, v), a, mask, v)
    agrees(lambda np, a, m, v: np.putmask(a, m, v), a, mask, v)
    agrees(lambda np, a, m, v: np.putmask(a, m, v), a, mask, v[:0])


def test_views_are_written_through() -> None:
    def write(np: Any, a: Any) -> None:
        np.put(a[1:, ::2], [0, -1], [10, 20])
        np.put_along_axis(a.T, np.array([[0, 1, 2]]), 5, 0)
        np.place(a[0], a[0] > 1, [8, 9])

    agrees(write, np.arange(12.0).reshape(3, 4)[:, :3].copy())


def test_numpy_arrays_take_lazy_values() -> None:
    a = np.zeros(4)
    np.put(a, ld.asarray([1, 2]), ld.asarray([5.0, 6.0]))
    np.putmask(a, ld.asarray(a == 0), ld.asarray([1.0]))
    np.place(a, ld.asarray(a == 5), ld.asarray([2.0]))
    assert a.tolist() == [1.0, 2.0, 6.0, 1.0]


@pytest.mark.parametrize(
    "call",
    [
        lambda np, a: np.put(a, [9], 1),
        lambda np, a: np.put_along_axis(a, np.array([0]), 1, 1),
        lambda np, a: np.put_along_axis(a, np.array([[0.5]]), 1, 1),
        lambda np, a: np.place(a, a > 2, []),
        lambda np, a: np.place(a, [True, False], [1]),
        lambda np, a: np.putmask(a, [True], [1]),
    ],
)
def test_mistakes(call: Any) -> None:
    refuses(call, np.arange(6.0).reshape(2, 3))
