"""The backends by name, and what they do with bodies that are no kernels."""

from __future__ import annotations

import numpy as np
import pytest

from lazydag.backends import NAMES, backend
from lazydag.errors import UsageError
from lazydag.ir.attrs import ArgReduceAttrs, ConcatAttrs, IotaAttrs, ReduceAttrs
from lazydag.ir.node import make
from lazydag.ir.ops import OPS
from lazydag.ir.types import DTYPES
from lazydag.runtime import CallTask, Mode
from tests.backends.kernels import graph_of, lower, op, params_of, run, same_bits

NATIVE = ("reference", "cpu")


def test_names():
    assert set(NAMES) == {"cpu", "reference", "null"}
    assert all(backend(name).name == name for name in NAMES)
    assert backend("cpu") is backend("cpu")
    with pytest.raises(UsageError, match="no backend 'gpu'"):
        backend("gpu")


def test_null_leaves_outputs_alone():
    x, out = np.ones(4), np.full(4, 7.0)
    params = params_of(x)
    body = graph_of(params, op("neg", *params))
    run(backend("null"), body, [x], [out])
    assert out.tolist() == [7.0] * 4
    task = lower(backend("null"), body, [x], [out])
    assert [a.mode for a in task.accesses] == [Mode.IN, Mode.OUT]


@pytest.mark.parametrize("name", NATIVE)
def test_library_ops(name):
    x, y = np.arange(6.0).reshape(2, 3), np.arange(6.0).reshape(2, 3)[::-1]
    params = params_of(x, y)
    cases = [
        (make(OPS["argmax"], params[0], attrs=ArgReduceAttrs(1)), x.argmax(1)),
        (make(OPS["concat"], *params, attrs=ConcatAttrs(0)), np.concatenate([x, y])),
        (make(OPS["iota"], attrs=IotaAttrs(5, DTYPES["i64"])), np.arange(5)),
    ]
    for node, want in cases:
        got = np.zeros(node.type.shape, node.type.dtype)
        task = lower(backend(name), graph_of(params, node), [x, y], [got])
        assert isinstance(task, CallTask)
        task.function(x, y, got)
        assert np.array_equal(got, want)


@pytest.mark.parametrize("name", NATIVE)
def test_matmul_writes_into_its_output(name):
    x, y = np.arange(6.0).reshape(2, 3), np.arange(12.0).reshape(3, 4)
    params = params_of(x, y)
    got = np.zeros((4, 2)).T
    run(backend(name), graph_of(params, op("matmul", *params)), [x, y], [got])
    assert np.array_equal(got, x @ y)


@pytest.mark.parametrize("name", NATIVE)
def test_integer_power_fails_as_in_numpy(name):
    x = np.array([2, 3])
    params = params_of(x, x)
    body = graph_of(params, op("pow", *params))
    with pytest.raises(ValueError, match="negative integer powers"):
        run(backend(name), body, [x, -x], [np.zeros(2, int)])


@pytest.mark.parametrize("shape", [(200, 100), (64, 9), (70, 1100)])
def test_many_reductions_in_one_kernel(shape):
    """As many buffers as values: strips get narrow, results stay the same."""
    x = np.random.default_rng(0).uniform(0.5, 1.5, shape)
    params = params_of(x)
    values, node = [], params[0]
    for _ in range(12):
        node = op("sqrt", op("add", node, params[0]))
        values.append(node)
    attrs = ReduceAttrs((0,), 64)
    nodes = [
        make(OPS[kind], value, attrs=attrs)
        for value in values
        for kind in ("sum", "residual", "m2")
    ]
    got = [np.zeros(n.type.shape) for n in nodes]
    run(backend("cpu"), graph_of(params, *nodes), [x], got)
    for node, result in zip(nodes, got, strict=True):
        alone = np.zeros_like(result)
        run(backend("cpu"), graph_of(params, node), [x], [alone])
        assert same_bits(alone, result)
