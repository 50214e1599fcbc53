"""Sorting, whole and in part, against NumPy."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import lazydag.numpy as lnp
from tests.array.beyond.both import agrees, dispatches, refuses
from tests.array.beyond.lanes import REAL, arrays, axes

SOME = settings(max_examples=40, deadline=None)
KINDS = [None, "quicksort", "mergesort", "heapsort", "stable"]


@SOME
@given(arrays(min_side=0), st.sampled_from(KINDS), st.data())
def test_sort(x: Any, kind: Any, data: st.DataObject) -> None:
    axis = data.draw(axes(x))
    agrees(lambda xp, x: xp.sort(x, axis, kind), x, rtol=0)
    agrees(lambda xp, x: xp.argsort(x, axis, kind), x)
    dispatches(lambda xp, x: xp.sort(x, axis=axis, stable=True), x)
    dispatches(lambda xp, x: xp.argsort(x, axis=axis, stable=False), x)


def test_sort_of_complex_numbers() -> None:
    x = np.array([[3 + 1j, 3 - 1j, complex(np.nan, 0)], [0, 1j, -1]])
    agrees(lambda xp, x: (xp.sort(x), xp.argsort(x, axis=0)), x)
    for dtype in ("i1", "i8", "f4", "c8"):
        agrees(lambda xp, x: xp.sort_complex(x), np.array([[3, 1], [0, 2]], dtype))


@SOME
@given(arrays(), st.data())
def test_partition(x: Any, data: st.DataObject) -> None:
    axis = data.draw(axes(x))
    n = x.size if axis is None else x.shape[axis]
    kth = data.draw(st.lists(st.integers(-n, n - 1), min_size=1, max_size=3))
    one = kth[0]
    agrees(lambda xp, x: xp.partition(x, kth, axis), x, rtol=0)
    agrees(lambda xp, x: xp.argpartition(x, one, axis), x)
    dispatches(lambda xp, x: xp.partition(x, one, axis=axis), x, rtol=0)


def test_partition_of_nothing() -> None:
    agrees(lambda xp, x: (xp.partition(x, 0), xp.argpartition(x, 0)), np.empty((2, 0)))


@SOME
@given(hnp.array_shapes(max_dims=2, max_side=5), st.data())
def test_lexsort(shape: Any, data: st.DataObject) -> None:
    keys = [
        data.draw(hnp.arrays(dtype, shape, elements=st.integers(0, 2)))
        for dtype in data.draw(st.lists(st.sampled_from(REAL[1:]), min_size=1))
    ]
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    agrees(lambda xp, *keys: xp.lexsort(keys, axis), *keys)
    agrees(lambda xp, x: xp.lexsort(x), np.stack(keys))
    dispatches(lambda xp, *keys: xp.lexsort(keys), *keys)


def test_mistakes() -> None:
    x = np.arange(6.0).reshape(2, 3)
    refuses(lambda xp, x: xp.sort(x, axis=2), x)
    refuses(lambda xp, x: xp.sort(x, kind="bogo"), x)
    refuses(lambda xp, x: xp.sort(x, kind="stable", stable=True), x)
    refuses(lambda xp, x: xp.sort(x, order="a"), x)
    refuses(lambda xp, x: xp.sort(x), np.array(1.0))
    refuses(lambda xp, x: xp.partition(x, 3), x)
    refuses(lambda xp, x: xp.partition(x, 1.5), x)
    refuses(lambda xp, x: xp.partition(x, 1, kind="stable"), x)
    refuses(lambda xp, x: xp.lexsort([x[0], x[0, :2]]), x)
    refuses(lambda xp, x: xp.lexsort([]), x)


def test_sorting_copies() -> None:
    x = lnp.asarray([2.0, 1.0])
    lnp.sort(x)[0] = 9.0
    assert x.tolist() == [2.0, 1.0]
    with pytest.raises(ValueError, match="stable"):
        lnp.argsort(x, kind="shell")
