"""Kernels on arrays however they lie in memory, in any tiles: always the same bits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazydag.backends import backend
from lazydag.ir.attrs import ReduceAttrs
from lazydag.ir.node import const, make
from lazydag.ir.ops import OPS
from lazydag.ir.reduction import block_size, tiling_space
from lazydag.ir.types import DTYPES
from tests.backends.kernels import graph_of, op, params_of, run, same_bits, samples

CPU, REFERENCE = backend("cpu"), backend("reference")
shapes = st.lists(st.integers(0, 40), max_size=4).map(tuple)


@st.composite
def laid_out(draw, shape, dtype, *, writable=False):
    """An array of the shape: transposed, sliced, reversed, stretched, shifted."""
    order = draw(st.permutations(range(len(shape))))
    steps = draw(st.tuples(*[st.sampled_from([1, 1, 1, 2, -1, -3]) for _ in shape]))
    stretched = draw(st.tuples(*[st.integers(0, 5) for _ in shape]))
    shift = draw(st.integers(0, 3))
    outer = []
    for axis in order:
        if stretched[axis] == 0 and not writable:
            outer.append(1)
        else:
            outer.append(shape[axis] * abs(steps[axis]))
    count = int(np.prod(outer)) + shift
    base = samples(dtype, (count,), draw(st.integers(0, 9)))
    array = base[shift:].reshape(outer).transpose(np.argsort(order).astype(int))
    for axis, step in enumerate(steps):
        if array.shape[axis] != 1 or shape[axis] == 1:
            index = [slice(None)] * len(shape)
            index[axis] = slice(None, None, step)
            array = array[tuple(index)]
    return array if writable else np.broadcast_to(array, shape)


@st.composite
def tiles(draw, shape):
    if draw(st.booleans()):
        return ()
    return tuple(draw(st.integers(1, max(1, n))) for n in shape)


def mixed_body(shape, a, b, c):
    """Several outputs of several types from f64, f32 and i32."""
    x, y, z = params = params_of(a, b, c)
    wide = make(OPS["cast"], y, attrs=_cast("f64"))
    half = make(OPS["broadcast"], const(0.5, DTYPES["f64"]), attrs=_shape(shape))
    total = op("add", op("mul", x, wide), half)
    small = op("lt", y, make(OPS["cast"], z, attrs=_cast("f32")))
    chosen = op("where", small, z, op("bxor", z, z))
    return graph_of(params, total, small, chosen, x)


def _cast(name):
    return OPS["cast"].attrs(DTYPES[name])


def _shape(shape):
    return OPS["broadcast"].attrs(shape)


@settings(max_examples=50)
@given(st.data())
def test_map(data):
    shape = data.draw(shapes)
    inputs = [data.draw(laid_out(shape, dtype)) for dtype in ("f64", "f32", "i32")]
    body = mixed_body(shape, *inputs)
    dtypes = [o.type.dtype for o in body.outputs]
    want = [np.zeros(shape, d) for d in dtypes]
    run(REFERENCE, body, inputs, want)
    names = ("f64", "bool", "i32", "f64")
    got = [data.draw(laid_out(shape, name, writable=True)) for name in names]
    run(CPU, body, inputs, got, data.draw(tiles(shape)))
    for a, b in zip(want, got, strict=True):
        assert same_bits(a, b)


@pytest.mark.parametrize("count", [1, 7, 8, 9, 64, 1000, 4099])
@pytest.mark.parametrize("shift", [0, 1])
def test_streaming_stores(count, shift):
    from lazydag.backends.cpu.backend import CpuBackend

    streaming = CpuBackend(last_level_cache_nbytes=0)
    x = samples("f64", (count,))
    body = graph_of(params := params_of(x), op("neg", *params), op("isnan", *params))
    outputs = [np.zeros(count + shift)[shift:], np.zeros(count + shift, bool)[shift:]]
    run(streaming, body, [x], outputs, (512,))
    assert same_bits(outputs[0], -x)
    assert same_bits(outputs[1], np.isnan(x))


@pytest.mark.parametrize("shape", [(1003,), (40, 33)])
def test_in_place(shape):
    x, y = samples("f64", shape, 1), samples("f64", shape, 2)
    params = params_of(x, y)
    body = graph_of(params, op("mul", *params), op("add", *params))
    with np.errstate(all="ignore"):
        want = [x * y, x + y]
    run(CPU, body, [x, y], [y, x], (100,) * len(shape))
    assert same_bits(y, want[0])
    assert same_bits(x, want[1])


REDUCTIONS = [
    ("sum", "f64"), ("sum", "f32"), ("sum", "i32"), ("sum", "u8"), ("prod", "f64"),
    ("prod", "i64"), ("amin", "f64"), ("amax", "f32"), ("amin", "i16"), ("amax", "u64"),
    ("any", "bool"), ("all", "bool"), ("m2", "f64"), ("m2", "f32"),
    ("residual", "f64"), ("residual", "f32"),
]  # fmt: skip


def numbers(dtype, shape, seed):
    """Finite values whose sums are not dominated by one of them."""
    if DTYPES[dtype].kind != "f":
        return samples(dtype, shape, seed)
    values = np.random.default_rng(seed).uniform(0.5, 1.5, shape)
    return values.astype(DTYPES[dtype])


@st.composite
def reduced(draw):
    """A shape, adjacent axes to reduce, and whether to leave partial results."""
    shape = draw(
        st.one_of(
            st.lists(st.integers(1, 30), min_size=1, max_size=4).map(tuple),
            st.tuples(st.integers(1, 3), st.integers(1, 5000)),
            st.tuples(st.integers(1, 300), st.integers(1, 300)),
            st.tuples(st.integers(1, 3), st.integers(1, 200), st.integers(1, 50)),
        )
    )
    first = draw(st.integers(0, len(shape) - 1))
    axes = tuple(range(first, draw(st.integers(first + 1, len(shape)))))
    count = int(np.prod([shape[a] for a in axes]))
    block = block_size(shape, axes)
    return shape, axes, block if count > block or draw(st.booleans()) else 0


def relaid(array, order, step):
    """The same values, lying differently."""
    inverse = np.argsort(order)
    stretched = tuple(n * abs(step) for n in array.transpose(order).shape)
    other = np.zeros(stretched, array.dtype)
    index: tuple[Any, ...] = (*[slice(None, None, step)] * array.ndim, ...)
    other[index] = array.transpose(order)
    return other[index].transpose(inverse)


@settings(max_examples=100)
@given(st.data())
def test_reduction(data):
    """Close to NumPy; the same bits in any layout, any tiling, fused or not."""
    kind, dtype = data.draw(st.sampled_from(REDUCTIONS))
    shape, axes, block = data.draw(reduced())
    x = numbers(dtype, shape, data.draw(st.integers(0, 9)))
    (param,) = params = params_of(x)
    attrs = ReduceAttrs(axes, block)
    body = graph_of(params, make(OPS[kind], param, attrs=attrs))
    node = body.outputs[0]
    want, got, other, fused = (
        np.zeros(node.type.shape, node.type.dtype) for _ in range(4)
    )
    run(REFERENCE, body, [x], [want])
    run(CPU, body, [x], [got])
    tolerance = 1e-4 if dtype == "f32" else 1e-11
    absolute = tolerance
    if kind == "residual":  # of a mean that may be rounded otherwise
        absolute *= 10 * max(1.0, np.abs(x[np.isfinite(x)]).max(initial=0))
    assert np.allclose(got, want, rtol=tolerance, atol=absolute, equal_nan=True)
    order = data.draw(st.permutations(range(len(shape))))
    step = data.draw(st.sampled_from([1, 2, -1]))
    run(
        CPU,
        body,
        [relaid(x, order, step)],
        [other],
        data.draw(tiles(tiling_space(shape, axes))),
    )
    assert same_bits(got, other)
    node = make(OPS[kind], op("maximum", param, param), attrs=attrs)
    run(
        CPU,
        graph_of(params, node),
        [x],
        [fused],
        data.draw(tiles(tiling_space(shape, axes))),
    )
    assert same_bits(got, fused)
    count = make(OPS["cast"], param, attrs=_cast("f64"))
    kept = np.zeros(shape)
    other_order = data.draw(st.permutations(range(len(shape))))
    kept = relaid(kept, other_order, 1)
    out = relaid(fused, data.draw(st.permutations(range(fused.ndim))), step)
    run(
        CPU,
        graph_of(params, node, count),
        [relaid(x, order, step)],
        [out, kept],
        data.draw(tiles(tiling_space(shape, axes))),
    )
    assert same_bits(got, out)
    assert same_bits(kept, x.astype(float))


@pytest.mark.parametrize("kind", ["amin", "amax"])
@pytest.mark.parametrize("shape", [(3000,), (100, 20)])
def test_extremes_of_nan(kind, shape):
    x = np.ones(shape)
    x[70] = np.nan
    params = params_of(x)
    block = block_size(shape, (0,))
    node = make(OPS[kind], params[0], attrs=ReduceAttrs((0,), block))
    want, got = np.zeros(node.type.shape), np.zeros(node.type.shape)
    body = graph_of(params, node)
    run(REFERENCE, body, [x], [want])
    run(CPU, body, [x], [got])
    assert same_bits(want, got)


@pytest.mark.parametrize("kind", ["sum", "prod", "any", "all", "m2", "residual"])
def test_empty_reduction(kind):
    dtype = "bool" if kind in ("any", "all") else "f64"
    x = np.zeros((3, 0), DTYPES[dtype])
    params = params_of(x)
    body = graph_of(params, make(OPS[kind], params[0], attrs=ReduceAttrs((1,))))
    got = np.full(3, True) if dtype == "bool" else np.full(3, 7.0)
    run(CPU, body, [x], [got])
    expected = {"sum": 0, "prod": 1, "any": False, "all": True}
    if kind in expected:
        assert got.tolist() == [expected[kind]] * 3


def test_sum_is_as_accurate_as_pairwise():
    x = np.random.default_rng(0).uniform(size=3_000_000).astype(np.float32)
    exact = x.astype(np.float64).sum()
    error = abs(_blocked(x) - exact)
    assert error <= max(abs(np.sum(x) - exact), 2e-7 * exact)


def _blocked(x):
    while x.size > 1:
        params = params_of(x)
        size = 1024 if x.size > 1024 else 0
        node = make(OPS["sum"], params[0], attrs=ReduceAttrs((0,), size))
        out = np.zeros(node.type.shape, x.dtype)
        run(CPU, graph_of(params, node), [x], [out])
        x = out.reshape(-1)
    return float(x[0])


def test_m2_of_a_large_mean_keeps_its_digits():
    x = 1e8 + np.random.default_rng(0).uniform(size=1000)
    params = params_of(x)
    out = np.zeros(())
    body = graph_of(params, make(OPS["m2"], params[0], attrs=ReduceAttrs((0,))))
    run(CPU, body, [x], [out])
    exact = float(
        np.sum((x.astype(np.longdouble) - x.astype(np.longdouble).mean()) ** 2)
    )
    assert abs(float(out) - exact) < 1e-12 * exact


@pytest.mark.parametrize("dtype", ["f64", "f32", "u8", "bool"])
@pytest.mark.parametrize("shape", [(70, 150), (3, 40, 33), (64, 32), (16, 16)])
def test_inputs_across_each_other(dtype, shape):
    x = samples(dtype, shape)
    y = samples(dtype, (*shape[:-2], shape[-1], shape[-2]), 1).swapaxes(-1, -2)
    params = params_of(x, y)
    body = graph_of(params, op("maximum", *params), op("eq", *params))
    for tile in ((), (2, 9, 10)[-len(shape) :], (1, 33, 100)[-len(shape) :]):
        got = [np.zeros(shape, o.type.dtype) for o in body.outputs]
        run(CPU, body, [x, y], got, tile)
        assert np.array_equal(got[0], np.maximum(x, y), equal_nan=dtype[0] == "f")
        assert np.array_equal(got[1], x == y)


@pytest.mark.parametrize("axis", [0, 1])
def test_streaming_stores_beside_a_reduction(axis):
    from lazydag.backends.cpu.backend import CpuBackend

    x = numbers("f64", (90, 70), 1)
    params = params_of(x)
    doubled = op("add", params[0], params[0])
    total = make(
        OPS["sum"], doubled, attrs=ReduceAttrs((axis,), 64 if axis == 0 else 0)
    )
    body = graph_of(params, doubled, total)
    want, got = ([np.zeros(o.type.shape) for o in body.outputs] for _ in range(2))
    run(CPU, body, [x], want)
    run(CpuBackend(last_level_cache_nbytes=0), body, [x], got)
    assert all(map(same_bits, want, got))
    assert same_bits(got[0], x + x)
