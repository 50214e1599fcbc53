"""Which kernel a map becomes follows from how its operands lie; its bits do not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazydag.backends import backend
from lazydag.backends.cuda.emulate import EmulatedBackend
from lazydag.backends.cuda.plans import plan_grid, print_grid
from lazydag.backends.cuda.ptx import Capability, ptx_of
from lazydag.ir.types import DTYPES
from lazydag.runtime import Mode
from tests.backends.kernels import (
    graph_of,
    op,
    params_of,
    run,
    same_bits,
    samples,
    view_of,
)

GRID, CPU = EmulatedBackend(), backend("cpu")


def planned(body, inputs, outputs):
    views = [view_of(k, x) for k, x in enumerate(inputs)]
    written = [
        view_of(k, x, Mode.OUT) for k, x in enumerate(outputs, start=len(inputs))
    ]
    return plan_grid(body, views, written)


def text_of(body, inputs, outputs):
    form = planned(body, inputs, outputs).form
    return ptx_of(print_grid(form, body), Capability(9, 0))


def larger(*arrays):
    """Return a body of several results of arrays of one type, and results."""
    params = params_of(*arrays)
    greatest = op("maximum", params[0], params[-1])
    body = graph_of(params, greatest, op("lt", *params[:2]))
    shape = arrays[0].shape
    return body, [np.zeros(shape, x.type.dtype) for x in body.outputs]


def checked(body, inputs, outputs):
    wanted = [np.zeros(x.shape, x.dtype) for x in outputs]
    run(CPU, body, inputs, wanted)
    run(GRID, body, inputs, outputs)
    assert all(map(same_bits, wanted, outputs))


@pytest.mark.parametrize("dtype", ["f64", "f32", "i16", "bool"])
@pytest.mark.parametrize("count", [2, 4095, 4096, 9000])
def test_arrays_without_gaps_are_moved_in_wide_pieces(dtype, count):
    shape = (2, count // 2) if count % 2 == 0 else (count,)
    x, y = samples(dtype, shape, 1), samples(dtype, shape, 2)
    one = np.broadcast_to(samples(dtype, (), 3), shape)
    body, outputs = larger(x, y, one)
    assert planned(body, [x, y, one], outputs).form.kind == "line"
    checked(body, [x, y, one], outputs)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_rows_may_lie_apart(data):
    rows, columns = data.draw(st.integers(1, 30)), 16 * data.draw(st.integers(1, 9))
    dtype = data.draw(st.sampled_from(["f64", "u8", "c64", "c128"]))
    step = data.draw(st.sampled_from([1, -1]))
    first = data.draw(st.integers(0, 3))
    apart = samples(dtype, (rows, 2, columns + 3), 1)[::step, 1]
    apart = apart[:, first : first + columns]
    bias = np.broadcast_to(samples(dtype, (columns,), 2), (rows, columns))
    each = np.broadcast_to(samples(dtype, (rows, 1), 3), (rows, columns))
    inputs = [apart, bias, each]
    params = params_of(*inputs)
    total = op("where", op("eq", *params[:2]), params[0], params[2])
    body = graph_of(params, total, op("ne", *params[1:]))
    outputs = [np.zeros((rows, columns), out.type.dtype) for out in body.outputs]
    if rows > 1:
        assert planned(body, inputs, outputs).form.kind == "line"
    checked(body, inputs, outputs)


def test_parts_of_complex_numbers_are_moved_together():
    x, y = samples("c128", (3000,), 1), samples("c128", (3000,), 2)
    params = params_of(x, y)
    body, out = graph_of(params, op("mul", *params)), np.zeros_like(x)
    form = planned(body, [x, y], [out]).form
    assert form.lying == "2-2-2-"
    assert form.width == 1
    text = text_of(body, [x, y], [out])
    assert text.count("st.global.v2.b64") == text.count("ld.global.v2.b64") / 2 == 4
    checked(body, [x, y], [out])


@pytest.mark.parametrize("shift", [1, 2])
def test_where_an_array_begins_does_not_matter(shift):
    x, y = samples("f64", (5000,)), samples("f64", (5000 + shift,), 1)[shift:]
    body, outputs = larger(x, y)
    outputs = [np.zeros(5000 + shift, out.dtype)[shift:] for out in outputs]
    assert planned(body, [x, y], outputs).form.kind == "line"
    checked(body, [x, y], outputs)


@pytest.mark.parametrize(
    ("dtype", "load"), [("f64", "v2.b64"), ("f32", "v4.b32"), ("u8", "v4.b32")]
)
def test_a_thread_loads_16_bytes(dtype, load):
    x = samples(dtype, (5000,))
    params = params_of(x)
    text = text_of(graph_of(params, op("mul", *params, *params)), [x], [x.copy()])
    assert f"ld.global.{load}" in text
    assert f"st.global.{load}" in text


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_transposed_operands_go_through_squares(data):
    shape = tuple(data.draw(st.lists(st.integers(1, 70), min_size=2, max_size=3)))
    dtype = data.draw(st.sampled_from(["f64", "i8", "f32", "bool", "c128"]))
    order = data.draw(st.permutations(range(len(shape))))
    across = samples(dtype, tuple(shape[k] for k in order), 1)
    across = across.transpose(np.argsort(order))
    params = params_of(across, samples(dtype, shape, 2))
    body = graph_of(params, op("eq", *params), op("where", op("eq", *params), *params))
    outputs = [np.zeros(shape, x.type.dtype) for x in body.outputs]
    checked(body, [across, samples(dtype, shape, 2)], outputs)


def test_what_is_crossed_is_read_by_neighbours():
    shape = (3, 40, 50)
    x, y = samples("f32", (3, 50, 40)).swapaxes(1, 2), samples("f32", shape)
    body, outputs = larger(x, y)
    form = planned(body, [x, y], outputs).form
    assert form.kind == "crossed"
    assert form.lying == "x."
    text = text_of(body, [x, y], outputs)
    assert text.count("bar.sync") == 2
    assert "ld.shared" in text
    checked(body, [x, y], outputs)


def test_more_is_crossed_than_has_room():
    arrays = [samples("f64", (40, 30), k).T for k in range(7)]
    params = params_of(*arrays)
    total = params[0]
    for each in params[1:]:
        total = op("maximum", total, each)
    body = graph_of(params, total)
    out = np.zeros((30, 40))
    form = planned(body, arrays, [out]).form
    assert 0 < form.lying.count("x") < 7
    checked(body, arrays, [out])


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_copy_that_transposes(dtype):
    x = samples(dtype, (33, 65)).T
    params = params_of(x)
    checked(graph_of(params, params[0]), [x], [np.zeros(x.shape, x.dtype)])


@pytest.mark.parametrize("shape", [(0,), (40, 0, 50), ()])
def test_no_elements_and_one(shape):
    x = samples("f64", shape)
    body, outputs = larger(x, x)
    checked(body, [x, x], outputs)
