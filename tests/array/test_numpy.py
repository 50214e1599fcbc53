"""Values against NumPy: random shapes, dtypes and values."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import lazydag as ld

QUICK = settings(max_examples=60)
DTYPES = st.sampled_from(["?", "i1", "i4", "i8", "u1", "u8", "f4", "f8"])
SHAPES = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)
arrays = hnp.arrays(DTYPES, SHAPES)
floats = hnp.arrays(st.sampled_from(["f4", "f8"]), SHAPES)


def same(lazy: Any, want: Any) -> None:
    """Check shape, dtype and bits; NaN is NaN."""
    want = np.asarray(want)
    assert lazy.shape == want.shape
    assert lazy.dtype == want.dtype
    np.testing.assert_array_equal(np.asarray(lazy), want)


def close(lazy: Any, want: Any) -> None:
    want = np.asarray(want)
    assert lazy.shape == want.shape
    assert lazy.dtype == want.dtype
    rtol = 1e-4 if want.dtype == np.float32 else 1e-10
    np.testing.assert_allclose(np.asarray(lazy), want, rtol=rtol, atol=rtol)


@st.composite
def broadcastable(draw: st.DrawFn) -> tuple[Any, Any]:
    shapes = draw(
        hnp.mutually_broadcastable_shapes(num_shapes=2, min_side=0)
    ).input_shapes
    return tuple(draw(hnp.arrays(DTYPES, shape)) for shape in shapes)  # type: ignore[return-value]


@QUICK
@given(broadcastable())
def test_operators_broadcast(pair: tuple[Any, Any]) -> None:
    x, y = pair
    same(ld.asarray(x) + ld.asarray(y), x + y)
    same(ld.asarray(x) * y, x * y)
    same(x / ld.asarray(y), x / y)
    same(ld.asarray(x) < y, x < y)
    same(ld.asarray(x) == y, x == y)


@QUICK
@given(broadcastable(), st.sampled_from([1, -2, 0.5, True]))
def test_where(pair: tuple[Any, Any], scalar: Any) -> None:
    x, y = pair
    if scalar == -2 and x.dtype.kind == "u":
        return
    same(ld.where(x, ld.asarray(y), x), np.where(x, y, x))
    same(np.where(y, ld.asarray(x), scalar), np.where(y, x, scalar))


@QUICK
@given(arrays, st.data())
def test_basic_indexing(x: Any, data: st.DataObject) -> None:
    index = data.draw(hnp.basic_indices(x.shape, allow_newaxis=True))
    same(ld.asarray(x)[index], x[index])


@QUICK
@given(arrays, st.data(), st.booleans())
def test_reductions(x: Any, data: st.DataObject, keepdims: bool) -> None:
    axes = st.integers(-x.ndim, x.ndim - 1) if x.ndim else st.none()
    some = hnp.valid_tuple_axes(x.ndim, min_size=0) if x.ndim else st.none()
    axis = data.draw(st.one_of(st.none(), axes, some))
    lazy = ld.asarray(x)
    for name in ("sum", "prod", "any", "all"):
        close(vars(ld)[name](lazy, axis=axis, keepdims=keepdims),
              getattr(np, name)(x, axis=axis, keepdims=keepdims))  # fmt: skip
    for name in ("min", "max", "ptp"):
        if name == "ptp" and x.dtype.kind == "b":
            continue
        try:
            want = getattr(np, name)(x, axis=axis, keepdims=keepdims)
        except ValueError:
            with pytest.raises(ValueError, match="zero-size"):
                vars(ld)[name](lazy, axis=axis, keepdims=keepdims)
        else:
            same(vars(ld)[name](lazy, axis=axis, keepdims=keepdims), want)
    same(ld.count_nonzero(lazy, axis=axis), np.count_nonzero(x, axis=axis))


ordinary = st.floats(-100, 100, width=32)


@QUICK
@pytest.mark.filterwarnings("ignore")
@given(
    hnp.arrays("f8", SHAPES, elements=st.one_of(ordinary, st.just(np.nan))), st.data()
)
def test_statistics(x: Any, data: st.DataObject) -> None:
    axes = st.integers(-x.ndim, x.ndim - 1) if x.ndim else st.none()
    axis = data.draw(st.one_of(st.none(), axes))
    ddof = data.draw(st.sampled_from([0, 1]))
    lazy = ld.asarray(x)
    for name in ("mean", "nanmean", "nansum"):
        close(vars(ld)[name](lazy, axis=axis), getattr(np, name)(x, axis=axis))
    for name in ("var", "std", "nanvar", "nanstd"):
        close(vars(ld)[name](lazy, axis=axis, ddof=ddof),
              getattr(np, name)(x, axis=axis, ddof=ddof))  # fmt: skip
    count = x.size if axis is None else x.shape[axis]
    if count:
        for name in ("nanmin", "nanmax"):
            same(vars(ld)[name](lazy, axis=axis), getattr(np, name)(x, axis=axis))
        for name in ("argmin", "argmax"):
            same(vars(ld)[name](lazy, axis=axis), getattr(np, name)(x, axis=axis))


@QUICK
@given(arrays, st.data())
def test_shapes(x: Any, data: st.DataObject) -> None:
    lazy: Any = ld.asarray(x)
    order = data.draw(st.permutations(range(x.ndim)))
    same(lazy.transpose(order), x.transpose(order))
    same(lazy.T, x.T)
    same(lazy.reshape(x.size), x.reshape(x.size))
    same(ld.flip(lazy), np.flip(x))
    same(ld.squeeze(lazy), np.squeeze(x))
    same(np.ravel(lazy), np.ravel(x))
    if x.ndim:
        axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
        same(np.moveaxis(lazy, axis, 0), np.moveaxis(x, axis, 0))
        same(np.expand_dims(lazy, axis), np.expand_dims(x, axis))
        same(np.concatenate([lazy, x], axis), np.concatenate([x, x], axis))
        same(np.stack([lazy, x], axis), np.stack([x, x], axis))
    same(np.broadcast_to(lazy, (2, *x.shape)), np.broadcast_to(x, (2, *x.shape)))


@QUICK
@given(floats, st.integers(-2, 3))
def test_rounding(x: Any, decimals: int) -> None:
    close(np.round(ld.asarray(x), decimals), np.round(x, decimals))
    same(np.nan_to_num(ld.asarray(x)), np.nan_to_num(x))


@QUICK
@given(
    arrays, st.sampled_from([None, 0, 1, -300]), st.sampled_from([None, 2, 2.5, 300])
)
def test_clip(x: Any, low: Any, high: Any) -> None:
    if x.dtype.kind == "b" or (low is None and high is None):
        return
    same(np.clip(ld.asarray(x), low, high), np.clip(x, low, high))


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ((3,), (3,)),
        ((2, 3), (3,)),
        ((3,), (3, 2)),
        ((4, 2, 3), (3, 5)),
        ((4, 1, 2, 3), (5, 3, 2)),
        ((0, 3), (3, 0)),
        ((2, 0), (0, 2)),
    ],
)
@pytest.mark.parametrize(
    "dtypes", [("f8", "f8"), ("i4", "f4"), ("i1", "i1"), ("?", "?")]
)
def test_matmul(a: Any, b: Any, dtypes: Any) -> None:
    x = np.arange(np.prod(a)).reshape(a).astype(dtypes[0])
    y = np.arange(np.prod(b)).reshape(b).astype(dtypes[1])
    same(ld.asarray(x) @ y, x @ y)
    same(x @ ld.asarray(y), x @ y)
    same(np.matmul(x, ld.asarray(y)), x @ y)


@pytest.mark.parametrize(
    ("a", "b"), [((), (3,)), ((3,), (3,)), ((2, 3), (3, 4)), ((2, 3), (5, 3, 4))]
)
def test_dot(a: Any, b: Any) -> None:
    x, y = np.arange(np.prod(a, dtype=int)).reshape(a) + 1.0, np.ones(b)
    same(np.dot(ld.asarray(x), y), np.dot(x, y))
    same(np.outer(ld.asarray(x), y), np.outer(x, y))


def test_other_products() -> None:
    x, y = np.arange(6.0).reshape(2, 3), np.arange(12.0).reshape(4, 3)
    same(np.inner(ld.asarray(x), y), np.inner(x, y))
    same(np.vdot(ld.asarray(x), x), np.vdot(x, x))
    same(ld.vecdot(x, x), np.vecdot(x, x))


@pytest.mark.parametrize(
    "args", [(5,), (2, 9), (9, 2), (9, 2, -3), (0.0, 1.0, 0.1), (1, 2.5, 0.5), (0,)]
)
@pytest.mark.parametrize("dtype", [None, "f4", "i8"])
def test_arange(args: Any, dtype: Any) -> None:
    if dtype == "i8" and any(isinstance(a, float) for a in args):
        return
    ours: Any = ld.arange
    numpys: Any = np.arange
    same(ours(*args, dtype=dtype), numpys(*args, dtype=dtype))


def test_creation() -> None:
    same(ld.zeros((2, 3)), np.zeros((2, 3)))
    same(ld.ones(3, "i4"), np.ones(3, "i4"))
    same(ld.full((2,), 7), np.full((2,), 7))
    same(ld.full((2,), 7, "f4"), np.full((2,), 7, "f4"))
    same(ld.full_like(np.ones(2, "i1"), 3.7), np.full_like(np.ones(2, "i1"), 3.7))
    same(np.zeros_like(ld.ones((2, 2), "i2")), np.zeros((2, 2), "i2"))
    same(ld.linspace(0, 1, 7), np.linspace(0, 1, 7))
    same(ld.linspace(0, 10, 4, dtype="i4"), np.linspace(0, 10, 4, dtype="i4"))
    same(ld.eye(3, 4, k=1), np.eye(3, 4, k=1))
    same(ld.identity(2), np.identity(2))
    same(ld.asarray([[1, 2], [3, 4]]), np.asarray([[1, 2], [3, 4]]))


def test_erf() -> None:
    assert float(ld.special.erf(np.inf)) == 1.0
    assert ld.special.erf(np.float32(0)).dtype == np.float32
