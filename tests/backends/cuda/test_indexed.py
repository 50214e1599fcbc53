"""Gathers and scatters by grids of threads: the bits are those of one thread."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazydag.backends import backend
from lazydag.backends.cuda.emulate import EmulatedBackend
from lazydag.backends.cuda.grids import is_grid, plan_grids, print_form
from lazydag.backends.cuda.ordered_kernel import BATCH
from lazydag.backends.cuda.ptx import ptx_of
from lazydag.backends.cuda.scatter_kernel import MAX_RANGE
from lazydag.errors import BoundsError
from lazydag.ir.attrs import GatherAttrs, ScatterAttrs
from lazydag.ir.node import const
from lazydag.ir.types import DTYPES
from lazydag.passes.regions import whole
from lazydag.passes.rules.match import spread
from tests.backends.kernels import (
    graph_of,
    op,
    params_of,
    run,
    same_bits,
    samples,
    view_of,
)
from tests.backends.test_layouts import relaid
from tests.devices.assembler import CAPABILITIES, assemble, has_assembler

GRID, CPU = EmulatedBackend(), backend("cpu")
PLACES = [((0,), 0), ((1,), 1), ((1,), 0), ((0, 2), 0), ((0, 1, 2), 0), ((1, 2), 1)]
HOWS = ["set", "add", "subtract", "multiply", "maximum", "fmin", "bitwise_xor"]


def positions_in(shape, axes, around, kind, seed):
    """Return positions along some axes, counted from both ends where they may be."""
    rng = np.random.default_rng(seed)
    least = [0 if kind[0] == "u" else -shape[axis] for axis in axes]
    return [
        np.asarray(rng.integers(low, shape[axis], around, DTYPES[kind]))
        for axis, low in zip(axes, least, strict=True)
    ]


def gathered(x, positions, attrs):
    params = params_of(x, *positions)
    return graph_of(params, op("gather", *params, attrs=attrs))


def scattered(x, value, positions, attrs):
    *where, base = params = params_of(*positions, x)
    if isinstance(value, float):
        shape = gathered(x, positions, GatherAttrs(attrs.axes, attrs.at)).outputs[0]
        new = spread(const(value, x.dtype), shape.type.shape)
        return graph_of(params, op("scatter", base, new, *where, attrs=attrs))
    new, *where, base = params = params_of(value, *positions, x)
    return graph_of(params, op("scatter", base, new, *where, attrs=attrs))


def checked(body, inputs, x):
    """Compare both backends; a scatter changes what is in `x`."""
    assert is_grid(body)
    found = []
    for each in (CPU, GRID):
        out = x.copy()
        run(each, body, [*inputs, out], [out])
        found.append(out)
    assert same_bits(*found)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_gathers(data):
    shape = data.draw(st.tuples(*[st.integers(1, 12)] * 3))
    dtype = data.draw(st.sampled_from(["f64", "u8", "c128", "bool", "f32"]))
    kind = data.draw(st.sampled_from(["i64", "i8", "u16", "u64"]))
    axes, at = data.draw(st.sampled_from(PLACES))
    around = tuple(data.draw(st.lists(st.integers(1, 40), max_size=2)))
    order = data.draw(st.permutations(range(3)))
    x = relaid(samples(dtype, shape), order, data.draw(st.sampled_from([1, 2, -1])))
    where = positions_in(shape, axes, around, kind, data.draw(st.integers(0, 9)))
    body = gathered(x, where, GatherAttrs(axes, at))
    wanted, found = (np.zeros(body.outputs[0].type.shape, x.dtype) for _ in range(2))
    run(CPU, body, [x, *where], [wanted])
    run(GRID, body, [x, *where], [found])
    assert same_bits(wanted, found)


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_scatters(data):
    shape = data.draw(st.tuples(*[st.integers(1, 12)] * 3))
    dtype = data.draw(st.sampled_from(["f64", "f32", "i32", "u64", "i16"]))
    how = data.draw(st.sampled_from(HOWS[: 6 if dtype[0] == "f" else 7]))
    axes, at = data.draw(st.sampled_from(PLACES))
    around = tuple(data.draw(st.lists(st.integers(1, 40), max_size=2)))
    where = positions_in(shape, axes, around, "i64", data.draw(st.integers(0, 9)))
    x, attrs = samples(dtype, shape), ScatterAttrs(whole(shape), axes, at, how)
    new = gathered(x, where, GatherAttrs(axes, at)).outputs[0].type.shape
    value = np.asarray(samples(dtype, new, 1))
    checked(scattered(x, value, where, attrs), [value, *where], x)


@pytest.mark.parametrize("dtype", ["c128", "bool"])
def test_any_type_is_set(dtype):
    x, value = samples(dtype, (30, 3)), samples(dtype, (100, 3), 1)
    where = positions_in(x.shape, (0,), (100,), "i8", 0)
    attrs = ScatterAttrs(whole(x.shape), (0,))
    checked(scattered(x, value, where, attrs), [value, *where], x)


@pytest.mark.parametrize("how", ["logical_and", "logical_or", "logical_xor"])
def test_truths_are_combined(how):
    x, value = samples("bool", (30, 3)), samples("bool", (100, 3), 1)
    where = positions_in(x.shape, (0,), (100,), "i64", 0)
    attrs = ScatterAttrs(whole(x.shape), (0,), 0, how)
    checked(scattered(x, value, where, attrs), [value, *where], x)


@pytest.mark.parametrize("how", ["set", "add"])
@pytest.mark.parametrize("places", [3, MAX_RANGE + 500])
def test_many_values_are_taken_in_batches(how, places):
    """Ranges of places and batches of values each end within, and behind the last."""
    x, value = samples("f64", (places,)), samples("f64", (2 * BATCH + 100,), 1)
    where = positions_in(x.shape, (0,), value.shape, "i64", 0)
    attrs = ScatterAttrs(whole(x.shape), (0,), 0, how)
    checked(scattered(x, value, where, attrs), [value, *where], x)


@pytest.mark.parametrize("how", ["gather", "set"])
@pytest.mark.parametrize("dtype", ["f64", "f32", "u8", "c128"])
@pytest.mark.parametrize("shift", [0, 1])
def test_what_lies_behind_a_place_is_moved_in_wide_pieces(how, dtype, shift):
    x = samples(dtype, (40 * 48 + shift,))[shift:].reshape(40, 48)
    where = positions_in(x.shape, (0,), (300,), "i64", 0)
    value = samples(dtype, (300, 48), 1)
    attrs = ScatterAttrs(whole(x.shape), (0,))
    body, inputs = scattered(x, value, where, attrs), [value, *where, x]
    if how == "gather":
        body, inputs = gathered(x, where, GatherAttrs((0,))), [x, *where]
    views = [view_of(k, array) for k, array in enumerate(inputs)]
    out = x if how == "set" else value
    (plan,) = plan_grids(body, views, [view_of(9, out)])
    assert plan.form.width == 16 // x.dtype.itemsize
    found = []
    for each in (CPU, GRID):
        result = np.zeros(len(out.ravel()) + shift, dtype=x.dtype)
        result = result[shift:].reshape(out.shape)
        result[...] = out
        given = [*inputs[:-1], result] if how == "set" else inputs
        run(each, body, given, [result])
        found.append(result)
    assert same_bits(*found)


@pytest.mark.parametrize("how", ["set", "add"])
def test_a_constant_is_scattered(how):
    x = samples("f64", (50, 2))
    where = positions_in(x.shape, (0,), (20,), "i64", 0)
    attrs = ScatterAttrs(whole(x.shape), (0,), 0, how)
    checked(scattered(x, 1.5, where, attrs), where, x)


@pytest.mark.parametrize("bad", [-6, 5, 1 << 40])
@pytest.mark.parametrize("count", [3, 5000])
def test_a_position_that_leads_nowhere_is_an_error(bad, count):
    x, where = np.arange(5.0), np.zeros(count, np.int64)
    where[count // 2] = bad
    body, out = gathered(x, [where], GatherAttrs((0,))), np.zeros(count)
    place = "far away" if bad > 1 << 32 else str(bad)
    with pytest.raises(BoundsError, match=f"{place}.* axis 0"):
        run(GRID, body, [x, where], [out])
    for how in ("set", "add"):
        attrs = ScatterAttrs(whole(x.shape), (0,), 0, how)
        with pytest.raises(BoundsError, match=f"{place}.* axis 0"):
            run(GRID, scattered(x, out, [where], attrs), [out, where, x], [x])


def test_where_nothing_can_be_found_is_left_to_the_host():
    x, where = np.zeros((0, 3)), np.zeros(4, np.int64)
    assert not is_grid(gathered(x, [where], GatherAttrs((0,))))


@pytest.mark.parametrize(
    ("how", "dtype", "size", "is_here"),
    [
        ("set", "f64", 10**7, True),
        ("set", "f64", 10**8, False),
        ("add", "f64", 10**6, True),
        ("add", "f64", 10**7, False),
        ("add", "i64", 10**9, True),
    ],
)
def test_what_takes_too_many_looks_is_left_to_the_host(how, dtype, size, is_here):
    x, where = np.broadcast_to(np.zeros(1, DTYPES[dtype]), size), np.zeros(1, int)
    attrs = ScatterAttrs(whole(x.shape), (0,), 0, how)
    body = scattered(x, x, [np.broadcast_to(where, size)], attrs)
    assert is_grid(body) == is_here


def ptx_of_form(how, dtype, capability):
    x, value = samples(dtype, (30, 3)), samples(dtype, (100, 3), 1)
    where = positions_in(x.shape, (0,), (100,), "i64", 0)
    if how == "gather":
        body, arrays = gathered(x, where, GatherAttrs((0,))), [x, *where, value]
    elif how == "a constant":
        attrs = ScatterAttrs(whole(x.shape), (0,))
        body, arrays = scattered(x, 1.5, where, attrs), [*where, x, x]
    else:
        attrs = ScatterAttrs(whole(x.shape), (0,), 0, how)
        body, arrays = scattered(x, value, where, attrs), [value, *where, x, x]
    views = [view_of(k, array) for k, array in enumerate(arrays)]
    (plan,) = plan_grids(body, views[:-1], views[-1:])
    return ptx_of(print_form(plan.form, body), capability)


@pytest.mark.parametrize(
    ("how", "dtype", "instruction"),
    [
        ("gather", "f32", "ld.global"),
        ("a constant", "f64", "atom.shared.max.s64"),
        ("set", "c128", "atom.shared.max.s64"),
        ("add", "i32", "add.u32"),
        ("maximum", "u64", "max.u64"),
        ("add", "f64", "add.rn.f64"),
    ],
)
@pytest.mark.parametrize("capability", CAPABILITIES, ids=lambda c: c.name)
@has_assembler
def test_the_assembler_takes_them(how, dtype, instruction, capability, tmp_path):
    text = ptx_of_form(how, dtype, capability)
    assert instruction in text
    assemble(text, capability, tmp_path)
