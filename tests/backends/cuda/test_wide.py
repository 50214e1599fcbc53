"""Kernels for arrays of more than 32 bits of bytes, on small ones: the same bits."""

import numpy as np
import pytest

from lazydag.backends import backend
from lazydag.backends.cuda import grid_plan
from lazydag.backends.cuda.emulate import EmulatedBackend
from lazydag.backends.cuda.grids import plan_grids
from lazydag.ir.attrs import GatherAttrs, ReduceAttrs, ScatterAttrs
from lazydag.ir.node import make
from lazydag.ir.ops import OPS
from lazydag.passes.regions import whole
from tests.backends.kernels import (
    graph_of,
    op,
    params_of,
    run,
    same_bits,
    samples,
    view_of,
)
from tests.backends.test_layouts import numbers

GRID, CPU = EmulatedBackend(), backend("cpu")


@pytest.fixture(autouse=True)
def _wide(monkeypatch):
    monkeypatch.setattr(grid_plan, "NARROW_SIZE", 0)


def checked(body, inputs):
    outputs = [np.zeros(out.type.shape, out.type.dtype) for out in body.outputs]
    views = [view_of(k, array) for k, array in enumerate([*inputs, *outputs])]
    plans = plan_grids(body, views[: len(inputs)], views[len(inputs) :])
    assert not any(plan.form.is_narrow for plan in plans)
    run(GRID, body, inputs, outputs)
    wanted = [np.zeros_like(out) for out in outputs]
    run(CPU, body, inputs, wanted)
    assert all(map(same_bits, wanted, outputs))


@pytest.mark.parametrize("lying", ["line", "rows", "crossed", "plain"])
def test_maps(lying):
    x = samples("f64", (3, 40, 50), 1)
    other = {
        "line": samples("f64", (3, 40, 50), 2),
        "rows": samples("f64", (3, 41, 50), 2)[:, :40],
        "crossed": samples("f64", (3, 50, 40), 2).swapaxes(1, 2),
        "plain": samples("f64", (3, 40, 100), 2)[:, ::-1, ::2],
    }[lying]
    params = params_of(x, other)
    checked(graph_of(params, op("maximum", *params)), [x, other])


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_reductions(axis):
    x = numbers("f64", (30, 20, 2000), 1)
    params = params_of(x)
    block = 0 if axis < 2 else 1024
    attrs = ReduceAttrs((axis,), block)
    nodes = [make(OPS[kind], params[0], attrs=attrs) for kind in ("sum", "m2")]
    checked(graph_of(params, *nodes), [x])


@pytest.mark.parametrize("how", ["gather", "set", "add"])
def test_positions(how):
    x, value = samples("f64", (30, 7, 8), 1), samples("f64", (30, 90, 8), 2)
    where = np.random.default_rng(0).integers(-7, 7, 90)
    if how == "gather":
        params = params_of(x, where)
        found = op("gather", *params, attrs=GatherAttrs((1,), 1))
        checked(graph_of(params, found), [x, where])
        return
    params = params_of(value, where, x)
    attrs = ScatterAttrs(whole(x.shape), (1,), 1, how)
    found = op("scatter", params[2], *params[:2], attrs=attrs)
    outputs = [x.copy() for _ in range(2)]
    for each, out in zip((CPU, GRID), outputs, strict=True):
        run(each, graph_of(params, found), [value, where, out], [out])
    assert same_bits(*outputs)
