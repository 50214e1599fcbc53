"""Reductions by grids of threads: the bits are those of the CPU backend."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazydag.backends import backend
from lazydag.backends.cpu.program import program_of, structure_of
from lazydag.backends.cuda import reduction_plans
from lazydag.backends.cuda.emulate import EmulatedBackend
from lazydag.backends.cuda.forms import GridForm
from lazydag.backends.cuda.plans import PRINTERS, plan_grid
from lazydag.backends.cuda.ptx import Capability, ptx_of
from lazydag.ir.attrs import ReduceAttrs
from lazydag.ir.node import make
from lazydag.ir.ops import OPS
from lazydag.ir.reduction import block_size
from lazydag.ir.types import DTYPES
from tests.backends.kernels import (
    graph_of,
    op,
    params_of,
    run,
    same_bits,
    samples,
    view_of,
)
from tests.backends.test_layouts import (
    REDUCTIONS,
    laid_out,
    mixed_body,
    numbers,
    reduced,
    relaid,
    shapes,
)

GRID, CPU = EmulatedBackend(), backend("cpu")


def both(body, inputs, relay=lambda array: array):
    """Return the outputs of both backends; those of the grid lie as `relay` says."""
    wanted, found = (
        [np.zeros(out.type.shape, out.type.dtype) for out in body.outputs]
        for _ in range(2)
    )
    found = list(map(relay, found))
    run(CPU, body, inputs, wanted)
    run(GRID, body, inputs, found)
    return wanted, found


@settings(max_examples=40)
@given(st.data())
def test_maps_of_several_types(data):
    shape = data.draw(shapes)
    inputs = [data.draw(laid_out(shape, dtype)) for dtype in ("f64", "f32", "i32")]
    wanted, found = both(mixed_body(shape, *inputs), inputs)
    assert all(map(same_bits, wanted, found))


@settings(max_examples=100)
@given(st.data())
def test_reductions(data):
    kind, dtype = data.draw(st.sampled_from(REDUCTIONS))
    shape, axes, block = data.draw(reduced())
    x = numbers(dtype, shape, data.draw(st.integers(0, 9)))
    order = data.draw(st.permutations(range(len(shape))))
    step = data.draw(st.sampled_from([1, 2, -1]))
    lying = relaid(x, order, step)
    (param,) = params = params_of(x)
    node = make(OPS[kind], op("maximum", param, param), attrs=ReduceAttrs(axes, block))
    wanted, found = both(graph_of(params, node), [lying])
    assert all(map(same_bits, wanted, found))


@settings(max_examples=60)
@given(st.data())
def test_several_reductions_and_elements_at_once(data):
    shape, axes, block = data.draw(reduced())
    x = numbers("f64", shape, data.draw(st.integers(0, 9)))
    order = data.draw(st.permutations(range(len(shape))))
    (param,) = params = params_of(x)
    attrs = ReduceAttrs(axes, block)
    doubled = op("add", param, param)
    is_large = op("lt", param, doubled)
    outputs = [make(OPS[kind], doubled, attrs=attrs) for kind in ("sum", "m2", "amax")]
    outputs += [make(OPS["all"], is_large, attrs=attrs), doubled]
    body = graph_of(params, *outputs)
    wanted, found = both(
        body, [relaid(x, order, 1)], lambda a: relaid(a, range(a.ndim), 2)
    )
    assert all(map(same_bits, wanted, found))


@pytest.mark.parametrize(
    ("dtype", "count", "rows"),
    [("f64", 60, 8), ("f64", 129, 4), ("f32", 60, 4), ("f32", 600, 1), ("u8", 60, 1)],
)
def test_short_rows_are_reduced_side_by_side(dtype, count, rows):
    x = numbers(dtype, (13, count), 1)
    params = params_of(x)
    attrs = ReduceAttrs((1,))
    kinds = ("sum", "m2", "residual") if dtype[0] == "f" else ("sum", "amax")
    body = graph_of(params, *(make(OPS[k], params[0], attrs=attrs) for k in kinds))
    views = [view_of(0, x)], [view_of(1, np.zeros(13, x.dtype)) for _ in kinds]
    assert plan_grid(body, *views).form.rows == rows
    wanted, found = both(body, [x])
    assert all(map(same_bits, wanted, found))


@pytest.mark.parametrize(
    ("dtype", "rows"), [("f64", 1), ("f32", 2), ("i16", 2), ("u8", 1)]
)
@pytest.mark.parametrize("count", [600, 1024, 3000])
def test_blocks_of_long_rows_are_reduced_side_by_side(monkeypatch, dtype, rows, count):
    monkeypatch.setattr(reduction_plans, "MANY", 1)
    x = numbers(dtype, (5, count), 1)
    params = params_of(x)
    attrs = ReduceAttrs((1,), 1024)
    kinds = ("sum", "m2") if dtype[0] == "f" else ("sum", "amax")
    nodes = [make(OPS[kind], params[0], attrs=attrs) for kind in kinds]
    body = graph_of(params, *nodes, op("neg", params[0]))
    outputs = [np.zeros(out.type.shape, x.dtype) for out in body.outputs]
    views = [view_of(0, x)], [view_of(1, out) for out in outputs]
    form = plan_grid(body, *views).form
    assert (form.rows, form.width) == (rows, 4 * rows)
    wanted, found = both(body, [x])
    assert all(map(same_bits, wanted, found))


@pytest.mark.parametrize("dtype", ["f64", "f32", "bool"])
@pytest.mark.parametrize("shape", [(70, 60), (33, 2500), (3, 40, 600)])
def test_neighbours_may_be_in_other_rows(dtype, shape):
    x = numbers(dtype, shape[::-1], 1).T
    params = params_of(x)
    kinds = ("any", "all") if dtype == "bool" else ("sum", "m2")
    attrs = ReduceAttrs((len(shape) - 1,), 1024 if shape[-1] > 1024 else 0)
    body = graph_of(params, *(make(OPS[k], params[0], attrs=attrs) for k in kinds))
    views = (
        [view_of(0, x)],
        [view_of(1, np.zeros(out.type.shape, out.type.dtype)) for out in body.outputs],
    )
    form = plan_grid(body, *views).form
    assert form.lying == "x"
    assert (form.rows > 1) == (dtype != "bool")
    wanted, found = both(body, [x])
    assert all(map(same_bits, wanted, found))


def test_more_values_than_can_be_shared_are_reduced_in_turn():
    """What overwrites an operand does so after the last value is computed of it."""
    x = numbers("f64", (3, 500), 1)
    params = params_of(x)
    powers = [params[0]]
    for _ in range(8):
        powers.append(op("mul", powers[-1], params[0]))
    attrs = ReduceAttrs((1,))
    sums = [make(OPS["m2"], each, attrs=attrs) for each in powers]
    body = graph_of(params, *sums, powers[-1])
    wanted = [np.zeros(out.type.shape) for out in body.outputs]
    found = [*(np.zeros(3) for _ in sums), x.copy()]
    run(CPU, body, [x], wanted)
    run(GRID, body, [found[-1]], found)
    assert all(map(same_bits, wanted, found))
    form = plan_grid(body, [view_of(0, x)], [view_of(1, out) for out in found]).form
    kernel = PRINTERS["row"](form, program_of(body))
    assert 32 << 10 < kernel.shared_nbytes <= 48 << 10


@pytest.mark.parametrize("kind", ["sum", "prod", "any", "all"])
def test_nothing_to_reduce(kind):
    dtype = "bool" if kind in ("any", "all") else "f64"
    x = np.zeros((3, 0), DTYPES[dtype])
    params = params_of(x)
    node = make(OPS[kind], params[0], attrs=ReduceAttrs((1,)))
    wanted, found = both(graph_of(params, node), [x])
    assert np.array_equal(wanted, found)


@pytest.mark.parametrize("kind", ["row", "column"])
def test_reductions_are_ptx(kind):
    shape = (2000, 4) if kind == "row" else (200, 64)
    x = samples("f32", shape)
    params = params_of(x)
    attrs = ReduceAttrs((0,), block_size(shape, (0,)))
    nodes = [make(OPS[each], params[0], attrs=attrs) for each in ("sum", "m2", "amin")]
    body = graph_of(params, *nodes)
    form = GridForm(structure_of(body).number, kind, 1, 1, is_narrow=True, width=4)
    text = ptx_of(PRINTERS[kind](form, program_of(body)), Capability(9, 0))
    assert ("bar.sync" in text) == (kind == "row")
    assert "fma" not in text
    assert ".approx" not in text
