"""Positions as functions of shapes and of positions, against NumPy."""

from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra import numpy as hnp

from tests.array.beyond.both import agrees, dispatches, refuses

QUICK = settings(max_examples=40, deadline=None)
SHAPES = hnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=4)
ORDERS = st.sampled_from(("C", "F"))


@QUICK
@given(st.data(), SHAPES, ORDERS)
def test_flat_positions(data: st.DataObject, dims: Any, order: Any) -> None:
    size = int(np.prod(dims))
    flat = data.draw(hnp.arrays("i8", 4, elements=st.integers(0, size - 1)))
    agrees(lambda np, i: np.unravel_index(i, dims, order), flat)
    each = np.unravel_index(flat, dims)
    agrees(lambda np, *i: np.ravel_multi_index(i, dims, order=order), *each)
    beyond = [i * 5 - 3 for i in each]
    agrees(lambda np, *i: np.ravel_multi_index(i, dims, "wrap"), *beyond)
    agrees(lambda np, *i: np.ravel_multi_index(i, dims, ("clip",) * len(dims)), *beyond)
    dispatches(lambda np, i: np.unravel_index(i, dims), flat)


@pytest.mark.parametrize("name", ["tril_indices", "triu_indices"])
@pytest.mark.parametrize("k", [-1, 0, 2])
def test_triangles(name: str, k: int) -> None:
    agrees(lambda np, x: x[getattr(np, name)(3, k, 4)], np.arange(12.0).reshape(3, 4))
    x = np.arange(12).reshape(3, 4)
    agrees(lambda np, x: getattr(np, f"{name}_from")(x, k), x)


def test_diagonals() -> None:
    def write(np: Any, x: Any) -> Any:
        x[np.diag_indices(3)] = 7
        return np.diag_indices_from(x)

    agrees(write, np.arange(9.0).reshape(3, 3))


@QUICK
@given(st.data(), SHAPES, st.sampled_from(("i4", "f8", "c16")))
def test_windows(data: st.DataObject, shape: tuple[int, ...], dtype: str) -> None:
    x = data.draw(hnp.arrays(dtype, shape))
    sizes = tuple(data.draw(st.integers(1, n)) for n in shape)
    windows = np.lib.stride_tricks.sliding_window_view
    dispatches(lambda _np, x: windows(x, sizes), x)
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    agrees(lambda _np, x: windows(x, sizes[axis], axis), x)
    dispatches(lambda _np, x: windows(x, (1, 1), (axis, axis)), x)


@pytest.mark.parametrize(
    "call",
    [
        lambda np, x: np.lib.stride_tricks.sliding_window_view(x, (3, 1)),
        lambda np, x: np.lib.stride_tricks.sliding_window_view(x, (1,)),
        lambda np, x: np.ravel_multi_index((x, x), (2, 3, 4)),
        lambda np, x: np.unravel_index(x / 2, (2, 3)),
        lambda np, x: np.diag_indices_from(x),
    ],
)
def test_mistakes(call: Any) -> None:
    refuses(call, np.arange(6).reshape(2, 3))
